"""Parts that a supplier is to bring before the day: a plan may count on them, and waits for them."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.dispatching.published import published_plan
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.task_states import TaskState
from fieldsvc.models import PurchaseOrderReceipt, Reservation, Task, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services import purchase_orders, suppliers
from fieldsvc.services.purchase_orders import OrderLine, OrderWish
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.reserved_units import hold_parts, serve_anywhere
from fieldsvc.services.stock import Units
from fieldsvc.services.stock_moves import reverse_move
from fieldsvc.worker import WorkerPorts, tell_of_parts
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import assert_sound, planner, skipped

KEEPER, SUPERVISOR = Actor(Role.WAREHOUSE), Actor(Role.SUPERVISOR)


@pytest.fixture
def world(database: Database) -> Iterator[DayWorld]:
    made = DayWorld(database)
    made.technician("Ana", skills={"gas": 1})
    made.visit("V1", skills={"gas": 1}, parts={"P-1": 1})
    made.visit("V2", skills={"gas": 1}, parts={"P-1": 1})
    yield made
    assert_sound(made)


def order(world: DayWorld, house: UUID, units: int, expected_on: date) -> UUID:
    """Order units of P-1 for a day."""
    said = {"code": f"{expected_on}-{units}", "name": "Acme", "lead_time_days": 1}
    supplier = world.write(lambda uow: suppliers.add_supplier(uow, said), KEEPER).id
    lines = (OrderLine(world.part("P-1"), units, None, expected_on),)
    made = world.write(lambda uow: purchase_orders.draft_order(uow, OrderWish(supplier, house, lines)), KEEPER).id
    world.write(lambda uow: purchase_orders.approve_order(uow, made), SUPERVISOR)
    world.write(lambda uow: purchase_orders.place_order(uow, made), KEEPER)
    return made


def house_stock(world: DayWorld) -> int:
    stock = world.snapshot().problem.warehouse_by_id["house"].stock
    return sum(receipt.quantity for receipt in stock.get("P-1") or ())


def planned(world: DayWorld) -> dict[str, int]:
    with world.database.read_only() as session:
        found: dict[str, int] = {}
        for one in session.scalars(select(Reservation).where(Reservation.is_planned)):
            found[one.state.value] = found.get(one.state.value, 0) + one.quantity
        return found


@pytest.mark.parametrize(("days_before", "counts"), [(1, 2), (0, 0), (2, 0)])
def test_what_comes_before_the_day_counts(world: DayWorld, days_before: int, counts: int) -> None:
    house = world.warehouse("house", {})
    order(world, house, 2, world.day - timedelta(days=days_before))  # two days before is overdue by now
    assert house_stock(world) == counts


def test_what_others_wait_for_does_not(world: DayWorld) -> None:
    house = world.warehouse("house", {})
    order(world, house, 3, world.day - timedelta(days=1))
    ticket = world.row(Visit, world.visits["V2"]).ticket_id
    wish = ReservationWish(ticket, world.part("P-1"), 2, takes_part=True)
    world.write(lambda uow: reserve_units(uow, wish), KEEPER)
    assert house_stock(world) == 1


def test_a_plan_waits_for_what_comes_and_gets_it(world: DayWorld) -> None:
    house = world.warehouse("house", {"P-1": 1})
    coming = order(world, house, 1, world.day - timedelta(days=1))
    run = world.apply(world.propose(plan=planner(Ana="house V1 V2")))
    assert (run.state, skipped(run)) == (RunState.APPLIED, {})
    assert planned(world) == {"reserved": 1, "backordered": 1}
    assert_sound(world)
    with world.database.read_only() as session:  # and stands: another run begins with both
        assert published_plan(session, world.snapshot()).unplanned == ()
    counted = [Units(world.part("P-1"), 1)]
    world.write(lambda uow: purchase_orders.receive_order(uow, coming, counted), KEEPER)
    assert planned(world) == {"reserved": 2}


def test_what_is_called_off_meanwhile_is_not_promised(world: DayWorld) -> None:
    house = world.warehouse("house", {})
    coming = order(world, house, 2, world.day - timedelta(days=1))
    proposed = world.propose(plan=planner(Ana="house V1 V2"))
    world.write(lambda uow: purchase_orders.cancel_order(uow, coming, "sold out"), SUPERVISOR)
    run = world.apply(proposed)
    assert run.application.get("visits_planned", 0) == 0
    assert planned(world) == {}
    with world.database.read_only() as session:
        states = {one.state for one in session.scalars(select(Reservation))}
    assert ReservationState.RESERVED not in states


def test_what_is_held_for_a_few_minutes_more_refuses_nobody(world: DayWorld) -> None:
    world.warehouse("house", {"P-1": 2})
    ticket = world.row(Visit, world.visits["V2"]).ticket_id
    soon = world.clock.now() + timedelta(minutes=5)
    wish = ReservationWish(ticket, world.part("P-1"), 1, hold_until=soon)
    world.write(lambda uow: reserve_units(uow, wish), KEEPER)
    assert house_stock(world) == 1  # a run looks ten minutes ahead, but the hold has not ended
    run = world.apply(world.propose(plan=planner(Ana="house V1")))
    assert run.state is RunState.APPLIED
    assert planned(world) == {"reserved": 1}


def open_tasks(world: DayWorld) -> list[str]:
    with world.database.read_only() as session:
        query = select(Task.kind).where(Task.state == TaskState.OPEN)
        return sorted(session.scalars(query))


def sweep(world: DayWorld) -> int:
    return tell_of_parts(WorkerPorts(world.database, world.travel, 60, 1))


def test_the_desk_is_told_once_of_a_visit_whose_part_was_taken(world: DayWorld) -> None:
    house = world.warehouse("house", {"P-1": 2})
    world.apply(world.propose(plan=planner(Ana="house V1 V2")))
    assert (sweep(world), open_tasks(world)) == (0, [])
    world.lose(house, "P-1", 1)
    assert (sweep(world), sweep(world), open_tasks(world)) == (1, 0, ["part_missing"])
    world.receive(house, {"P-1": 1})
    world.write(lambda uow: (hold_parts(uow, [world.part("P-1")]), serve_anywhere(uow, world.part("P-1"))))
    assert (sweep(world), open_tasks(world)) == (1, [])


def test_what_is_to_come_in_time_is_no_task(world: DayWorld) -> None:
    house = world.warehouse("house", {"P-1": 1})
    coming = order(world, house, 1, world.day - timedelta(days=1))
    world.apply(world.propose(plan=planner(Ana="house V1 V2")))
    assert (sweep(world), open_tasks(world)) == (0, [])
    world.write(lambda uow: purchase_orders.cancel_order(uow, coming, "sold out"), SUPERVISOR)
    assert (sweep(world), open_tasks(world)) == (1, ["part_missing"])


def test_a_receipt_that_was_wrong_is_waited_for_again(world: DayWorld) -> None:
    house = world.warehouse("house", {"P-1": 1})
    coming = order(world, house, 1, world.day - timedelta(days=1))
    world.write(lambda uow: purchase_orders.receive_order(uow, coming, [Units(world.part("P-1"), 1)]), KEEPER)
    assert house_stock(world) == 2
    with world.database.read_only() as session:
        (move,) = session.scalars(select(PurchaseOrderReceipt.move_id))
    world.write(lambda uow: reverse_move(uow, move), KEEPER)
    assert house_stock(world) == 2  # one is there, the other is to come before the day
    world.apply(world.propose(plan=planner(Ana="house V1 V2")))
    assert planned(world) == {"reserved": 1, "backordered": 1}
    assert (sweep(world), open_tasks(world)) == (0, [])
