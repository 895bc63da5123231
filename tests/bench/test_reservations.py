from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from bench.reservations import WAYS, Reserved, in_problem, reserve
from bench.stock_days import stock_day
from solver.check import violations
from solver.insertion import first_come_plan
from solver.plan import StopKind
from solver.problem import (
    Earmark,
    Job,
    Location,
    Problem,
    Profile,
    Receipt,
    Technician,
    VehicleShift,
    Warehouse,
    Window,
)
from solver.units import DAY_S
from solver.validate import problem_object_faults

HOUR = 3_600
PLACES = ("home", "near", "far", "site")
KM = np.array([0, 10, 60, 20])
"""All on one road out of the town, a kilometre a minute."""


def job(name: str, cents: int = 1_000, units: int = 1, **fields: object) -> Job:
    return replace(
        Job(name, 3, HOUR, windows=(Window(8 * HOUR, 16 * HOUR),), parts={"pump": units}),
        unplanned_penalty_cents=cents,
        **fields,
    )


def problem(*jobs: Job, near: tuple[Receipt, ...] = (), far: tuple[Receipt, ...] = (), van: int = 0) -> Problem:
    minutes = (np.abs(KM[:, None] - KM) * 60).astype(np.int32)
    shifts = tuple(
        VehicleShift(f"shift-{one}", one, 0, 8 * HOUR, 17 * HOUR, 0, 0, max_pickups=2, skills=skills)
        for one, skills in (("tech", {}), ("other", {"gas": 1}))
    )
    return Problem(
        "road",
        DAY_S,
        tuple(map(Location, PLACES)),
        {"car": Profile(minutes, minutes)},
        technicians=(Technician("tech", van_stock={"pump": van} if van else {}), Technician("other")),
        shifts=shifts,
        jobs=jobs,
        warehouses=tuple(
            Warehouse(name, place, (Window(7 * HOUR, 12 * HOUR),), 600, {"pump": receipts} if receipts else {})
            for name, place, receipts in (("near", 1, near), ("far", 2, far))
        ),
    )


def marks(reserved: Reserved, name: str) -> tuple[Earmark, ...]:
    return reserved.problem.job_by_id[name].earmarks


def test_the_dearer_job_reserves_first_and_of_equal_ones_the_earlier() -> None:
    day = problem(job("low", 10), job("first", 500), job("second", 500), near=(Receipt(0, 1),))
    assert reserve(day, WAYS["priority"]).without_parts == ("low", "second")
    assert reserve(day, WAYS["arrival"]).without_parts == ("first", "second")


def test_a_van_is_asked_first_then_the_nearest_warehouse() -> None:
    day = problem(job("a", 3), job("b", 2), job("c", 1), near=(Receipt(0, 1),), far=(Receipt(0, 1),), van=1)
    reserved = reserve(day, WAYS["priority"])
    assert marks(reserved, "a") == (Earmark("pump", 1, technician="tech"),)
    assert marks(reserved, "b") == (Earmark("pump", 1, warehouse="near"),)
    assert marks(reserved, "c") == (Earmark("pump", 1, warehouse="far"),)
    assert reserved.problem.technicians[0].van_stock["pump"] == 0
    assert [house.stock["pump"] for house in reserved.problem.warehouses] == [(), ()]


def test_a_van_whose_technician_may_not_do_the_job_is_not_asked() -> None:
    day = problem(job("a", skills={"gas": 1}), van=1)
    assert reserve(day, WAYS["priority"]).without_parts == ("a",)


def test_units_of_two_places_are_put_together_only_where_no_single_one_has_all() -> None:
    both = problem(job("a", units=2), near=(Receipt(0, 1),), far=(Receipt(0, 1),))
    assert {mark.warehouse for mark in marks(reserve(both, WAYS["priority"]), "a")} == {"near", "far"}
    whole = problem(job("a", units=2), near=(Receipt(0, 1),), far=(Receipt(0, 2),))
    assert marks(reserve(whole, WAYS["priority"]), "a") == (Earmark("pump", 2, warehouse="far"),)


