"""Parts are on the van when used; everything loaded is used later by that technician."""

from collections.abc import Mapping

import pytest

from solver.plan import Load, Stop
from solver.problem import CommittedStop, Earmark, Job, VehicleShift
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

ANN, TOMORROW = shift(), shift(day=1)
DEPOT_ = warehouse(stock={"seal": None, "pump": None})
ONE, TWO = job("one", parts={"seal": 1}), job("two", parts={"seal": 2})


def ann_drives(
    *stops: Stop, jobs: tuple[Job, ...], van: Mapping[str, int] | None = None, ann: VehicleShift = ANN
) -> set[str]:
    """Rules broken by one day of Ann's."""
    town = problem(jobs, (ann,), warehouses=(DEPOT_,), van_stock={"ann": van or {}})
    return rules_broken(town, plan(route(ann, *stops)))


def fetch(start_s: int, seals: int) -> Stop:
    return pickup(DEPOT_, start_s, Load("seal", seals))


def test_a_job_without_parts_needs_no_stock() -> None:
    assert rules_broken_by(job()) == set()


@pytest.mark.parametrize(("seals", "broken"), [(3, set()), (2, set()), (1, {"van_stock"}), (0, {"van_stock"})])
def test_parts_come_from_the_van(seals: int, broken: set[str]) -> None:
    assert ann_drives(stop(TWO, at(10)), jobs=(TWO,), van={"seal": seals}) == broken


def test_every_part_is_needed() -> None:
    both = job(parts={"seal": 1, "pump": 1})
    assert ann_drives(stop(both, at(10)), jobs=(both,), van={"seal": 1, "pump": 1}) == set()
    assert ann_drives(stop(both, at(10)), jobs=(both,), van={"seal": 9}) == {"van_stock"}


def test_the_van_of_another_technician_is_no_help() -> None:
    town = problem((ONE,), (ANN, shift("bob")), van_stock={"bob": {"seal": 9}})
    assert rules_broken(town, plan(route(ANN, stop(ONE, at(10))))) == {"van_stock"}


@pytest.mark.parametrize(("seals", "broken"), [(3, set()), (2, {"van_stock"})])
def test_stock_is_used_once(seals: int, broken: set[str]) -> None:
    stops = stop(ONE, at(10)), stop(TWO, at(11))
    assert ann_drives(*stops, jobs=(ONE, TWO), van={"seal": seals}) == broken


@pytest.mark.parametrize(("seals", "broken"), [(3, set()), (2, {"van_stock"})])
def test_stock_carries_over_to_the_next_day(seals: int, broken: set[str]) -> None:
    town = problem((ONE, TWO), (ANN, TOMORROW), van_stock={"ann": {"seal": seals}})
    today, tomorrow = route(ANN, stop(ONE, at(10))), route(TOMORROW, stop(TWO, at(10) + DAY_S))
    assert rules_broken(town, plan(today, tomorrow)) == broken
    assert rules_broken(town, plan(tomorrow, today)) == broken


def test_a_load_before_the_job() -> None:
    assert ann_drives(fetch(at(9), 2), stop(TWO, at(12)), jobs=(TWO,)) == set()


def test_a_load_after_the_job() -> None:
    assert ann_drives(stop(TWO, at(9)), fetch(at(12), 2), jobs=(TWO,)) == {"van_stock"}


def test_a_load_for_the_next_day() -> None:
    town = problem((TWO,), (ANN, TOMORROW), warehouses=(DEPOT_,))
    by = plan(route(TOMORROW, stop(TWO, at(10) + DAY_S)), route(ANN, fetch(at(9), 2)))
    assert rules_broken(town, by) == set()


def test_a_load_of_the_next_day_is_too_late() -> None:
    town = problem((TWO,), (ANN, TOMORROW), warehouses=(DEPOT_,))
    by = plan(route(TOMORROW, fetch(at(10) + DAY_S, 2)), route(ANN, stop(TWO, at(9))))
    assert rules_broken(town, by) == {"van_stock"}


def test_van_and_load_together() -> None:
    stops = fetch(at(9), 1), stop(TWO, at(12))
    assert ann_drives(*stops, jobs=(TWO,), van={"seal": 1}) == set()
    assert ann_drives(*stops, jobs=(TWO,)) == {"van_stock"}


def test_a_load_that_nobody_uses() -> None:
    assert ann_drives(fetch(at(9), 1), stop(job(), at(12)), jobs=(job(),)) == {"van_stock"}


