import argparse
import json
from pathlib import Path

import pytest

from bench import solomon
from bench.results import COLUMNS
from bench.solomon_instances import judged, parse, problem_of, routes_of
from solver.plan import Plan, Route, Stop, StopKind
from solver.problem import Window
from solver.solve import refuse_faults

TINY = """R101\r
\r
VEHICLE\r
NUMBER     CAPACITY\r
  2         20\r
\r
CUSTOMER\r
CUST NO.   XCOORD.   YCOORD.    DEMAND   READY TIME   DUE DATE   SERVICE TIME\r
 \r
    0          0          0           0       0         100           0\r
    1          3          4          10      10          20           5\r
    2          3          0          10       0          19           5\r
    3          1          1           5       0          90           0\r
"""


def test_a_file_becomes_a_problem_that_counts_metres_only() -> None:
    problem = problem_of(parse("R101", TINY))
    refuse_faults(problem)
    shift, other = problem.shifts
    assert (shift.latest_end, shift.cost_cents_per_km, shift.cost_cents_per_hour) == (1_000_000, 1_000, 0)
    assert [one.van_stock for one in problem.technicians] == [{"goods": 20}, {"goods": 20}]
    assert shift.technician != other.technician
    job = problem.job_by_id["1"]
    assert (job.windows, job.service_s, job.parts) == ((Window(100_000, 200_000),), 50_000, {"goods": 10})
    # the root of 2 is 1.41421: drives are rounded up, metres to the nearest
    assert (problem.travel_s(shift, 0, 3), problem.travel_m(shift, 0, 3)) == (14_143, 14_142)
    assert job.unplanned_penalty_cents == 2 * (50_000 + 30_000 + 14_142) + 1


def test_routes_are_read_from_used_vehicles() -> None:
    stops = tuple(Stop(StopKind.JOB, name, int(name), 0, 0, 0) for name in ("2", "1"))
    assert routes_of(Plan("R101", (Route("1", 0, 0, stops), Route("2", 0, 0)))) == [[2, 1]]


def test_distance_is_recomputed_without_rounding() -> None:
    distance, faults = judged(parse("R101", TINY), [[2, 1], [3]])
    assert distance == pytest.approx(12 + 2 * 2**0.5, abs=1e-12)
    assert faults == []


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        ([[2, 1]], "customer 3 is served 0 times"),
        ([[2, 3], [1, 3]], "customer 3 is served 2 times"),
        ([[2, 1, 3]], "a vehicle carries 25 of 20"),
        ([[1, 2], [3]], "at 2 at 19.000002, due 19.0"),
        ([[1], [2], [3]], "3 vehicles of 2"),
    ],
)
def test_a_broken_rule_is_a_fault(routes: list[list[int]], message: str) -> None:
    late = TINY.replace("    10          20           5", "    10          20           5.000002")
    assert judged(parse("R101", late), routes)[1] == [message]


def test_what_is_late_by_less_than_a_millionth_is_not_late() -> None:
    late = TINY.replace("    10          20           5", "    10          20           5.0000005")
    assert judged(parse("R101", late), [[1, 2], [3]])[1] == []


def test_places_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="numbered"):
        parse("R101", TINY.replace("    2          3", "    7          3"))


@pytest.mark.engine
@pytest.mark.parametrize(("due", "violations"), [(19, 0), (2, 1)])
def test_a_class_is_measured_against_the_best_known(
    due: int, violations: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(solomon, "DATA", tmp_path)
    (tmp_path / "best_known.csv").write_text("instance,distance_double,vehicles\nR101,14.82,2\n")
    (tmp_path / "R101.txt").write_text(TINY.replace("0          19", f"0          {due}"))
    (tmp_path / "RC101.txt").write_text("not of the class")
    parser = argparse.ArgumentParser()
    solomon.add_command(parser)
    options = parser.parse_args(["R1", "--time-limit", "1", "--no-save"])
    assert options.run(options) == violations
    printed = capsys.readouterr().out.splitlines()
    assert set(next(line for line in printed if "peak_memory_mb" in line).split()) <= set(COLUMNS)
    result = json.loads(printed[-1].removeprefix("RESULT "))
    assert (result["violations"], set(result["classes"])) == (violations, {"R1", "all"})
    if not violations:
        assert result["instances"]["R101"] == {"cost": 14.8284, "gap_percent": 0.0569, "routes": 2}
        assert result["classes"]["R1"] == {"average_gap_percent": 0.0569, "worst_gap_percent": 0.0569}


def test_an_unknown_instance_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    solomon.add_command(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["R999"])
    assert "there is no instance R999" in capsys.readouterr().err
