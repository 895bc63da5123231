from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.dynamic_check import foreknowledge
from bench.dynamic_day import Day
from bench.dynamic_replay import BEFORE, Event
from bench.trsp_instances import NO_WEIGHTS
from solver.plan import Stop, StopKind
from solver.problem import Job, Location, Matrix, Problem, Profile, Technician, VehicleShift

ROADS: Matrix = np.array([[0, 10, 20], [10, 0, 10], [20, 10, 0]], np.int32)


def job(name: str, start: int, location: int) -> Stop:
    return Stop(StopKind.JOB, name, location, start, start, start + 5)


@pytest.fixture
def day() -> Day:
    """One technician on a line; job near comes in at 25, far was known before."""
    problem = Problem(
        "line",
        100,
        (Location("home"), Location("halfway"), Location("end")),
        {"car": Profile(ROADS, ROADS)},
        (Technician("t"),),
        (VehicleShift("s", "t", 0, 0, 100, 0, 0),),
        (Job("far", 2, 5), Job("near", 1, 5)),
        weights=NO_WEIGHTS,
    )
    return Day(problem, {"near": 25})


FAR = job("far", 50, 2)
"""He leaves for it at 30."""
BOTH = (job("near", 35, 1), FAR)
"""He leaves at 25, and at 40."""


def log(*tours: Sequence[Stop], second: int = 25, refused: Sequence[str] = ()) -> list[Event]:
    """The evening before and the release."""
    before, after = tours
    return [
        Event(BEFORE, frozenset(), frozenset(), {"s": tuple(before)}, 0, 0.0),
        Event(second, frozenset({"near"}), frozenset(refused), {"s": tuple(after)}, 0, 0.0),
    ]


def test_an_honest_day(day: Day) -> None:
    assert foreknowledge(day, log([FAR], BOTH)) == []
    assert foreknowledge(day, log([FAR], [FAR], refused=["near"])) == []


def test_a_job_planned_before_its_release(day: Day) -> None:
    found = foreknowledge(day, log(BOTH, BOTH))
    assert found == ["near is planned at -1 s, before its release at 25 s"]


def test_a_job_decided_on_before_its_release(day: Day) -> None:
    found = foreknowledge(day, log([FAR], BOTH, second=24))
    assert found == [
        "near is planned at 24 s, before its release at 25 s",
        "near is decided on at 24 s, before its release at 25 s",
    ]


def test_a_trip_from_before_the_release(day: Day) -> None:
    found = foreknowledge(day, log([FAR], [job("near", 34, 1), FAR]))
    assert found == ["s is sent to near at 25 s, to leave at 24 s", "s left for near at 24 s, released at 25 s"]


@pytest.mark.parametrize(
    "after",
    [
        [job("near", 35, 1), FAR],
        [job("far", 51, 2), job("near", 66, 1)],
        [job("near", 45, 1)],
    ],
)
def test_a_stop_that_changes_after_he_has_left_for_it(after: list[Stop], day: Day) -> None:
    found = foreknowledge(replace(day, released_s={"near": 31}), log([FAR], after, second=31))
    assert "s had left for stops at 31 s that were then changed" in found


def test_the_second_of_the_release_is_not_too_late(day: Day) -> None:
    after = [job("near", 40, 1), job("far", 55, 2)]
    assert foreknowledge(replace(day, released_s={"near": 30}), log([FAR], after, second=30)) == []


@pytest.mark.parametrize(
    ("after", "refused", "message"),
    [
        ([job("near", 35, 1)], [], "far was accepted and is dropped at 25 s"),
        ([FAR], [], "near was accepted and is dropped at 25 s"),
        (BOTH, ["near"], "near was refused and is planned at 25 s"),
    ],
)
def test_what_was_told_is_kept(after: Sequence[Stop], refused: Sequence[str], message: str, day: Day) -> None:
    assert foreknowledge(day, log([FAR], after, refused=refused)) == [message]


def test_a_release_that_nobody_decided_on(day: Day) -> None:
    assert foreknowledge(day, log([FAR], BOTH)[:1]) == ["not every release was decided on once"]
