"""Units held for a job at a warehouse are loaded for it alone, and not more than are held."""

import pytest

from solver.plan import Load
from solver.problem import Earmark, Receipt
from tests.solver.builders import (
    at,
    job,
    pickup,
    plan,
    problem,
    route,
    rules_broken,
    rules_broken_by,
    shift,
    stop,
    warehouse,
)

ANN, BOB = shift(), shift("bob")
EMPTY = warehouse()
HELD = job("held", parts={"seal": 2}, earmarks=(Earmark("seal", 2, warehouse="depot"),))
OWN = Load("seal", 2, job="held")


def test_no_loads_no_earmarks() -> None:
    assert rules_broken_by(job()) == set()


def test_units_held_are_loaded_for_their_job() -> None:
    by = plan(route(ANN, pickup(EMPTY, at(9), OWN), stop(HELD, at(12))))
    assert rules_broken(problem((HELD,), (ANN,), warehouses=(EMPTY,)), by) == set()


@pytest.mark.parametrize(("part", "quantity"), [("seal", 3), ("pump", 1)])
def test_more_than_is_held(part: str, quantity: int) -> None:
    greedy = job("held", parts={part: quantity}, earmarks=HELD.earmarks)
    by = plan(route(ANN, pickup(EMPTY, at(9), Load(part, quantity, job="held")), stop(greedy, at(12))))
    assert rules_broken(problem((greedy,), (ANN,), warehouses=(EMPTY,)), by) == {"earmarks"}


def test_held_at_another_warehouse() -> None:
    branch = warehouse("branch", stock={"seal": None})
    by = plan(route(ANN, pickup(branch, at(9), OWN), stop(HELD, at(12))))
    assert rules_broken(problem((HELD,), (ANN,), warehouses=(EMPTY, branch)), by) == {"earmarks"}


def test_held_on_a_van_and_loaded_at_a_warehouse() -> None:
    on_van = job("held", parts={"seal": 2}, earmarks=(Earmark("seal", 2, technician="bob"),))
    by = plan(route(ANN, pickup(EMPTY, at(9), OWN), stop(on_van, at(12))))
    assert rules_broken(problem((on_van,), (ANN, BOB), warehouses=(EMPTY,)), by) == {"earmarks"}


def test_several_earmarks_of_one_part_add_up() -> None:
    twice = (Earmark("seal", 1, warehouse="depot"), Earmark("seal", 1, warehouse="depot"))
    held = job("held", parts={"seal": 2}, earmarks=twice)
    by = plan(route(ANN, pickup(EMPTY, at(9), OWN), stop(held, at(12))))
    assert rules_broken(problem((held,), (ANN,), warehouses=(EMPTY,)), by) == set()


def test_loads_of_several_stops_add_up() -> None:
    ann = shift(max_pickups=2)
    three = job("held", parts={"seal": 3}, earmarks=HELD.earmarks)
    by = plan(
        route(ann, pickup(EMPTY, at(9), OWN), pickup(EMPTY, at(10), Load("seal", 1, job="held")), stop(three, at(12)))
    )
    assert rules_broken(problem((three,), (ann,), warehouses=(EMPTY,)), by) == {"earmarks"}


def test_another_job_cannot_use_them() -> None:
    other = job("other", parts={"seal": 2})
    town = problem((HELD, other), (ANN, BOB), warehouses=(EMPTY,))
    by = plan(
        route(ANN, pickup(EMPTY, at(9), OWN), stop(other, at(12))),
        route(BOB, pickup(EMPTY, at(9), OWN), stop(HELD, at(12))),
    )
    assert rules_broken(town, by) == {"van_stock", "earmarks"}


def test_loaded_for_the_job_of_another_route() -> None:
    town = problem((HELD,), (ANN, BOB), warehouses=(EMPTY,), van_stock={"bob": {"seal": 2}})
    by = plan(route(ANN, pickup(EMPTY, at(9), OWN)), route(BOB, stop(HELD, at(12))))
    assert rules_broken(town, by) == {"van_stock"}


@pytest.mark.parametrize(("free", "broken"), [(1, set()), (0, {"stock"})])
def test_held_units_first_and_free_ones_for_the_rest(free: int, broken: set[str]) -> None:
    three = job("held", parts={"seal": 3}, earmarks=HELD.earmarks)
    depot = warehouse(stock={"seal": (Receipt(0, free),)})
    by = plan(route(ANN, pickup(depot, at(9), OWN, Load("seal", 1)), stop(three, at(12))))
    assert rules_broken(problem((three,), (ANN,), warehouses=(depot,)), by) == broken


def test_held_units_loaded_and_free_ones_of_the_van_left() -> None:
    follower = job("follower", parts={"seal": 1})
    town = problem((HELD, follower), (ANN,), warehouses=(EMPTY,), van_stock={"ann": {"seal": 1}})
    by = plan(route(ANN, pickup(EMPTY, at(9), OWN), stop(HELD, at(12)), stop(follower, at(14))))
    assert rules_broken(town, by) == set()


def test_held_units_loaded_too_late_or_in_excess() -> None:
    town = problem((HELD,), (ANN,), warehouses=(EMPTY,), van_stock={"ann": {"seal": 2}})
    too_late = plan(route(ANN, stop(HELD, at(9)), pickup(EMPTY, at(12), OWN)))
    assert rules_broken(town, too_late) == {"van_stock"}
