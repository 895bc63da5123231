"""Jobs that have begun come first on their shift, in order, at the second they began."""

from typing import Any

import pytest

from solver.plan import Plan
from solver.problem import CommittedStop, VehicleShift
from tests.solver.builders import (
    EAST,
    HOME,
    ISLAND,
    NORTH,
    SOUTH,
    at,
    drive_s,
    job,
    left_out,
    lunch,
    pickup,
    plan,
    problem,
    rest,
    route,
    rules_broken,
    rules_broken_by,
    shift,
    stop,
    warehouse,
)

FIRST, SECOND, OPEN = job("first", NORTH), job("second", SOUTH), job("open", EAST)
BEGUN = CommittedStop("first", at(9)), CommittedStop("second", at(10))
ANN, BOB = shift(committed=BEGUN), shift("bob")
ALL = (FIRST, SECOND, OPEN)


def test_a_shift_that_has_not_begun() -> None:
    assert rules_broken_by(job()) == set()


def test_begun_jobs_first_and_in_order() -> None:
    by = plan(route(ANN, stop(FIRST, at(9)), stop(SECOND, at(10)), stop(OPEN, at(14))))
    assert rules_broken(problem(ALL, (ANN,)), by) == set()


def test_a_break_may_stand_between_them() -> None:
    ann = shift(committed=(BEGUN[0], CommittedStop("second", at(13))), breaks=(lunch(),))
    by = plan(route(ann, stop(FIRST, at(9)), rest(lunch(), NORTH, at(11)), stop(SECOND, at(13))))
    assert rules_broken(problem(ALL[:2], (ann,)), by) == set()


@pytest.mark.parametrize(
    "by",
    [
        plan(route(ANN, stop(OPEN, at(8, 20)), stop(FIRST, at(9)), stop(SECOND, at(10)))),
        plan(route(ANN, stop(FIRST, at(9)), stop(OPEN, at(9, 45)), stop(SECOND, at(10, 30)))),
        plan(route(ANN, stop(FIRST, at(9)), stop(OPEN, at(14))), unplanned=left_out(SECOND)),
        plan(unplanned=left_out(*ALL)),
    ],
    ids=["another first", "another between", "left out", "no route"],
)
def test_a_prefix_that_is_changed(by: Plan) -> None:
    assert "committed" in rules_broken(problem(ALL, (ANN,)), by)


def test_the_order_is_changed() -> None:
    ann = shift(committed=(CommittedStop("first"), CommittedStop("second")))
    by = plan(route(ann, stop(SECOND, at(9)), stop(FIRST, at(11))))
    assert rules_broken(problem(ALL[:2], (ann,)), by) == {"committed"}


@pytest.mark.parametrize("start", [at(9) - 1, at(9) + 1])
def test_another_second_than_it_began(start: int) -> None:
    ann = shift(committed=BEGUN[:1])
    assert rules_broken_by(FIRST, ann, start) == {"committed"}


def test_begun_on_one_shift_and_planned_on_another() -> None:
    ann = shift(committed=BEGUN[:1])
    by = plan(route(BOB, stop(FIRST, at(9))))
    assert rules_broken(problem((FIRST,), (ann, BOB)), by) == {"committed"}


def test_a_warehouse_stop_before_a_begun_job() -> None:
    ann, depot = shift(committed=(CommittedStop("first"),)), warehouse()
    by = plan(route(ann, pickup(depot, at(9)), stop(FIRST, at(12))))
    assert rules_broken(problem((FIRST,), (ann,), warehouses=(depot,)), by) == {"committed"}


def test_travel_to_a_job_that_has_begun_is_not_judged() -> None:
    ann = shift(start_location=ISLAND, committed=BEGUN[:1])
    by = plan(route(ann, stop(FIRST, at(9)), departure_s=at(8, 59)))
    assert rules_broken(problem((FIRST,), (ann,)), by) == set()


def test_a_begun_job_may_start_before_the_one_before_was_due_to_end() -> None:
    long = job("first", service_s=at(3))
    by = plan(route(ANN, stop(long, at(9)), stop(SECOND, at(10))))
    assert rules_broken(problem((long, SECOND), (ANN,)), by) == set()


