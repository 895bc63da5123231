"""At every second, all loads so far of a part at a warehouse are at most the receipts so far."""

import pytest

from solver.plan import Load
from solver.problem import Earmark, Receipt, Warehouse
from tests.solver.builders import (
    DAY_S,
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
ANNS, BOBS = job("anns", parts={"seal": 2}), job("bobs", parts={"seal": 3})


def both_fetch(depot: Warehouse, ann_s: int = at(9), bob_s: int = at(10)) -> set[str]:
    """Rules broken when Ann loads two seals and Bob three, at these seconds."""
    by = plan(
        route(ANN, pickup(depot, ann_s, Load("seal", 2)), stop(ANNS, at(15))),
        route(BOB, pickup(depot, bob_s, Load("seal", 3)), stop(BOBS, at(15))),
    )
    return rules_broken(problem((ANNS, BOBS), (ANN, BOB), warehouses=(depot,)), by)


def test_nothing_is_taken_from_an_empty_warehouse() -> None:
    assert rules_broken_by(job(), warehouses=(warehouse(),)) == set()


def test_null_is_unlimited() -> None:
    assert both_fetch(warehouse(stock={"seal": None})) == set()


@pytest.mark.parametrize("stock", [{}, {"seal": ()}, {"pump": None}])
def test_a_part_not_named_is_not_there(stock: dict[str, tuple[Receipt, ...] | None]) -> None:
    assert both_fetch(warehouse(stock=stock)) == {"stock"}


@pytest.mark.parametrize(("units", "broken"), [(5, set()), (4, {"stock"}), (3, {"stock"})])
def test_two_routes_share_what_is_there(units: int, broken: set[str]) -> None:
    assert both_fetch(warehouse(stock={"seal": (Receipt(0, units),)})) == broken


@pytest.mark.parametrize(("late", "broken"), [(0, set()), (1, {"stock"})])
def test_a_receipt_is_there_from_its_second_on(late: int, broken: set[str]) -> None:
    receipts = (Receipt(0, 2), Receipt(at(10) + late, 3))
    assert both_fetch(warehouse(stock={"seal": receipts})) == broken


def test_the_order_is_that_of_time_and_not_of_routes() -> None:
    receipts = (Receipt(0, 3), Receipt(at(11), 2))
    assert both_fetch(warehouse(stock={"seal": receipts}), ann_s=at(11), bob_s=at(10)) == set()
    assert both_fetch(warehouse(stock={"seal": receipts}), ann_s=at(10), bob_s=at(11)) == set()
    assert both_fetch(warehouse(stock={"seal": receipts}), ann_s=at(10), bob_s=at(11) - 1) == {"stock"}


def test_receipts_may_be_listed_in_any_order() -> None:
    assert both_fetch(warehouse(stock={"seal": (Receipt(at(10), 3), Receipt(0, 2))})) == set()


def test_loads_of_the_same_second_count_together() -> None:
    depot = warehouse(stock={"seal": (Receipt(0, 4), Receipt(at(9) + 1, 9))})
    assert both_fetch(depot, ann_s=at(9), bob_s=at(9)) == {"stock"}


def test_what_is_taken_today_is_gone_tomorrow() -> None:
    later = shift("bob", day=1)
    for units, broken in ((5, set()), (4, {"stock"})):
        depot = warehouse(stock={"seal": (Receipt(0, units),)})
        by = plan(
            route(ANN, pickup(depot, at(9), Load("seal", 2)), stop(ANNS, at(15))),
            route(later, pickup(depot, at(9) + DAY_S, Load("seal", 3)), stop(BOBS, at(15) + DAY_S)),
        )
        assert rules_broken(problem((ANNS, BOBS), (ANN, later), warehouses=(depot,)), by) == broken


def test_two_warehouses_do_not_share() -> None:
    full, empty = warehouse("full", stock={"seal": (Receipt(0, 9),)}), warehouse("empty")
    by = plan(route(ANN, pickup(empty, at(9), Load("seal", 2)), stop(ANNS, at(15))))
    assert rules_broken(problem((ANNS,), (ANN,), warehouses=(full, empty)), by) == {"stock"}


def test_earmarked_units_lie_beside_the_free_ones() -> None:
    held = job("held", parts={"seal": 3}, earmarks=(Earmark("seal", 3, warehouse="depot"),))
    depot = warehouse(stock={"seal": (Receipt(0, 2),)})
    by = plan(
        route(ANN, pickup(depot, at(9), Load("seal", 2)), stop(ANNS, at(15))),
        route(BOB, pickup(depot, at(9), Load("seal", 3, job="held")), stop(held, at(15))),
    )
    assert rules_broken(problem((ANNS, held), (ANN, BOB), warehouses=(depot,)), by) == set()
