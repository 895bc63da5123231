"""RMAs: units that come back, from the request to the quarantine. What becomes of them is in `dispositions`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Fault, Invalid, NotFound
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.rma_states import RMA, RmaState
from fieldsvc.models.rmas import Rma
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.returned_units import are_there, post_return, unit_place
from fieldsvc.services.rma_requests import RmaWish, write_request
from fieldsvc.services.scopes import locations_in_scope, scope_of, tickets_in_scope, visits_in_scope
from fieldsvc.services.serials import serial_faults
from fieldsvc.services.stock import Units, special_location


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where the units are to go, and when they are expected there."""

    to_location_id: UUID
    expected_at: datetime | None = None


def request_rma(uow: UnitOfWork, wish: RmaWish) -> Rma:
    """Ask that units come back; nothing moves before somebody has agreed."""
    scope_of(uow.actor, Action.RMA_REQUEST)
    row = RMA.allowed_at_birth("request", uow.actor.role)
    faults = list(_faults(uow, wish))
    if faults:
        raise Invalid("The return can't be asked for like this.", faults=faults)
    return write_request(uow, wish, row.to)


def authorize_rma(uow: UnitOfWork, rma_id: UUID, where: Authorization, version: int | None = None) -> Rma:
    """Agree that units come back, and say where to."""
    rma = load_rma(uow, rma_id, version, Action.RMA_DECIDE)
    row = RMA.allowed(rma.state, "authorize", uow.actor.role)
    houses = locations_in_scope(uow.actor, Action.RMA_DECIDE) & (StockLocation.kind == LocationKind.WAREHOUSE)
    if uow.session.scalar(select(StockLocation.id).where(StockLocation.id == where.to_location_id, houses)) is None:
        fault = Fault("unknown_location", "/to_location_id", f"There is no warehouse {where.to_location_id}.")
        raise Invalid("The return can't go there.", faults=[fault])
    rma.to_location_id, rma.expected_at, rma.decided_by = where.to_location_id, where.expected_at, uow.actor.user_id
    _move(uow, rma, row.to, "rma_authorized")
    return rma


def refuse_rma(uow: UnitOfWork, rma_id: UUID, reason: str, version: int | None = None) -> Rma:
    """Say that units don't come back. Refused twice is refused."""
    rma = load_rma(uow, rma_id, version, Action.RMA_DECIDE)
    if rma.state is RmaState.REFUSED:
        return rma
    row = RMA.allowed(rma.state, "refuse", uow.actor.role)
    rma.refusal, rma.decided_by, rma.closed_at = reason, uow.actor.user_id, uow.now
    _move(uow, rma, row.to, "rma_refused", reason=reason)
    return rma


def send_rma(uow: UnitOfWork, rma_id: UUID, tracking_number: str | None = None, version: int | None = None) -> Rma:
    """Note that units are on their way; own ones leave where they were. A customer's are not in the books yet."""
    rma = load_rma(uow, rma_id, version, Action.RMA_SEND)
    row = RMA.allowed(rma.state, "send", uow.actor.role)
    if rma.from_location_id is not None:
        post_return(uow, rma, rma.from_location_id, special_location(uow, LocationKind.IN_TRANSIT).id)
    rma.sent_at, rma.tracking_number = uow.occurred_at, tracking_number
    _move(uow, rma, row.to, "rma_sent")
    return rma


def lose_rma(uow: UnitOfWork, rma_id: UUID, version: int | None = None) -> Rma:
    """Note that units never came, or are not found any more; never refused for the books' sake.

    What the books have where they should be is with the discrepancies, for a count to find.
    """
    rma = load_rma(uow, rma_id, version, Action.RMA_HANDLE)
    row = RMA.allowed(rma.state, "lose", uow.actor.role)
    place = rma.quarantine_id or unit_place(uow, rma)
    if are_there(uow, rma, place):
        post_return(uow, rma, place, special_location(uow, LocationKind.DISCREPANCY).id)
    rma.closed_at = uow.now
    _move(uow, rma, row.to, "rma_lost")
    return rma


