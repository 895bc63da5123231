import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench import dynamic, trsp
from bench.dynamic_check import foreknowledge
from bench.dynamic_day import day_of, plan_of
from bench.dynamic_insertion import Insertion
from bench.dynamic_now import Now, problem_now, rest_of
from bench.dynamic_replay import BEFORE, Conduct, Replay
from bench.dynamic_waiting import put_off
from bench.results import COLUMNS
from bench.trsp_instances import parse
from solver.check import violations
from solver.draft import Draft
from solver.engines.base import Engine, Incumbent, Report
from solver.engines.base import Stop as ShouldStop
from solver.insertion import best_insertion
from solver.params import SolveParams
from solver.plan import Plan, Stop, StopKind
from solver.problem import Problem
from solver.solve import refuse_faults
from tests.bench.judged import needs_judge

LINE = """line

INFO
CREW COUNT  SKILLS  TOOLS   SPARE PARTS
1      1       1       1

DEPOT TECHNICIANS AND REQUESTS
ID   X     Y     TWS    TWE    Serv   SKILLS   TOOLS    SPARE PARTS
0    0     0     0      100    0      [] \t[] \t[]
1    0     0     0      100    0      [] \t[] \t[1]
2    20    0     50     100    5      [] \t[] \t[1]
3    10    0     0      45     5      [] \t[] \t[0]
"""
"""One technician on a line. Request 2 opens at 50, so he leaves for it at 30; request 3 is on his way."""
TWO = LINE.replace("1      1", "2      1", 1).replace(
    "\n2    20    0     50     100    5",
    "\n2    5     0     0      100    0      [] \t[] \t[1]\n3    20    0     50     100    5",
)
TWO = TWO.replace("\n3    10    0     0      45 ", "\n4    10    0     0      45 ")


@dataclass
class Fickle:
    """Gives everything to one technician, next time to another."""

    turn: int = -1
    name = "fickle"

    def solve(
        self, problem: Problem, params: SolveParams, start: Plan | None, report: Report, stop: ShouldStop
    ) -> None:
        self.turn += 1
        draft = Draft.begun(problem)
        for job in problem.jobs:
            found = best_insertion(draft, job, [problem.shifts[self.turn % len(problem.shifts)]])
            if found is not None:
                draft.accept(found.trial)
        report(Incumbent(draft.plan(), 0, 0.0))


@dataclass
class Distorted(Insertion):
    """Tells something else than what it found, except on the evening before."""

    distort: Callable[[Problem, Plan], Plan]

    def solve(
        self, problem: Problem, params: SolveParams, start: Plan | None, report: Report, stop: ShouldStop
    ) -> None:
        def tell(one: Incumbent) -> None:
            report(one if start is None else replace(one, plan=self.distort(problem, one.plan)))

        super().solve(problem, params, start, tell, stop)


def releases(folder: Path, of: Mapping[int, float]) -> Path:
    file = folder / "line_rd_50.txt"
    rows = "\n".join(f"{node}\t{release}" for node, release in of.items())
    file.write_text(f"# line - 1 dynamic requests - 1 static requests\nDyn   Stat\n50    50\nID    RD\n{rows}\n")
    return file


def lived(
    folder: Path, text: str, of: Mapping[int, float], engine: Engine | None = None, at_once: bool = False
) -> Replay:
    """The replay of a day that has been lived through."""
    day = day_of(parse("line", text), releases(folder, of))
    replay = Replay(day, Conduct(engine or Insertion(), engine or Insertion(), SolveParams(), 1, 1, 0, at_once))
    replay.run()
    return replay


def job(name: str, start: int, location: int, lasts: int = 5_000) -> Stop:
    return Stop(StopKind.JOB, name, location, start, start, start + lasts)


def order(replay: Replay) -> list[str]:
    return [stop.id for stop in replay.events[-1].tours["1"]]


def refused(replay: Replay) -> set[str]:
    return {one for event in replay.events for one in event.refused}


def test_a_negative_release_is_before_the_day(tmp_path: Path) -> None:
    day = day_of(parse("line", LINE), releases(tmp_path, {2: -1, 3: 0}))
    assert (day.released_s, day.releases) == ({"3": 0}, [0])
    assert (day.known_at(BEFORE), day.known_at(0)) == ({"2"}, {"2", "3"})


def test_every_request_has_a_release(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="every request"):
        day_of(parse("line", LINE), releases(tmp_path, {2: -1}))