@pytest.mark.parametrize(("loaded", "broken"), [(2, set()), (3, {"van_stock"})])
def test_a_load_used_in_part(loaded: int, broken: set[str]) -> None:
    assert ann_drives(fetch(at(9), loaded), stop(TWO, at(12)), jobs=(TWO,)) == broken


def test_use_before_the_load_does_not_excuse_it() -> None:
    stops = stop(TWO, at(9)), fetch(at(12), 2), stop(ONE, at(15))
    assert ann_drives(*stops, jobs=(ONE, TWO), van={"seal": 2}) == {"van_stock"}
    exact = stop(TWO, at(9)), fetch(at(12), 1), stop(ONE, at(15))
    assert ann_drives(*exact, jobs=(ONE, TWO), van={"seal": 2}) == set()


def test_a_second_load_that_nobody_uses() -> None:
    ann = shift(max_pickups=2)
    stops = fetch(at(9), 2), stop(TWO, at(11)), fetch(at(13), 1)
    assert ann_drives(*stops, jobs=(TWO,), ann=ann) == {"van_stock"}


def test_a_load_used_by_another_technician() -> None:
    bob = shift("bob")
    town = problem((ONE,), (ANN, bob), warehouses=(DEPOT_,), van_stock={"bob": {"seal": 1}})
    by = plan(route(ANN, fetch(at(9), 1)), route(bob, stop(ONE, at(12))))
    assert rules_broken(town, by) == {"van_stock"}


@pytest.mark.parametrize(("units", "broken"), [(2, set()), (1, {"van_stock"})])
def test_an_earmark_on_the_van_is_there_for_its_job(units: int, broken: set[str]) -> None:
    held = job(parts={"seal": 2}, earmarks=(Earmark("seal", units, technician="ann"),))
    assert ann_drives(stop(held, at(10)), jobs=(held,)) == broken


def test_an_earmark_on_the_van_is_there_for_nobody_else() -> None:
    held = job("held", parts={"seal": 1}, earmarks=(Earmark("seal", 1, technician="ann"),))
    assert ann_drives(stop(ONE, at(10)), stop(held, at(11)), jobs=(ONE, held)) == {"van_stock"}


def test_an_earmark_on_the_van_of_another_technician() -> None:
    held = job("held", parts={"seal": 1}, earmarks=(Earmark("seal", 1, technician="bob"),))
    town = problem((held,), (ANN, shift("bob")))
    assert rules_broken(town, plan(route(ANN, stop(held, at(10))))) == {"van_stock"}


def test_own_units_go_before_free_ones() -> None:
    held = job("held", parts={"seal": 1}, earmarks=(Earmark("seal", 1, technician="ann"),))
    stops = stop(held, at(10)), stop(ONE, at(11))
    assert ann_drives(*stops, jobs=(held, ONE), van={"seal": 1}) == set()


def test_own_and_free_units_together() -> None:
    held = job("held", parts={"seal": 3}, earmarks=(Earmark("seal", 2, technician="ann"),))
    assert ann_drives(stop(held, at(10)), jobs=(held,), van={"seal": 1}) == set()
    assert ann_drives(fetch(at(9), 1), stop(held, at(12)), jobs=(held,)) == set()
    assert ann_drives(fetch(at(9), 2), stop(held, at(12)), jobs=(held,)) == {"van_stock"}


def test_a_job_that_has_begun_uses_nothing() -> None:
    ann = shift(committed=(CommittedStop("two", at(10)),))
    assert ann_drives(stop(TWO, at(10)), jobs=(TWO,), ann=ann) == set()
    assert ann_drives(stop(TWO, at(10)), stop(ONE, at(11)), jobs=(TWO, ONE), van={"seal": 1}, ann=ann) == set()


def test_the_parts_of_a_crew_come_from_the_van_that_supplies() -> None:
    bob, pair = shift("bob"), job("pair", crew_size=2, parts={"seal": 2})
    town = problem((pair,), (ANN, bob), van_stock={"bob": {"seal": 2}})
    for anns, bobs, broken in ((False, True, set()), (True, False, {"van_stock"})):
        by = plan(route(ANN, stop(pair, at(10), supplies=anns)), route(bob, stop(pair, at(10), supplies=bobs)))
        assert rules_broken(town, by) == broken
    split = problem((pair,), (ANN, bob), van_stock={"ann": {"seal": 1}, "bob": {"seal": 1}})
    by = plan(route(ANN, stop(pair, at(10))), route(bob, stop(pair, at(10), supplies=False)))
    assert rules_broken(split, by) == {"van_stock"}
