"""Warehouse stops: how many, when, and what they lend."""

import pytest

from solver.plan import Load
from solver.problem import Receipt, VehicleShift, Warehouse, Window
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
    rules_broken_by,
    shift,
    stop,
    warehouse,
)

SEAL = job(parts={"seal": 1})
STOCKED = {"seal": None}


def fetches_at(start_s: int, depot: Warehouse, ann: VehicleShift | None = None) -> set[str]:
    ann = ann or shift()
    by = plan(route(ann, pickup(depot, start_s, Load("seal", 1)), stop(SEAL, at(14))))
    return rules_broken(problem((SEAL,), (ann,), warehouses=(depot,)), by)


def test_a_route_without_a_warehouse_stop() -> None:
    assert rules_broken_by(job(), shift(max_pickups=0)) == set()


def test_a_warehouse_without_windows_is_always_open() -> None:
    assert fetches_at(at(11, 11, 11), warehouse(stock=STOCKED)) == set()


@pytest.mark.parametrize(
    ("start", "broken"),
    [
        (at(9), set()),
        (at(10), set()),
        (at(12), set()),
        (at(9) - 1, {"pickups"}),
        (at(10) + 1, {"pickups"}),
        (at(12) - 1, {"pickups"}),
    ],
)
def test_handling_starts_in_an_opening_window(start: int, broken: set[str]) -> None:
    opening = (Window(at(9), at(10)), Window(at(12), at(13)))
    assert fetches_at(start, warehouse(stock=STOCKED, windows=opening)) == broken


@pytest.mark.parametrize(("most", "broken"), [(2, set()), (1, {"pickups"})])
def test_as_many_stops_as_the_shift_allows(most: int, broken: set[str]) -> None:
    ann, depot, two = shift(max_pickups=most), warehouse(stock=STOCKED), job(parts={"seal": 2})
    load = Load("seal", 1)
    by = plan(route(ann, pickup(depot, at(9), load), pickup(depot, at(10), load), stop(two, at(14))))
    assert rules_broken(problem((two,), (ann,), warehouses=(depot,)), by) == broken


def test_one_stop_is_the_default_and_none_can_be_forbidden() -> None:
    assert fetches_at(at(9), warehouse(stock=STOCKED), shift()) == set()
    assert fetches_at(at(9), warehouse(stock=STOCKED), shift(max_pickups=0)) == {"pickups"}


def test_the_maximum_is_per_route() -> None:
    ann, later, depot = shift(), shift(day=1), warehouse(stock=STOCKED)
    more = job("more", parts={"seal": 1})
    load = Load("seal", 1)
    by = plan(
        route(ann, pickup(depot, at(9), load), stop(SEAL, at(14))),
        route(later, pickup(depot, at(9, day=1), load), stop(more, at(14, day=1))),
    )
    assert rules_broken(problem((SEAL, more), (ann, later), warehouses=(depot,)), by) == set()


def test_a_tool_that_is_not_lent() -> None:
    ann, depot, hoist = shift(), warehouse(tools=frozenset({"ladder"})), frozenset({"hoist"})
    by = plan(route(ann, pickup(depot, at(9), tools=hoist)))
    assert rules_broken(problem((), (ann,), warehouses=(depot,)), by) == {"pickups"}


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_load_of_nothing(quantity: int) -> None:
    ann, depot = shift(), warehouse(stock={"seal": (Receipt(0, 5),)})
    by = plan(route(ann, pickup(depot, at(9), Load("seal", quantity))))
    assert "pickups" in rules_broken(problem((), (ann,), warehouses=(depot,)), by)


def test_loading_where_there_is_no_warehouse() -> None:
    ann, one = shift(breaks=(lunch(),)), job()
    town = problem((one,), (ann,))
    at_the_job = route(ann, stop(one, at(10), tools=frozenset({"hoist"})), rest(lunch(), NORTH, at(12)))
    at_lunch = route(ann, stop(one, at(10)), rest(lunch(), NORTH, at(12), tools=frozenset({"hoist"})))
    assert rules_broken(town, plan(at_the_job)) == {"pickups"}
    assert rules_broken(town, plan(at_lunch)) == {"pickups"}
