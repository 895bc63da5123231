"""RMAs as they are written down: asked for by somebody, or following from a fact."""

from dataclasses import dataclass
from uuid import UUID

from fieldsvc.domain.rma_states import RmaReason, RmaState
from fieldsvc.models.rmas import Rma
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.numbers import new_number


@dataclass(frozen=True, slots=True)
class RmaWish:
    """What is to come back. from_location_id: own stock that it comes from; None = from the customer of the ticket."""

    part_id: UUID
    reason: RmaReason
    quantity: int = 1
    serial: str | None = None
    is_good: bool = False
    ticket_id: UUID | None = None
    visit_id: UUID | None = None
    from_location_id: UUID | None = None
    note: str | None = None


def write_request(uow: UnitOfWork, wish: RmaWish, state: RmaState) -> Rma:
    """Write down a request that was looked at, or that follows from a fact."""
    rma = _write(uow, wish, state, uow.actor.user_id)
    uow.record(rma, "rma_requested", None, state, reason=wish.reason.value, data={"part_id": wish.part_id})
    return rma


def write_by_itself(uow: UnitOfWork, wish: RmaWish, state: RmaState, kind: str) -> Rma:
    """Write down an RMA that nobody has asked for."""
    rma = _write(uow, wish, state, None)
    uow.record(rma, kind, None, state, reason=wish.reason.value, data={"part_id": wish.part_id}, source="system")
    return rma


def _write(uow: UnitOfWork, wish: RmaWish, state: RmaState, requested_by: UUID | None) -> Rma:
    rma = Rma(
        id=uow.new_id(),
        number=new_number(uow, "R"),
        ticket_id=wish.ticket_id,
        visit_id=wish.visit_id,
        part_id=wish.part_id,
        quantity=wish.quantity,
        serial=wish.serial,
        is_good=wish.is_good,
        reason=wish.reason,
        note=wish.note,
        from_location_id=wish.from_location_id,
        state=state,
        requested_at=uow.now,
        requested_by=requested_by,
        value_cents=0,
        claimed_cents=0,
        credited_cents=0,
    )
    uow.session.add(rma)
    return rma
