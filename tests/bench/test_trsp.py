import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import trsp
from bench.results import COLUMNS
from bench.trsp_instances import parse, problem_of, solution_of, units_per_time, up
from solver.plan import Plan, Route, Stop, StopKind
from solver.problem import Window
from solver.solve import refuse_faults
from solver.units import MAX_TIME_S
from tests.bench.judged import needs_judge

ROOT = Path(__file__).resolve().parents[2]
TINY = """tiny

INFO
CREW COUNT  SKILLS  TOOLS   SPARE PARTS
2      2       2       2

DEPOT TECHNICIANS AND REQUESTS
ID   X     Y     TWS    TWE    Serv   SKILLS   TOOLS    SPARE PARTS
0    0     0     0      100    0      [] \t[] \t[]
1    0     0     0      100    0      [0] \t[1] \t[2,0]
2    30    0     0      100    0      [0,1] \t[] \t[0,0]
3    3     4     10     20     5      [0] \t[1] \t[1,0]
4    3     0     0.0004 90.5   5.5    [1] \t[0] \t[0,1]
"""
TABLE = """DISTANCES
0;9.0;9.0;9.0;9.0;9.0;9.0;
TRAVEL TIMES
0;0.0;0.0;1.5;2.5;3.5;0.0;
1;0.0;0.0;1.5;2.5;3.5;0.0;
2;1.5;1.5;0.0;4.5;5.5;1.5;
3;2.5;2.5;4.5;0.0;20.1333;2.5;
4;3.5;3.5;5.5;20.1333;0.0;3.5;
5;0.0;0.0;1.5;2.5;3.5;0.0;
"""


def test_a_file_becomes_a_problem_that_is_no_looser_than_the_file() -> None:
    problem = problem_of(parse("tiny", TINY))
    refuse_faults(problem)
    first, second = problem.shifts
    assert (first.id, first.start_location, first.end_location) == ("1", 1, 1)
    assert (first.earliest_start, first.latest_end, first.tools) == (0, 100_000, {"t1"})
    assert second.skills == {"s0": 1, "s1": 1}
    assert [one.van_stock for one in problem.technicians] == [{"p0": 2}, {}]
    job = problem.job_by_id["4"]
    assert (job.windows, job.service_s) == ((Window(1, 90_500),), 5_500)
    assert (job.skills, job.tools, job.parts) == ({"s1": 1}, {"t0"}, {"p1": 1})
    assert problem.travel_s(first, 1, 3) == 5_000
    assert problem.travel_s(first, 2, 3) == 27_295  # the root of 745 is 27.2947
    (warehouse,) = problem.warehouses
    assert (warehouse.location, warehouse.windows, warehouse.tools) == (0, (), {"t0", "t1"})
    assert warehouse.stock == {"p0": None, "p1": None}


def test_leaving_out_a_request_costs_more_than_all_working_time() -> None:
    assert {job.unplanned_penalty_cents for job in problem_of(parse("tiny", TINY)).jobs} == {200_001}


def test_a_warehouse_that_closes_before_the_technicians_keeps_its_hours() -> None:
    early = TINY.replace("0    0     0     0      100", "0    0     0     0      60", 1)
    assert problem_of(parse("tiny", early)).warehouses[0].windows == (Window(0, 60_000),)


def test_a_travel_table_counts_instead_of_distance_and_only_between_nodes() -> None:
    problem = problem_of(parse("tiny", TINY + TABLE))
    refuse_faults(problem)
    seconds = problem.profiles["car"].seconds
    assert seconds.shape == (5, 5)
    assert np.array_equal(seconds[3], [2_500, 2_500, 4_500, 0, 20_134])


def test_a_time_that_is_whole_is_not_rounded_up() -> None:
    assert 2.007 * 1_000 > 2_007
    assert (up(2.007, 1_000), up(2.0071, 1_000)) == (2_007, 2_008)


def test_long_horizons_get_a_smaller_scale() -> None:
    assert units_per_time(latest=3_390, longest=140) == 1_000
    assert units_per_time(latest=100_000, longest=140) == MAX_TIME_S // 100_000
    assert units_per_time(latest=100, longest=140, most=10_000) == 4_320


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2    30    0     0      100    0", "2    30    0     0      100    7", "home"),
        ("\n3    ", "\n8    ", "number"),
    ],
)
def test_what_the_rules_do_not_speak_of_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse("tiny", TINY.replace(old, new))


def test_a_plan_is_written_in_the_ids_of_the_data_set() -> None:
    warehouse = Stop(StopKind.WAREHOUSE, "0", 0, 30_000, 30_000, 30_000)
    third, fourth = (
        Stop(StopKind.JOB, "3", 3, 10_000, 10_000, 15_000),
        Stop(StopKind.JOB, "4", 4, 33_000, 33_000, 38_500),
    )
    plan = Plan("tiny", (Route("1", 5_000, 20_000, (third,)), Route("2", 0, 65_500, (warehouse, fourth))))
    assert solution_of(parse("tiny", TINY), plan) == "1,3,5|2,8,4,6"
    assert solution_of(parse("tiny", TINY), Plan("tiny", (Route("1", 0, 0, (warehouse,)),))) == ""


@needs_judge
@pytest.mark.engine
@pytest.mark.parametrize(
    ("skill", "code", "unplanned", "cost", "text"),
    [("[1]", 0, 0, 80.5, "1,3,5|2,8,4,6"), ("[7]", 1, 1, 15.0, "1,3,5")],
)
def test_the_judge_has_the_last_word(
    skill: str,
    code: int,
    unplanned: int,
    cost: float,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(trsp, "DATA", tmp_path)
    (tmp_path / "best_known.csv").write_text("instance,published_2013,best_verified,best_unserved\ntiny,,80.5,0\n")
    (tmp_path / "tiny.txt").write_text(TINY.replace("5.5    [1]", f"5.5    {skill}"))
    parser = argparse.ArgumentParser()
    trsp.add_command(parser)
    limits = ("--time-limit", "1", "--seeds", "1,2", "--no-save")
    options = parser.parse_args([str(tmp_path / "tiny.txt"), "--solutions", str(tmp_path / "new/folder"), *limits])
    assert options.run(options) == code
    printed = capsys.readouterr().out.splitlines()
    assert set(next(line for line in printed if "peak_memory_mb" in line).split()) <= set(COLUMNS)
    result = json.loads(printed[-1].removeprefix("RESULT "))
    gap = round(100 * (cost / 80.5 - 1), 4)
    assert result["instances"] == {"tiny": {"cost": cost, "gap_percent": gap, "unplanned": unplanned}}
    assert (result["worst_gap_percent"], result["violations"]) == (gap, 2 * unplanned)
    written = {path.name: path.read_text().strip() for path in (tmp_path / "new/folder").iterdir()}
    assert written == {"tiny.seed1.sol": text, "tiny.seed2.sol": text}


def test_an_unknown_instance_is_refused_before_anything_runs() -> None:
    command = [sys.executable, "-m", "bench", "trsp", "R999"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "there is no instance R999" in refused.stderr