def get_rma(session: OrmSession, actor: Actor, rma_id: UUID, action: Action = Action.RMA_READ) -> Rma:
    """Return one RMA of the actor's scope."""
    found = session.scalars(select(Rma).where(Rma.id == rma_id, rmas_in_scope(actor, action))).one_or_none()
    if found is None:
        raise NotFound(f"There is no RMA {rma_id}.")
    return found


def list_rmas(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: RmaState | None = None,
    **wanted: UUID | None,
) -> Page[Rma]:
    """One page of RMAs of the actor's scope, the newest first. wanted: ids by the names of the columns."""
    query = select(Rma).where(rmas_in_scope(actor, Action.RMA_READ))
    if state is not None:
        query = query.where(Rma.state == state)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(Rma, name) == value)
    return fetch_page(session, query, (Rma.requested_at, Rma.id), page, is_descending=True)


def load_rma(uow: UnitOfWork, rma_id: UUID, version: int | None, action: Action) -> Rma:
    """Return an RMA of the actor's scope, locked."""
    get_rma(uow.session, uow.actor, rma_id, action)
    return uow.get(Rma, rma_id, version=version, lock=True)


def _move(uow: UnitOfWork, rma: Rma, state: RmaState, kind: str, reason: str | None = None) -> None:
    before, rma.state = rma.state, state
    uow.record(rma, kind, before, state, reason=reason)


def rmas_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Return the condition for those the actor may do this to."""
    scope = scope_of(actor, action)
    if scope is Scope.ALL:
        return true()
    if scope is Scope.OWN:
        if actor.user_id is None:
            return false()
        own = select(Visit.id).where(visits_in_scope(actor, action))
        return or_(Rma.requested_by == actor.user_id, Rma.visit_id.in_(own))
    tickets = select(Ticket.id).where(tickets_in_scope(actor, action))
    places = select(StockLocation.id).where(locations_in_scope(actor, action))
    return or_(Rma.ticket_id.in_(tickets), Rma.from_location_id.in_(places))


def _faults(uow: UnitOfWork, wish: RmaWish) -> Iterator[Fault]:
    part = uow.find(Part, wish.part_id)
    if part is None:
        yield Fault("unknown_part", "/part_id", f"There is no part {wish.part_id}.")
    else:
        if part.is_serialised and wish.quantity != 1:
            yield Fault("one_per_serial", "/quantity", "A serial is one unit: ask for each by itself.")
        serials = () if wish.serial is None else (wish.serial,)
        # A customer's unit may have lost its plate; one of ours is known by its serial.
        if wish.from_location_id is not None or serials:
            yield from serial_faults(part, Units(wish.part_id, wish.quantity, serials))
    yield from _place_faults(uow, wish)
    yield from _ticket_faults(uow, wish)


def _place_faults(uow: UnitOfWork, wish: RmaWish) -> Iterator[Fault]:
    if wish.from_location_id is None:
        if wish.ticket_id is None:
            yield Fault("ticket_needed", "/ticket_id", "Units of a customer come back for a ticket: name it.")
        return
    kinds = (LocationKind.WAREHOUSE, LocationKind.VAN, LocationKind.LOCKER)
    usable = locations_in_scope(uow.actor, Action.RMA_REQUEST) & StockLocation.kind.in_(kinds)
    if uow.session.scalar(select(StockLocation.id).where(StockLocation.id == wish.from_location_id, usable)) is None:
        yield Fault("unknown_location", "/from_location_id", f"There is no place {wish.from_location_id}.")


def _ticket_faults(uow: UnitOfWork, wish: RmaWish) -> Iterator[Fault]:
    seen = select(Ticket.id).where(Ticket.id == wish.ticket_id, tickets_in_scope(uow.actor, Action.RMA_REQUEST))
    if wish.ticket_id is not None and uow.session.scalar(seen) is None:
        yield Fault("unknown_ticket", "/ticket_id", f"There is no ticket {wish.ticket_id}.")
    elif wish.visit_id is not None:
        visit = uow.find(Visit, wish.visit_id)
        if visit is None or wish.ticket_id is None or visit.ticket_id != wish.ticket_id:
            yield Fault("unknown_visit", "/visit_id", f"The ticket has no visit {wish.visit_id}.")
