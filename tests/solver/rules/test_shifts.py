"""A route lies inside its shift, with at most the overtime allowed."""

import pytest

from solver.problem import CommittedStop
from tests.solver.builders import (
    HOME,
    NORTH,
    at,
    drive_s,
    job,
    lunch,
    plan,
    problem,
    rest,
    route,
    rules_broken,
    rules_broken_by,
    shift,
    stop,
)

TO_WORK, TO_HOME = drive_s(HOME, NORTH), drive_s(NORTH, HOME)
LAST = at(17) - TO_HOME - 1_800
"""The latest start of half an hour in the north without overtime."""


def test_a_route_in_the_middle_of_the_day() -> None:
    assert rules_broken_by(job()) == set()


@pytest.mark.parametrize(("early", "broken"), [(0, set()), (1, {"shifts"})])
def test_departure_to_the_second(early: int, broken: set[str]) -> None:
    assert rules_broken_by(job(), start_s=at(8) + TO_WORK - early) == broken


@pytest.mark.parametrize(("late", "broken"), [(0, set()), (1, {"shifts"})])
def test_return_to_the_second(late: int, broken: set[str]) -> None:
    assert rules_broken_by(job(), start_s=LAST + late) == broken


@pytest.mark.parametrize(("late", "broken"), [(600, set()), (601, {"shifts"})])
def test_overtime_to_the_second(late: int, broken: set[str]) -> None:
    assert rules_broken_by(job(), shift(overtime_limit_s=600), LAST + late) == broken


def test_waiting_at_the_end_of_the_shift_counts() -> None:
    ann, one = shift(), job()
    by = plan(route(ann, stop(one, at(10)), return_s=at(17) + 1))
    assert rules_broken(problem((one,), (ann,)), by) == {"shifts"}


def test_jobs_begun_may_return_late_alone_but_not_with_another() -> None:
    ann = shift(committed=(CommittedStop("job", at(17)),))
    assert rules_broken_by(job(), ann, at(17)) == set()
    open_job = job("open", service_s=0)
    by = plan(route(ann, stop(job(), at(17)), stop(open_job, at(17, 30))))
    assert rules_broken(problem((job(), open_job), (ann,)), by) == {"shifts"}


def test_a_break_may_lie_outside_the_shift() -> None:
    ann = shift(breaks=(lunch(start=at(17), end=at(19)),))
    by = plan(route(ann, stop(job(), at(10)), rest(lunch(), HOME, at(18)), return_s=at(11)))
    assert rules_broken(problem((job(),), (ann,)), by) == set()


def test_a_route_without_jobs_returns_in_time() -> None:
    ann = shift()
    assert rules_broken(problem((), (ann,)), plan(route(ann, return_s=at(17)))) == set()
    assert rules_broken(problem((), (ann,)), plan(route(ann, return_s=at(17) + 1))) == {"shifts"}