@pytest.mark.parametrize(("release", "tour"), [(25, ["3", "2"]), (30, ["3", "2"]), (30.5, ["2"])])
def test_a_technician_may_be_sent_elsewhere_until_he_leaves_and_leaves_late(
    release: float, tour: list[str], tmp_path: Path
) -> None:
    replay = lived(tmp_path, LINE, {2: -1, 3: release})
    assert order(replay) == tour
    assert refused(replay) == {"2", "3"} - set(tour)
    assert foreknowledge(replay.day, replay.events) == []
    plan = plan_of(replay.day.problem, replay.events[-1].tours)
    assert violations(replay.day.problem, plan) == ()
    assert {one.job for one in plan.unplanned} == refused(replay)


def test_what_has_not_begun_waits_as_long_as_nobody_comes_home_later(tmp_path: Path) -> None:
    text = LINE.replace("45     5", "25     5") + "4    0     20    80    100    5      [] \t[] \t[0]\n"
    problem = day_of(parse("line", text), releases(tmp_path, {2: -1, 3: -1, 4: -1})).problem
    early = {"1": (job("3", 10_000, 3), job("2", 50_000, 2), job("4", 90_000, 4))}

    def starts(begun: int) -> list[int]:
        now = Now(0, early, {"1": early["1"][:begun]}, frozenset(), frozenset(), frozenset())
        return [stop.start_s for stop in put_off(problem, now, early)["1"]]

    assert problem.travel_s(problem.shifts[0], 2, 4) == 28_285
    assert starts(begun=0) == [25_000, 56_715, 90_000]  # the window of 3 ends at 25
    assert starts(begun=1) == [10_000, 56_715, 90_000]
    assert starts(begun=2) == [10_000, 50_000, 90_000]


@pytest.mark.parametrize(
    ("release", "at_once", "left_out"), [(24, True, {"2"}), (24, False, set()), (85, False, {"2"})]
)
def test_who_has_nothing_left_to_do_is_on_call_or_goes_home(
    release: float, at_once: bool, left_out: set[str], tmp_path: Path
) -> None:
    replay = lived(tmp_path, LINE, {2: release, 3: -1}, at_once=at_once)
    assert refused(replay) == left_out
    assert foreknowledge(replay.day, replay.events) == []


def test_who_must_go_home_is_no_longer_there(tmp_path: Path) -> None:
    replay = lived(tmp_path, LINE, {2: 90.5, 3: -1})
    assert refused(replay) == {"2"}


def test_what_has_begun_is_held_and_used(tmp_path: Path) -> None:
    problem = day_of(parse("line", LINE), releases(tmp_path, {2: -1, 3: -1})).problem
    begun = {"1": (job("3", 10_000, 3),)}
    tours = {"1": (*begun["1"], job("2", 50_000, 2))}
    now = problem_now(problem, Now(20_000, tours, begun, frozenset(), frozenset({"2"}), frozenset()), 7)
    refuse_faults(now)
    (shift,) = now.shifts
    assert (shift.start_location, shift.earliest_start, shift.max_pickups) == (3, 20_000, 1)
    here = now.job_by_id[shift.committed[0].job]
    assert (here.location, here.service_s) == (3, 0)
    rest = rest_of(now, Now(20_000, tours, begun, frozenset(), frozenset({"2"}), frozenset()))
    assert violations(now, rest) == ()
    assert rest.routes[0].jobs == (here.id, "2")


def test_whose_job_is_not_over_is_held_until_it_is(tmp_path: Path) -> None:
    problem = day_of(parse("line", LINE), releases(tmp_path, {2: -1, 3: -1})).problem
    begun = {"1": (job("3", 10_000, 3),)}
    now = problem_now(problem, Now(12_000, begun, begun, frozenset(), frozenset({"2"}), frozenset()), 7)
    refuse_faults(now)
    (shift,) = now.shifts
    assert (shift.committed[0].start_s, now.job_by_id[shift.committed[0].job].service_s) == (12_000, 3_000)


def test_on_the_way_he_is_where_he_is_going(tmp_path: Path) -> None:
    problem = day_of(parse("line", LINE), releases(tmp_path, {2: -1, 3: -1})).problem
    begun = {"1": (job("2", 50_000, 2),)}
    now = problem_now(problem, Now(40_000, begun, begun, frozenset(), frozenset(), frozenset({"3"})), 7)
    refuse_faults(now)
    (shift,) = now.shifts
    assert (shift.start_location, shift.earliest_start) == (2, 50_000)
    assert now.job_by_id[shift.committed[0].job].service_s == 5_000
    assert now.technicians[0].van_stock == {}


