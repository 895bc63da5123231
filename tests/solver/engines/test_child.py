"""An engine in its child process: killed, crashing, lying, silent; what was found before stays, nothing is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from solver import engines
from solver.check import violations
from solver.engines.base import Incumbent
from solver.engines.child import Status
from solver.insertion import first_come_plan
from solver.params import SolveParams
from solver.problem import Problem
from solver.score import score
from solver.solve import solve
from tests.solver.builders import EAST, NORTH, SOUTH, job, lunch, problem, shift
from tests.solver.engines import ill_engines

pytestmark = pytest.mark.engine

LONG = 600


@pytest.fixture
def day() -> Problem:
    """Two technicians, six jobs on a line in the worst order."""
    jobs = tuple(job(f"job-{rank}", location) for rank, location in enumerate((SOUTH, NORTH, EAST) * 2))
    costs = {"cost_cents_per_hour": 4_000, "cost_cents_per_km": 100, "breaks": (lunch(),)}
    return problem(jobs, (shift("ann", **costs), shift("bob", **costs)))


@pytest.fixture
def ill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_PATHS", dict(engines._PATHS))
    for name in ("IllEngine", "Sleeper", "Holder", "Crasher", "Raiser", "Leaver", "Printer", "Liar", "Babbler"):
        engines.register(name, f"{ill_engines.PATH}:{name}")
    engines.register("Scribbler", f"{ill_engines.PATH}:Scribbler")
    engines.register("Nobody", f"{ill_engines.PATH}:Nobody")


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No engine outlives its solve: the fork server has no children, and no child is a zombie."""
    yield
    assert engine_processes() == []
    assert [one for one in psutil.Process().children() if one.status() == psutil.STATUS_ZOMBIE] == []


def engine_processes() -> list[psutil.Process]:
    return [grandchild for child in psutil.Process().children() for grandchild in child.children()]


def first_come_cost(day: Problem) -> int:
    return score(day, first_come_plan(day)).total_cents


@pytest.mark.usefixtures("ill")
@pytest.mark.parametrize(
    ("engine", "status", "note"),
    [
        ("IllEngine", Status.COMPLETE, ""),
        ("Printer", Status.COMPLETE, ""),
        ("Crasher", Status.CHILD_FAILED, "SIGSEGV"),
        ("Raiser", Status.CHILD_FAILED, "exit code 1"),
        ("Leaver", Status.CHILD_FAILED, "exit code 0"),
        ("Babbler", Status.CHILD_FAILED, "no plan"),
        ("Nobody", Status.CHILD_FAILED, "exit code 1"),
    ],
)
def test_what_was_reported_before_the_end_stays(day: Problem, engine: str, status: Status, note: str) -> None:
    result = solve(day, SolveParams(engine=engine, time_limit_s=LONG))
    assert result.status is status
    assert note in " ".join(result.notes)
    assert violations(day, result.plan) == ()
    assert result.score.total_cents == first_come_cost(day)


@pytest.mark.usefixtures("ill")
@pytest.mark.parametrize("engine", ["Sleeper", "Holder"])
def test_an_engine_that_hears_no_limit_is_killed(day: Problem, engine: str, tmp_path: Path) -> None:
    day = replace(day, id=str(tmp_path / "pid"))
    result = solve(day, SolveParams(engine=engine, time_limit_s=1))
    assert result.status is Status.CHILD_KILLED
    assert [cost for _, cost in result.incumbents] == [first_come_cost(day)]


@pytest.mark.usefixtures("ill")
def test_an_engine_that_hears_no_stop_is_killed_too(day: Problem) -> None:
    seen: list[Incumbent] = []
    result = solve(
        day, SolveParams(engine="Sleeper", time_limit_s=LONG), on_incumbent=seen.append, should_stop=lambda: bool(seen)
    )
    assert result.status is Status.STOPPED
    assert result.score.total_cents == seen[-1].cost_cents


@pytest.mark.usefixtures("ill")
def test_a_plan_with_violations_is_refused_however_cheap(day: Problem) -> None:
    result = solve(day, SolveParams(engine="Liar", time_limit_s=LONG))
    assert result.status is Status.CHILD_FAILED
    assert violations(day, result.plan) == ()
    assert result.score.total_cents == first_come_cost(day)
    assert sum("was refused" in note for note in result.notes) == 3


@pytest.mark.usefixtures("ill")
def test_bytes_that_are_no_frame_end_the_child(day: Problem) -> None:
    result = solve(day, SolveParams(engine="Scribbler", time_limit_s=LONG))
    assert result.status is Status.CHILD_FAILED
    assert violations(day, result.plan) == ()


@pytest.mark.usefixtures("ill")
def test_what_the_engine_prints_does_not_reach_standard_output(day: Problem, capfd: pytest.CaptureFixture[str]) -> None:
    solve(day, SolveParams(engine="Printer", time_limit_s=LONG))
    assert capfd.readouterr().out == ""


def test_kill_9_keeps_the_best_so_far(day: Problem) -> None:
    seen: list[Incumbent] = []

    def kill(incumbent: Incumbent) -> None:
        seen.append(incumbent)
        for process in engine_processes():
            process.kill()

    result = solve(day, SolveParams(time_limit_s=LONG, explain=False), on_incumbent=kill)
    assert result.status is Status.CHILD_KILLED
    assert result.plan == seen[-1].plan
    assert violations(day, result.plan) == ()


@pytest.mark.usefixtures("ill")
def test_an_error_in_the_caller_leaves_no_child(day: Problem) -> None:
    def fail(incumbent: Incumbent) -> None:
        raise KeyError(incumbent.cost_cents)

    with pytest.raises(KeyError):
        solve(day, SolveParams(engine="Sleeper", time_limit_s=LONG), on_incumbent=fail)


ORPHANING = f"""
from tests.solver.engines.test_child import engines, ill_engines, job, problem, shift, solve, SolveParams
import os, signal, sys
if __name__ == "__main__":
    engines.register("Holder", ill_engines.PATH + ":Holder")
    day = problem((job(),), (shift(),), id=sys.argv[1])
    solve(day, SolveParams(engine="Holder", time_limit_s={LONG}))
"""


def test_a_child_does_not_outlive_its_parent(tmp_path: Path) -> None:
    script, note = tmp_path / "orphaning.py", tmp_path / "pid"
    script.write_text(ORPHANING)
    with subprocess.Popen(
        [sys.executable, str(script), str(note)], env={**os.environ, "PYTHONPATH": os.getcwd()}
    ) as parent:
        while not note.exists() or not note.read_text():
            assert parent.poll() is None
            time.sleep(0.05)
        child = psutil.Process(int(note.read_text()))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    _, alive = psutil.wait_procs([child], timeout=LONG / 10)
    assert alive == []
