"""Stops are where their job or warehouse is; breaks are where the stop before or after is."""

import pytest

from solver.plan import Plan
from tests.solver.builders import (
    EAST,
    HOME,
    NORTH,
    SOUTH,
    at,
    job,
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

ANN = shift(breaks=(lunch(),))
NORTHERN, SOUTHERN = job("northern", NORTH), job("southern", SOUTH)


def lunch_between_north_and_south(place: int) -> Plan:
    return plan(
        route(
            ANN,
            stop(NORTHERN, at(10)),
            rest(lunch(), place, at(12)),
            stop(SOUTHERN, at(14)),
        )
    )


def test_a_stop_at_its_own_place() -> None:
    assert rules_broken_by(job()) == set()


def test_a_job_done_elsewhere() -> None:
    ann, one = shift(), job()
    by = plan(route(ann, stop(one, at(10), location=EAST)))
    assert rules_broken(problem((one,), (ann,)), by) == {"places"}


def test_a_warehouse_elsewhere() -> None:
    ann, one, depot = shift(), job(), warehouse()
    by = plan(route(ann, pickup(depot, at(9), location=NORTH), stop(one, at(10))))
    assert rules_broken(problem((one,), (ann,), warehouses=(depot,)), by) == {"places"}


@pytest.mark.parametrize(("place", "broken"), [(NORTH, set()), (SOUTH, set()), (EAST, {"places"}), (HOME, {"places"})])
def test_a_break_is_at_either_neighbour(place: int, broken: set[str]) -> None:
    town = problem((NORTHERN, SOUTHERN), (ANN,))
    assert rules_broken(town, lunch_between_north_and_south(place)) == broken


def test_the_neighbours_of_the_first_and_last_stop_are_the_ends_of_the_shift() -> None:
    ann = shift(breaks=(lunch(),), start_location=EAST, end_location=SOUTH)
    town = problem((NORTHERN,), (ann,))
    at_start = route(ann, rest(lunch(), EAST, at(11)), stop(NORTHERN, at(14)))
    at_end = route(ann, stop(NORTHERN, at(9)), rest(lunch(), SOUTH, at(12)))
    nowhere = route(ann, stop(NORTHERN, at(9)), rest(lunch(), EAST, at(12)))
    assert rules_broken(town, plan(at_start)) == set()
    assert rules_broken(town, plan(at_end)) == set()
    assert rules_broken(town, plan(nowhere)) == {"places"}
