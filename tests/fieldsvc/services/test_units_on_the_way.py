"""Units on their way to a van: what else happens meanwhile, to them and to others'."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.transfer_states import TransferState
from fieldsvc.models import Assignment, PlannedPart, Reservation, StockBalance, Visit, VisitPart
from fieldsvc.persistence.database import Database
from fieldsvc.services import picking, transfers, visit_records
from fieldsvc.services.deliveries import Delivery, receive_units
from fieldsvc.services.doctor import examine
from fieldsvc.services.part_uses import Use
from fieldsvc.services.picking import Tour
from fieldsvc.services.planned_reservations import reserve_planned
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.stock import Units
from fieldsvc.services.transfers import TransferWish
from fieldsvc.worker import WorkerPorts, tell_of_parts
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import assert_sound, planner
from tests.fieldsvc.stage import Stage

KEEPER = Actor(Role.WAREHOUSE)
WORK = ("accept", "depart", "check_in", "work")


@pytest.fixture
def world(database: Database) -> Iterator[DayWorld]:
    made = DayWorld(database)
    yield made
    assert_sound(made)


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_a_plan_goes_on_while_units_are_on_their_way(world: DayWorld, is_confirmed: bool) -> None:
    """With V9 before it, V2 needs more from the house than before: a unit of the van goes to V9."""
    caio, house = world.technician("Caio", stock={"P-1": 1}), world.warehouse("house", {"P-1": 3})
    world.visit("V2", parts={"P-1": 3})
    world.visit("V9", parts={"P-1": 1})
    world.apply(world.propose(plan=planner(Caio="house V2")))
    tour = Tour(house, caio.id, world.day)
    transfer = world.write(lambda uow: picking.hand_over(uow, tour, {}), KEEPER).id
    if is_confirmed:
        world.write(lambda uow: transfers.receive_transfer(uow, transfer), KEEPER)
    run = world.apply(world.propose(plan=planner(Caio="V9 house V2")))
    assert run.state is RunState.APPLIED
    assert (world.holder_of("V2"), world.holder_of("V9")) == (caio.id, caio.id)
    again = world.apply(world.propose(plan=planner(Caio="V9 house V2")))
    assert again.state is RunState.APPLIED  # an untouched plan, once more


def test_a_run_tells_what_it_moves_from_where_it_was_published(world: DayWorld) -> None:
    """With the parts on the van there is no stop at the warehouse: the visit is earlier, and that is a difference."""
    ana, house = world.technician("Ana"), world.warehouse("house", {"P-1": 1})
    world.visit("V1", parts={"P-1": 1})
    world.apply(world.propose(plan=planner(Ana="house V1")))
    stood = world.row(Visit, world.visits["V1"]).planned_start
    world.write(lambda uow: picking.hand_over(uow, Tour(house, ana.id, world.day), {}), KEEPER)
    told = world.proposal(plan=planner(Ana="V1")).document["differences"]
    assert [(one["number"], one["kind"]) for one in told] == [("V1", "retimed")]
    assert datetime.fromisoformat(told[0]["from"]["start"]) == stood
    assert told[0]["to"]["start"] < told[0]["from"]["start"]


def test_a_staff_hold_on_its_way_is_nobody_elses(world: DayWorld) -> None:
    ana, house = world.technician("Ana"), world.warehouse("house", {"P-1": 1})
    world.visit("V1", parts={"P-1": 1})
    world.visit("V2", parts={"P-1": 1})
    ticket = world.row(Visit, world.visits["V1"]).ticket_id
    wish = ReservationWish(ticket, world.part("P-1"), 1, None, house)
    world.write(lambda uow: reserve_units(uow, wish), KEEPER)
    world.apply(world.propose(plan=planner(Ana="house V1")))
    world.write(lambda uow: picking.hand_over(uow, Tour(house, ana.id, world.day), {}), KEEPER)
    world.apply(world.propose(plan=planner()))  # the plan gives the visit up; staff's hold stays with the ticket
    free = world.snapshot().problem.technician_by_id[ana.solver_id].van_stock
    assert free.get("P-1", 0) == 0


def test_a_plan_without_its_stop_waits_for_what_is_called_off(world: DayWorld) -> None:
    """A run after the hand-over has dropped the stop: nobody would fetch the units, so the desk is told."""
    ana, house = world.technician("Ana"), world.warehouse("house", {"P-1": 1})
    world.visit("V1", parts={"P-1": 1})
    world.apply(world.propose(plan=planner(Ana="house V1")))
    transfer = world.write(lambda uow: picking.hand_over(uow, Tour(house, ana.id, world.day), {}), KEEPER).id
    world.apply(world.propose(plan=planner(Ana="V1")))
    world.write(lambda uow: transfers.cancel_transfer(uow, transfer), KEEPER)
    assert_sound(world)
    with world.database.read_only() as session:
        states = [(one.state.value, one.location_id) for one in session.scalars(select(Reservation)) if one.is_planned]
    assert states == [("backordered", ana.van)]
    assert tell_of_parts(WorkerPorts(world.database, world.travel, 60, 1)) == 1
    world.apply(world.propose(plan=planner(Ana="house V1")))  # and the next run fetches them


class Ways:
    """Lets the cast hand over, use and receive."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.cast = stage, stage.cast
        assert stage.cast.technician1.technician_id is not None
        self.tour = Tour(stage.cast.warehouse, stage.cast.technician1.technician_id, stage.cast.day)

    def keeper(self, use_case: Any) -> Any:
        return self.stage.act(self.cast.warehouse_keeper, use_case)

    def receive(self, transfer: UUID) -> TransferState:
        return self.keeper(lambda uow: transfers.receive_transfer(uow, transfer)).state

    def ship(self, part: UUID, target: UUID) -> UUID:
        wish = TransferWish(self.cast.warehouse, target, (Units(part, 1),))
        transfer = self.keeper(lambda uow: transfers.draft_transfer(uow, wish)).id
        self.keeper(lambda uow: transfers.ship_transfer(uow, transfer))
        return transfer

    def claim(self, visit_id: UUID, part: UUID) -> None:
        """Let the plan fetch a unit for a visit of technician1 at the warehouse."""
        with self.stage.database.unit_of_work() as uow:
            assignment = uow.session.scalars(select(Assignment).where(Assignment.visit_id == visit_id)).one()
            assignment.technician_id = self.tour.technician_id
            visit = uow.get(Visit, visit_id)
            visit.parts.append(VisitPart(id=uow.new_id(), part_id=part, quantity=1))
            assignment.planned_parts.append(
                PlannedPart(id=uow.new_id(), part_id=part, location_id=self.cast.warehouse, quantity=1)
            )
            reserve_planned(uow, [visit_id], [visit.ticket_id])
            uow.commit()

    def on_hand(self, part: UUID, place: UUID) -> int:
        with self.stage.database.read_only() as session:
            one = session.query(StockBalance).filter_by(part_id=part, location_id=place).one_or_none()
            return 0 if one is None else one.on_hand

    def findings(self) -> list[Any]:
        with self.stage.database.read_only() as session:
            return list(examine(session, self.stage.database.clock.now()))


