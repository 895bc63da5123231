"""What helps where a part is missing: what could do instead, when it comes, and who waits in which order."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fieldsvc.dispatching.proposal import unplanned_of
from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound
from fieldsvc.domain.rma_states import RmaReason
from fieldsvc.models import Ticket, Visit, VisitPart
from fieldsvc.persistence.database import Database
from fieldsvc.services import inbound, parts, purchase_orders, rmas, substitutions, suppliers, transfers
from fieldsvc.services.purchase_orders import OrderLine, OrderWish
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.stock import Units
from solver.explain import causes
from solver.plan import Unplanned
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.stage import Stage


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database, build_cast(database))


@pytest.fixture
def cast(stage: Stage) -> Cast:
    return stage.cast


def allow(stage: Stage, part: UUID, *others: UUID) -> None:
    """Let the catalogue say what can take a part's place."""
    with stage.database.read_only() as session:
        version = parts.get_part(session, part).version
    stage.act(stage.cast.admin, lambda uow: parts.change_part(uow, part, {"substitutes": list(others)}, version))


def ordered(stage: Stage, part: UUID, *units_on: tuple[int, int]) -> None:
    """Order units of a part, each for a number of days from the cast's day on."""
    cast = stage.cast
    said = {"code": "acme", "name": "Acme", "lead_time_days": 5}
    supplier = stage.act(cast.warehouse_keeper, lambda uow: suppliers.add_supplier(uow, said)).id
    for units, days in units_on:
        line = OrderLine(part, units, None, cast.day + timedelta(days=days))
        wish = OrderWish(supplier, cast.warehouse, (line,))
        order = stage.act(cast.warehouse_keeper, lambda uow, wish=wish: purchase_orders.draft_order(uow, wish)).id
        stage.act(cast.supervisor, lambda uow, order=order: purchase_orders.approve_order(uow, order))
        stage.act(cast.warehouse_keeper, lambda uow, order=order: purchase_orders.place_order(uow, order))


def test_another_part_does_for_a_visit_on_no_plan(stage: Stage, cast: Cast) -> None:
    with stage.database.unit_of_work() as uow:
        visit = uow.get(Visit, cast.unscheduled_visit)
        visit.parts.append(VisitPart(id=uow.new_id(), part_id=cast.part, quantity=2))
        uow.commit()
    swap = lambda uow: substitutions.substitute_part(uow, cast.unscheduled_visit, cast.part, cast.far_part)  # noqa: E731
    with pytest.raises(Invalid) as refused:
        stage.act(cast.dispatcher, swap)
    assert [fault.code for fault in refused.value.faults] == ["no_substitute"]
    allow(stage, cast.part, cast.far_part)
    for actor, error in ((cast.technician1, Forbidden), (cast.outsider, NotFound)):
        with pytest.raises(error):
            stage.act(actor, swap)
    changed = stage.act(cast.dispatcher, swap)
    assert [(one.part_id, one.quantity) for one in changed.parts] == [(cast.far_part, 2)]
    assert stage.events(cast.unscheduled_visit)[-1].data == {"from": "P-1", "to": "P-2"}
    with pytest.raises(Invalid) as refused:
        stage.act(cast.dispatcher, swap)
    assert [fault.code for fault in refused.value.faults] == ["not_needed"]
    planned = lambda uow: substitutions.substitute_part(uow, cast.visit, cast.part, cast.far_part)  # noqa: E731
    with pytest.raises(Conflict) as conflict:
        stage.act(cast.dispatcher, planned)
    assert conflict.value.code == "visit_on_plan"


def test_a_run_names_what_could_do_instead(database: Database) -> None:
    world = DayWorld(database)
    world.technician("Ana", skills={"gas": 1})
    world.warehouse("house", {"P-2": 3})
    world.visit("V1", skills={"gas": 1}, parts={"P-1": 1})
    part, other = world.part("P-1"), world.part("P-2")
    world.write(lambda uow: parts.change_part(uow, part, {"substitutes": [other]}, 1))
    proposal = world.proposal()
    left = Unplanned("V1", causes(proposal.snapshot.problem, proposal.plan, "V1"))
    told = unplanned_of(proposal.snapshot, left)
    (cause,) = (one for one in told["causes"] if one["reason"] == "PART_OUT_OF_STOCK")
    assert cause["details"]["substitutes"] == {"P-1": {"P-2": 3}}
    assert "P-2 can take the place of P-1: 3 are free." in cause["sentence"]


def test_what_is_to_come_stands_day_by_day(stage: Stage, cast: Cast) -> None:
    ordered(stage, cast.part, (4, 3), (2, 1))
    wish = transfers.TransferWish(cast.warehouse, cast.van2, (Units(cast.part, 1),))
    transfer = stage.act(cast.warehouse_keeper, lambda uow: transfers.draft_transfer(uow, wish)).id
    stage.act(cast.warehouse_keeper, lambda uow: transfers.ship_transfer(uow, transfer))
    back = rmas.RmaWish(cast.part, RmaReason.SWAPPED_OUT, ticket_id=cast.ticket)
    rma = stage.act(cast.agent, lambda uow: rmas.request_rma(uow, back)).id
    noon = datetime(cast.day.year, cast.day.month, cast.day.day, 15, tzinfo=UTC) + timedelta(days=2)
    where = rmas.Authorization(cast.warehouse, noon)
    stage.act(cast.warehouse_keeper, lambda uow: rmas.authorize_rma(uow, rma, where))
    with stage.database.read_only() as session:
        found = inbound.list_inbound(session, cast.warehouse_keeper)
        days = [None if line.day is None else (line.day - cast.day).days for line in found]
        assert [(line.kind.value, line.quantity) for line in found] == [
            ("purchase_order", 2),
            ("rma", 1),
            ("purchase_order", 4),
            ("transfer", 1),
        ]
        assert days == [1, 2, 3, None]
        own = inbound.list_inbound(session, cast.technician2)
        assert {line.location_id for line in own} <= {cast.warehouse, cast.van2}
        assert inbound.list_inbound(session, cast.outsider) == []
        assert [line.kind for line in inbound.list_inbound(session, cast.warehouse_keeper, cast.van2)] == ["transfer"]


def test_who_waits_is_told_when_enough_has_come(stage: Stage, cast: Cast) -> None:
    ordered(stage, cast.serial_part, (2, 1), (1, 4))
    for ticket, units in ((cast.ticket, 2), (cast.foreign_ticket, 1), (cast.ticket, 1)):
        wish = ReservationWish(ticket, cast.serial_part, units, takes_part=True)
        stage.act(cast.warehouse_keeper, lambda uow, wish=wish: reserve_units(uow, wish))
    with stage.database.unit_of_work() as uow:
        uow.get(Ticket, cast.foreign_ticket).urgency = "emergency"
        uow.commit()
    with stage.database.read_only() as session:
        queue = inbound.list_back_orders(session, cast.warehouse_keeper, cast.serial_part)
        days = [None if one.expected_on is None else (one.expected_on - cast.day).days for one in queue]
        assert [(one.reservation.ticket_id, one.reservation.quantity) for one in queue] == [
            (cast.foreign_ticket, 1),
            (cast.ticket, 2),
            (cast.ticket, 1),
        ]
        assert days == [1, 4, None]
        own = inbound.list_back_orders(session, cast.dispatcher)
        assert {one.reservation.ticket_id for one in own} == {cast.ticket}