def test_a_job_that_cannot_have_all_its_parts_holds_none() -> None:
    reserved = reserve(problem(job("big", 9, units=3), job("small", 1), near=(Receipt(0, 1),)), WAYS["priority"])
    assert reserved.without_parts == ("big",)
    assert marks(reserved, "small") == (Earmark("pump", 1, warehouse="near"),)


def test_units_that_come_too_late_for_the_window_are_not_reserved() -> None:
    early = (Window(8 * HOUR, 10 * HOUR),)
    near, far = (Receipt(11 * HOUR, 1),), (Receipt(0, 1),)
    reserved = reserve(problem(job("a", windows=early), near=near, far=far), WAYS["priority"])
    assert marks(reserved, "a") == (Earmark("pump", 1, warehouse="far"),)
    closed = problem(job("a"), near=(Receipt(13 * HOUR, 1),))
    assert reserve(closed, WAYS["priority"]).without_parts == ("a",)


def test_units_of_a_delivery_are_held_with_their_date() -> None:
    day = problem(job("a"), job("b"), near=(Receipt(10 * HOUR, 1),))
    reserved = reserve(day, WAYS["priority"])
    ((name, part),) = reserved.part_of.items()
    assert (part, reserved.problem.job_by_id["a"].parts) == ("pump", {name: 1})
    assert reserved.problem.warehouses[0].stock == {"pump": (), name: (Receipt(10 * HOUR, 1),)}
    plan = in_problem(day, reserved, first_come_plan(reserved.problem))
    (load,) = [stop for route in plan.routes for stop in route.stops if stop.kind is StopKind.WAREHOUSE]
    assert load.start_s >= 10 * HOUR
    assert (load.loads[0].part, load.loads[0].job) == ("pump", None)
    assert violations(day, plan) == ()


def test_open_vans_are_not_reserved_and_keep_the_jobs_without_parts() -> None:
    reserved = reserve(problem(job("a", 2), job("b", 1), near=(Receipt(0, 1),), van=1), WAYS["open-vans"])
    assert (marks(reserved, "a"), marks(reserved, "b")) == ((Earmark("pump", 1, warehouse="near"),), ())
    assert reserved.without_parts == ()
    assert reserved.problem.technicians[0].van_stock == {"pump": 1}


def test_unlimited_stock_cannot_be_reserved() -> None:
    day = problem(job("a"))
    endless = replace(day, warehouses=(replace(day.warehouses[0], stock={"pump": None}),))
    with pytest.raises(ValueError, match="pump is without limit at near"):
        reserve(endless, WAYS["priority"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_plan_with_reservations_holds_in_the_day_without_them(way: str, seed: int) -> None:
    day = stock_day(40, seed, scarcity=0.3)
    reserved = reserve(day, WAYS[way])
    assert problem_object_faults(reserved.problem) == []
    assert held_and_free(reserved) == units_of(day)
    plan = first_come_plan(reserved.problem)
    assert violations(reserved.problem, plan) == ()
    back = in_problem(day, reserved, plan)
    assert violations(day, back) == ()
    assert sum(len(route.jobs) for route in back.routes) + len(back.unplanned) == len(day.jobs)
    assert any(stop.loads for route in back.routes for stop in route.stops)


def units_of(day: Problem) -> Counter[str]:
    units = sum((Counter(one.van_stock) for one in day.technicians), Counter[str]())
    for house in day.warehouses:
        for part, receipts in house.stock.items():
            units[part] += sum(receipt.quantity for receipt in receipts or ())
    return +units


def held_and_free(reserved: Reserved) -> Counter[str]:
    """All units of a reserved problem under the names of their parts."""
    found: Counter[str] = Counter()
    for name, units in units_of(reserved.problem).items():
        found[reserved.part_of.get(name, name)] += units
    for one in reserved.problem.jobs:
        for mark in one.earmarks:
            found[mark.part] += mark.quantity
    return found