def test_a_begun_job_does_not_start_before_the_one_before() -> None:
    ann = shift(committed=(CommittedStop("first", at(9)), CommittedStop("second", at(8, 30))))
    by = plan(route(ann, stop(FIRST, at(9)), stop(SECOND, at(8, 30))))
    assert rules_broken(problem(ALL[:2], (ann,)), by) == {"times"}


def test_travel_after_a_begun_job_is_judged() -> None:
    for early, broken in ((0, set()), (1, {"times"})):
        start = at(10, 30) + drive_s(SOUTH, EAST) - early
        by = plan(route(ANN, stop(FIRST, at(9)), stop(SECOND, at(10)), stop(OPEN, start)))
        assert rules_broken(problem(ALL, (ANN,)), by) == broken


@pytest.mark.parametrize("seconds", [1_799, 1_801])
def test_a_begun_job_lasts_its_duration(seconds: int) -> None:
    ann = shift(committed=BEGUN[:1])
    by = plan(route(ann, stop(FIRST, at(9), end_s=at(9) + seconds)))
    assert rules_broken(problem((FIRST,), (ann,)), by) == {"times"}


def test_the_route_departs_before_its_first_job_began() -> None:
    ann = shift(committed=BEGUN[:1])
    town = problem((FIRST,), (ann,))
    for departure, broken in ((at(9), set()), (at(9) + 1, {"times"}), (at(9, 45), {"times"})):
        assert rules_broken(town, plan(route(ann, stop(FIRST, at(9)), departure_s=departure))) == broken


def test_a_job_that_began_before_the_shift_did() -> None:
    ann = shift(committed=(CommittedStop("first", at(7, 50)),))
    by = plan(route(ann, stop(FIRST, at(7, 50)), departure_s=at(8)))
    assert rules_broken(problem((FIRST,), (ann,)), by) == set()


ON_THE_WAY: VehicleShift = shift(committed=(CommittedStop("first"),))


@pytest.mark.parametrize(("early", "broken"), [(0, set()), (1, {"times"})])
def test_travel_to_a_job_on_the_way_is_judged(early: int, broken: set[str]) -> None:
    by = plan(route(ON_THE_WAY, stop(FIRST, at(9)), departure_s=at(9) - drive_s(HOME, NORTH) + early))
    assert rules_broken(problem((FIRST,), (ON_THE_WAY,)), by) == broken


@pytest.mark.parametrize("changes", [{"arrival_s": at(9) + 1}, {"arrival_s": at(12)}])
def test_a_job_on_the_way_does_not_start_before_the_arrival(changes: dict[str, Any]) -> None:
    by = plan(route(ON_THE_WAY, stop(FIRST, at(9), **changes), return_s=at(13)))
    assert rules_broken(problem((FIRST,), (ON_THE_WAY,)), by) == {"times"}


def test_a_job_on_the_way_may_start_at_any_time() -> None:
    assert rules_broken_by(FIRST, ON_THE_WAY, at(11)) == set()


def test_a_job_on_the_way_follows_the_break_that_is_before_it() -> None:
    ann = shift(committed=(CommittedStop("first"),), breaks=(lunch(),))
    for start, broken in ((at(12, 30), set()), (at(12, 30) - 1, {"times"})):
        by = plan(route(ann, rest(lunch(), NORTH, at(12)), stop(FIRST, start), departure_s=at(9)))
        assert rules_broken(problem((FIRST,), (ann,)), by) == broken


def test_a_break_is_over_before_a_begun_job() -> None:
    ann = shift(committed=(CommittedStop("first", at(12, 30)),), breaks=(lunch(),))
    for start, broken in ((at(12), set()), (at(12) + 1, {"times"})):
        by = plan(route(ann, rest(lunch(), NORTH, start), stop(FIRST, at(12, 30)), departure_s=at(9)))
        assert rules_broken(problem((FIRST,), (ann,)), by) == broken
