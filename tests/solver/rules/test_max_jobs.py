"""The maximum counts jobs, those begun among them."""

import pytest

from solver.problem import CommittedStop, VehicleShift
from tests.solver.builders import (
    NORTH,
    at,
    job,
    lunch,
    pickup,
    plan,
    problem,
    rest,
    route,
    rules_broken,
    shift,
    stop,
    warehouse,
)

FIRST, SECOND = job("first"), job("second")


def two_jobs_on(ann: VehicleShift) -> set[str]:
    by = plan(route(ann, stop(FIRST, at(9)), stop(SECOND, at(10))))
    return rules_broken(problem((FIRST, SECOND), (ann,)), by)


def test_a_shift_without_a_maximum() -> None:
    assert two_jobs_on(shift(max_jobs=None)) == set()


@pytest.mark.parametrize(("most", "broken"), [(2, set()), (1, {"max_jobs"}), (0, {"max_jobs"})])
def test_the_maximum_itself_is_allowed(most: int, broken: set[str]) -> None:
    assert two_jobs_on(shift(max_jobs=most)) == broken


def test_breaks_and_warehouse_stops_do_not_count() -> None:
    ann, depot = shift(max_jobs=1, breaks=(lunch(),)), warehouse()
    by = plan(route(ann, pickup(depot, at(9)), stop(FIRST, at(11)), rest(lunch(), NORTH, at(12))))
    assert rules_broken(problem((FIRST,), (ann,), warehouses=(depot,)), by) == set()


def test_jobs_begun_may_exceed_it_alone_but_not_with_another() -> None:
    begun = (CommittedStop("first", at(9)), CommittedStop("second", at(10)))
    assert two_jobs_on(shift(max_jobs=1, committed=begun)) == set()
    assert two_jobs_on(shift(max_jobs=1, committed=begun[:1])) == {"max_jobs"}