def test_after_the_warehouse_every_part_and_tool_is_on_board(tmp_path: Path) -> None:
    text = LINE.replace("45     5      [] \t[] ", "45     5      [] \t[0] ")
    problem = day_of(parse("line", text), releases(tmp_path, {2: -1, 3: -1})).problem
    begun = {"1": (Stop(StopKind.WAREHOUSE, "0", 0, 0, 0, 0),)}
    now = problem_now(problem, Now(1_000, begun, begun, frozenset(), frozenset(), frozenset({"2", "3"})), 7)
    refuse_faults(now)
    (shift,) = now.shifts
    assert (shift.tools, shift.max_pickups, now.technicians[0].van_stock) == ({"t0"}, 0, {"p0": 1})


def test_nobody_leaves_home_before_now(tmp_path: Path) -> None:
    problem = day_of(parse("line", LINE), releases(tmp_path, {2: -1, 3: -1})).problem
    now = problem_now(problem, Now(7_000, {}, {}, frozenset(), frozenset(), frozenset({"3"})), 7)
    assert [shift.earliest_start for shift in now.shifts] == [7_000]
    assert [one.id for one in now.jobs] == ["3"]


def test_an_accepted_job_is_worth_more_than_all_that_are_new(tmp_path: Path) -> None:
    problem = day_of(parse("line", TWO), releases(tmp_path, {3: -1, 4: -1})).problem
    tours = {"2": (job("3", 50_000, 3),)}
    now = problem_now(problem, Now(0, tours, {}, frozenset(), frozenset({"3"}), frozenset({"4"})), 7)
    accepted, new = now.job_by_id["3"], now.job_by_id["4"]
    assert accepted.unplanned_penalty_cents > sum(one.unplanned_penalty_cents for one in problem.jobs)
    assert (accepted.previous is not None, new.previous) == (True, None)
    assert now.weights.disruption_change_cents == 7


def test_a_changed_technician_is_a_disruption(tmp_path: Path) -> None:
    replay = lived(tmp_path, TWO, {3: -1, 4: 0}, Fickle())
    assert [event.disruptions for event in replay.events] == [0, 1]
    assert {shift: [one.id for one in stops] for shift, stops in replay.events[-1].tours.items()} == {"2": ["4", "3"]}


def test_a_plan_that_gives_up_what_was_accepted_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no place for 2"):
        lived(tmp_path, LINE, {2: -1, 3: 10}, Distorted(lambda problem, _: Draft.begun(problem).plan()))


def test_a_plan_that_breaks_a_rule_is_not_taken_and_told(tmp_path: Path) -> None:
    twice = Distorted(lambda _, plan: replace(plan, routes=plan.routes * 2))
    replay = lived(tmp_path, LINE, {2: -1, 3: 10}, twice)
    assert (order(replay), refused(replay)) == (["2"], {"3"})
    assert len(replay.notes) == 1


@needs_judge
@pytest.mark.engine
def test_the_command_has_every_day_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (trsp, dynamic):
        monkeypatch.setattr(module, "DATA", tmp_path)
    (tmp_path / "best_known.csv").write_text("instance,published_2013,best_verified,best_unserved\n")
    for folder in ("instances", "dynamic"):
        (tmp_path / folder).mkdir()
    (tmp_path / "instances/line.txt").write_text(LINE)
    releases(tmp_path / "dynamic", {2: -1, 3: 31})
    options = parsed("--iterations", "12", "--no-save", "--seeds", "1,2", "--solutions", str(tmp_path / "out"))
    assert options.run(options) == 0
    printed = capsys.readouterr().out.splitlines()
    assert set(next(line for line in printed if "peak_memory_mb" in line).split()) <= set(COLUMNS)
    result = json.loads(printed[-1].removeprefix("RESULT "))
    assert result["instances"] == {"line": {"rejected": 1, "disruptions": 0, "cost": 45.0}}
    assert (result["mean_rejected_percent"], result["violations"]) == (50, 0)
    assert {path.name: path.read_text().strip() for path in (tmp_path / "out").iterdir()} == {
        "line.seed1.sol": "1,2,4",
        "line.seed2.sol": "1,2,4",
    }


@needs_judge
def test_an_instance_without_release_dates_is_refused() -> None:
    options = parsed("R1", "--no-save")
    with pytest.raises(SystemExit, match="no release dates of R1 at 50 %"):
        options.run(options)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser("dynamic")
    dynamic.add_command(parser)
    return parser.parse_args(arguments)
