"""A used shift takes each of its breaks once, starting in the break's window."""

import pytest

from solver.plan import Plan, Stop
from solver.problem import CommittedStop, VehicleShift
from tests.solver.builders import (
    HOME,
    NORTH,
    at,
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

ONE = job()
ANN = shift(breaks=(lunch(),))
TEA = lunch(id="tea", duration_s=600, start=at(15), end=at(16), paid=True)


def day_with(*meals: Stop, ann: VehicleShift = ANN) -> set[str]:
    """Rules broken by a morning job followed by these breaks."""
    return rules_broken(problem((ONE,), (ann,)), plan(route(ann, stop(ONE, at(9)), *meals)))


def test_a_shift_without_breaks() -> None:
    assert rules_broken_by(ONE) == set()


@pytest.mark.parametrize("start", [at(11), at(12), at(14)])
def test_inside_the_window_and_at_both_ends(start: int) -> None:
    assert day_with(rest(lunch(), NORTH, start)) == set()


@pytest.mark.parametrize("start", [at(11) - 1, at(14) + 1])
def test_a_second_outside_the_window(start: int) -> None:
    assert day_with(rest(lunch(), NORTH, start)) == {"breaks"}


def test_left_out() -> None:
    assert day_with() == {"breaks"}


def test_taken_twice() -> None:
    assert day_with(rest(lunch(), NORTH, at(11)), rest(lunch(), NORTH, at(12))) == {"breaks"}


def test_each_of_two() -> None:
    ann = shift(breaks=(lunch(), TEA))
    meal, tea = rest(lunch(), NORTH, at(12)), rest(TEA, NORTH, at(15))
    assert day_with(meal, tea, ann=ann) == set()
    assert day_with(meal, ann=ann) == {"breaks"}
    assert day_with(tea, ann=ann) == {"breaks"}


def test_before_departure() -> None:
    by = plan(route(ANN, rest(lunch(), HOME, at(11)), stop(ONE, at(15)), departure_s=at(14)))
    assert rules_broken(problem((ONE,), (ANN,)), by) == set()


def test_after_return() -> None:
    by = plan(route(ANN, stop(ONE, at(9)), rest(lunch(), HOME, at(12)), return_s=at(10)))
    assert rules_broken(problem((ONE,), (ANN,)), by) == set()


@pytest.mark.parametrize("start", [at(11) - 1, at(14) + 1])
def test_the_window_binds_off_duty_as_well(start: int) -> None:
    by = plan(route(ANN, stop(ONE, at(9)), rest(lunch(), HOME, start), return_s=at(10)))
    assert rules_broken(problem((ONE,), (ANN,)), by) == {"breaks"}


@pytest.mark.parametrize("by", [plan(), plan(route(ANN))])
def test_a_shift_without_jobs_needs_no_break(by: Plan) -> None:
    assert rules_broken(problem((), (ANN,)), by) == set()


def test_jobs_begun_may_lack_a_break_alone_but_not_with_another() -> None:
    ann = shift(breaks=(lunch(),), committed=(CommittedStop("job", at(9)),))
    assert day_with(ann=ann) == set()
    more = job("more")
    by = plan(route(ann, stop(ONE, at(9)), stop(more, at(15))))
    assert rules_broken(problem((ONE, more), (ann,)), by) == {"breaks"}