@pytest.fixture
def ways(database: Database) -> Ways:
    return Ways(Stage(database, build_cast(database)))


@pytest.fixture
def cast(ways: Ways) -> Cast:
    return ways.cast


def test_a_use_and_a_receipt_at_the_same_moment_count_a_unit_once(ways: Ways, cast: Cast) -> None:
    mine = ways.keeper(lambda uow: picking.hand_over(uow, ways.tour, {})).id
    others = ways.ship(cast.far_part, cast.foreign_van)
    ways.stage.walk(*WORK)

    def use_slowly(uow: Any) -> Any:
        booked = visit_records.record_consumption(uow, cast.visit, Use(cast.far_part))
        time.sleep(0.3)  # the receipt has read its lines by then, and waits for the part
        return booked

    at_once(lambda: ways.stage.act(cast.technician1, use_slowly), lambda: ways.receive(mine))
    with ways.stage.database.read_only() as session:
        state = transfers.get_transfer(session, cast.warehouse_keeper, mine).state
    if state is TransferState.SHIPPED:  # SQLite lets one of them wait, or go first
        ways.receive(mine)
    assert ways.receive(others) is TransferState.RECEIVED
    assert (ways.on_hand(cast.far_part, cast.van1), ways.on_hand(cast.far_part, cast.foreign_van)) == (0, 1)
    assert ways.findings() == []


@pytest.mark.parametrize("calls_off", [False, True])
def test_serials_that_change_places_hold_no_hand_over_up(ways: Ways, cast: Cast, calls_off: bool) -> None:
    delivery = Delivery(cast.serial_part, cast.warehouse, 2, ("S-10", "S-11"))
    ways.keeper(lambda uow: receive_units(uow, delivery))
    hand_overs = []
    for visit, serial in ((cast.visit, "S-10"), (cast.other_visit, "S-11")):
        ways.claim(visit, cast.serial_part)
        serials = {cast.serial_part: [serial]}
        hand_overs.append(ways.keeper(lambda uow, given=serials: picking.hand_over(uow, ways.tour, given)).id)
    ways.stage.walk(*WORK)
    use = Use(cast.serial_part, 1, "S-11")  # the other one was meant for this visit
    ways.stage.act(cast.technician1, lambda uow: visit_records.record_consumption(uow, cast.visit, use))
    assert ways.findings() == []
    first, second = hand_overs
    if calls_off:
        assert ways.keeper(lambda uow: transfers.cancel_transfer(uow, second)).state is TransferState.CANCELLED
        assert ways.findings() == []
    assert ways.receive(first) is TransferState.RECEIVED
    if not calls_off:
        assert ways.receive(second) is TransferState.RECEIVED
    assert ways.on_hand(cast.serial_part, cast.van1) == 2  # S-1 from before, and S-10
    assert ways.findings() == []


def test_the_plan_counts_on_the_stop_again_when_a_hand_over_is_called_off(ways: Ways, cast: Cast) -> None:
    def claim() -> tuple[UUID, bool]:
        with ways.stage.database.read_only() as session:
            one = session.query(PlannedPart).filter_by(part_id=cast.far_part).one()
            return one.location_id, one.pickup_id is not None

    assert claim() == (cast.warehouse, True)
    transfer = ways.keeper(lambda uow: picking.hand_over(uow, ways.tour, {})).id
    assert claim() == (cast.van1, False)
    ways.keeper(lambda uow: transfers.cancel_transfer(uow, transfer))
    assert claim() == (cast.warehouse, True)
    assert ways.findings() == []
