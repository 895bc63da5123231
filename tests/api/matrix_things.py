"""Single things that the matrix of routes and roles asks with."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.absence_states import AbsenceReason
from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.lots import LotUnits
from fieldsvc.domain.offers import OfferLine
from fieldsvc.domain.rma_states import RmaReason
from fieldsvc.models import Approval, CatalogueValue, Lot, Task
from fieldsvc.services import (
    absences,
    api_keys,
    approvals,
    counts,
    deliveries,
    drawings,
    loans,
    part_uses,
    parts,
    purchase_orders,
    replenishment,
    reservations,
    rmas,
    suppliers,
    transfers,
    visit_records,
)
from fieldsvc.services.stock import Units
from tests.fieldsvc.pictures import picture
from tests.fieldsvc.stage import Stage


def delivery(stage: Stage) -> UUID:
    """The move by which the warehouse got another unit."""
    brought = deliveries.Delivery(stage.cast.part, stage.cast.warehouse, 1)
    return stage.act(stage.cast.warehouse_keeper, lambda uow: deliveries.receive_units(uow, brought)[0].id)


def promise(stage: Stage) -> UUID:
    """A unit that the warehouse has promised to the visit."""
    cast = stage.cast
    wish = reservations.ReservationWish(cast.ticket, cast.part, 1, cast.visit, cast.warehouse)
    return stage.act(stage.cast.warehouse_keeper, lambda uow: reservations.reserve_units(uow, wish)[0].id)


def leak(stage: Stage) -> UUID:
    """A value of the catalogue."""
    query = select(CatalogueValue.id).where(CatalogueValue.list_name == "symptom", CatalogueValue.code == "leak")
    with stage.database.read_only() as session:
        return session.scalars(query).one()


def leave_asked_for(stage: Stage) -> UUID:
    technician, begins = stage.cast.technician1, datetime.now(UTC) + timedelta(days=40)
    wish = absences.AbsenceWish(begins, begins + timedelta(days=7), AbsenceReason.LEAVE)
    assert technician.technician_id is not None
    whose = technician.technician_id
    return stage.act(technician, lambda uow: absences.report_absence(uow, whose, wish)).id


def load_for_a_van(stage: Stage) -> UUID:
    """A unit that is to be brought to the technician's van."""
    cast = stage.cast
    wish = transfers.TransferWish(cast.warehouse, cast.van1, (Units(cast.part, 1),))
    return stage.act(cast.warehouse_keeper, lambda uow: transfers.draft_transfer(uow, wish).id)


def supplier(stage: Stage) -> UUID:
    said = {"code": "acme", "name": "Acme", "lead_time_days": 5}
    return stage.act(stage.cast.warehouse_keeper, lambda uow: suppliers.add_supplier(uow, said)).id


def order(stage: Stage, supplier_id: UUID) -> UUID:
    """Units that the supplier is to bring, as a draft."""
    lines = (purchase_orders.OrderLine(stage.cast.part, 2),)
    wish = purchase_orders.OrderWish(supplier_id, stage.cast.warehouse, lines)
    return stage.act(stage.cast.warehouse_keeper, lambda uow: purchase_orders.draft_order(uow, wish)).id


def return_asked_for(stage: Stage) -> UUID:
    """A unit that is to come back from the customer."""
    cast = stage.cast
    wish = rmas.RmaWish(cast.part, RmaReason.SWAPPED_OUT, ticket_id=cast.ticket, visit_id=cast.visit)
    return stage.act(cast.technician1, lambda uow: rmas.request_rma(uow, wish)).id


def count(stage: Stage) -> UUID:
    """Parts in the technician's van that are to be counted."""
    wish = counts.CountWish(stage.cast.van1, (stage.cast.part,))
    return stage.act(stage.cast.technician1, lambda uow: counts.open_count(uow, wish)).id


def count_wanted(stage: Stage) -> UUID:
    """A task to count what the books knew nothing of, in the technician's van."""
    cast, use = stage.cast, part_uses.Use(stage.cast.serial_part, serial="S-77")
    stage.act(cast.technician1, lambda uow: visit_records.record_consumption(uow, cast.visit, use))
    with stage.database.read_only() as session:
        return session.scalars(select(Task.id).where(Task.kind == TaskKind.COUNT_WANTED)).one()


def key_and_loan(stage: Stage) -> tuple[UUID, UUID]:
    """Make a key for a program, and lend a technician to the other team for a day far ahead."""
    cast, until = stage.cast, datetime.now(UTC) + timedelta(days=9)
    user, technician = cast.agent.user_id, cast.technician1.technician_id
    assert user is not None
    assert technician is not None
    key = stage.act(cast.admin, lambda uow: api_keys.create_key(uow, user, "a program", until)).id
    day = cast.day + timedelta(days=60)
    loan = stage.act(cast.admin, lambda uow: loans.lend_technician(uow, technician, cast.foreign_team, day, day)).id
    return key, loan


def proposal(stage: Stage) -> UUID:
    """What the warehouse should order: somebody waits for a part that nobody has."""
    cast, keeper = stage.cast, stage.cast.warehouse_keeper
    said = {"number": "P-9", "name_en": "x", "name_zh": "x", "unit_cost_cents": 1, "price_cents": 1}
    part = stage.act(cast.admin, lambda uow: parts.add_part(uow, said)).id
    wish = reservations.ReservationWish(cast.ticket, part, 1, takes_part=True)
    stage.act(keeper, lambda uow: reservations.reserve_units(uow, wish))
    policy = replenishment.ReplenishmentPolicy()
    return stage.act(keeper, lambda uow: replenishment.propose_orders(uow, cast.warehouse, policy)[0].id)


def lot(stage: Stage) -> UUID:
    """A lot that has come to the technician's van."""
    cast, lots = stage.cast, (LotUnits("L-1", 2, stage.cast.day + timedelta(days=30)),)
    said = {"number": "P-8", "name_en": "x", "name_zh": "x", "unit_cost_cents": 1, "price_cents": 1, "has_lots": True}
    part = stage.act(cast.admin, lambda uow: parts.add_part(uow, said)).id
    brought = deliveries.Delivery(part, cast.van1, 2, lots=lots)
    stage.act(cast.warehouse_keeper, lambda uow: deliveries.receive_units(uow, brought))
    with stage.database.read_only() as session:
        return session.scalars(select(Lot.id).where(Lot.part_id == part)).one()


def drawing(stage: Stage) -> UUID:
    """A drawing with its picture."""
    said = {"model": "B-200", "name_en": "x", "name_zh": "x"}
    made = stage.act(stage.cast.admin, lambda uow: drawings.add_drawing(uow, said)).id
    stage.act(stage.cast.admin, lambda uow: drawings.set_picture(uow, made, picture("PNG"), 1))
    return made


def offered(stage: Stage) -> tuple[UUID, str]:
    """Ask the customer to pay for something; give the approval and the hash of the offer."""
    lines = [OfferLine("two hours of work", 2, 9_000)]
    return stage.act(
        stage.cast.agent, lambda uow: _asked(approvals.request_approval(uow, stage.cast.ticket, lines, "EUR"))
    )


def _asked(approval: Approval) -> tuple[UUID, str]:
    return approval.id, approval.offer_sha256
