"""Transfers: units leave one place, are in transit, and arrive at another, as many of them as are counted there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.transfer_states import TRANSFER, TransferState
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.models.technicians import Technician
from fieldsvc.models.transfers import Transfer, TransferLine
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.carried_units import set_down, stage, take_back
from fieldsvc.services.moved_claims import lock_visits_of
from fieldsvc.services.overdue import expire_overdue
from fieldsvc.services.reserved_units import hold_parts, serve_waiting
from fieldsvc.services.scopes import locations_in_scope, scope_of
from fieldsvc.services.serials import serial_faults
from fieldsvc.services.stock import Units, free_units, locate_serial, lock_balances, special_location
from fieldsvc.services.transferred_units import (
    compared,
    in_transit,
    post_beyond,
    post_from_the_way,
    send_line,
    sent_lots,
    sent_units,
    unused_units,
)


@dataclass(frozen=True, slots=True)
class TransferWish:
    """From where to where, and what: each part once."""

    from_location_id: UUID
    to_location_id: UUID
    lines: tuple[Units, ...]


def draft_transfer(uow: UnitOfWork, wish: TransferWish) -> Transfer:
    """Write down what is to be brought from one place to another; nothing moves yet."""
    scope_of(uow.actor, Action.STOCK_TRANSFER)
    row = TRANSFER.allowed_at_birth("draft", uow.actor.role)
    faults = list(_faults(uow, wish))
    if faults:
        raise Invalid("The transfer can't be made like this.", faults=faults)
    _check_own_van(uow, wish.from_location_id, wish.to_location_id)
    return write_draft(uow, wish, row.to)


def write_draft(uow: UnitOfWork, wish: TransferWish, state: TransferState, reason: str | None = None) -> Transfer:
    """Store a draft that was found right; reason: a code, where nobody has written it by hand."""
    transfer = Transfer(
        id=uow.new_id(),
        from_location_id=wish.from_location_id,
        to_location_id=wish.to_location_id,
        state=state,
        drafted_at=uow.now,
        drafted_by=uow.actor.user_id,
        lines=[
            TransferLine(
                id=uow.new_id(),
                position=position,
                part_id=line.part_id,
                quantity=line.quantity,
                serials=list(line.serials),
            )
            for position, line in enumerate(wish.lines)
        ],
    )
    uow.session.add(transfer)
    uow.record(transfer, "transfer_drafted", None, state, reason=reason)
    return transfer


def ship_transfer(uow: UnitOfWork, transfer_id: UUID, version: int | None = None) -> Transfer:
    """Let the units leave, or refuse with all that is not there."""
    transfer = _load(uow, transfer_id, version)
    row = TRANSFER.allowed(transfer.state, "ship", uow.actor.role)
    hold_parts(uow, [line.part_id for line in transfer.lines])
    for line in transfer.lines:
        expire_overdue(uow, line.part_id)
    transit = special_location(uow, LocationKind.IN_TRANSIT).id
    faults = list(_absent(uow, transfer, transit))
    if faults:
        raise Conflict("Not all of it is there.", code="not_enough_stock", faults=faults)
    moves = [move for line in transfer.lines for move in send_line(uow, line, transfer.from_location_id, transit)]
    before, transfer.state, transfer.shipped_at = transfer.state, row.to, uow.occurred_at
    uow.record(transfer, "transfer_shipped", before, row.to, data={"moves": moves})
    return transfer


def receive_transfer(
    uow: UnitOfWork, transfer_id: UUID, counted: Sequence[Units] | None = None, version: int | None = None
) -> Transfer:
    """Book in what has arrived. counted: of the parts that differ from what was shipped; None = all is there.

    What is missing is with the discrepancies, and what is too much comes from there: a count finds out.
    """
    transfer = _load(uow, transfer_id, version)
    row = TRANSFER.allowed(transfer.state, "receive", uow.actor.role)
    found = {units.part_id: units for units in counted or ()}
    faults = list(_count_faults(uow, transfer, counted or ()))
    if faults:
        raise Invalid("This can't be what has arrived.", faults=faults)
    _hold_lines(uow, transfer)
    transit, unknown = (special_location(uow, kind).id for kind in (LocationKind.IN_TRANSIT, LocationKind.DISCREPANCY))
    moves, differing = [], 0
    for line in transfer.lines:
        units = found.get(line.part_id, sent_units(line))
        line.received_quantity, line.received_serials = units.quantity, list(units.serials)
        there, missing, beyond = compared(line, units)
        differing += bool(missing.quantity or beyond.quantity)
        carried = set_down(uow, transfer.id, line.part_id)
        came, lost = in_transit(uow, there, transit), in_transit(uow, missing, transit)
        moves += post_from_the_way(uow, came, transit, transfer.to_location_id, unknown, sent_lots(line))
        moves += post_from_the_way(uow, lost, transit, unknown, None, sent_lots(line, came.quantity))
        moves += post_beyond(uow, beyond, unknown, transfer.to_location_id)
        stage(uow, carried, transfer.to_location_id, there.quantity + beyond.quantity)
        serve_waiting(uow, line.part_id, transfer.to_location_id)
    before, transfer.state, transfer.received_at = transfer.state, row.to, uow.occurred_at
    uow.record(transfer, "transfer_received", before, row.to, data={"moves": moves, "differing_lines": differing})
    return transfer


def cancel_transfer(uow: UnitOfWork, transfer_id: UUID, version: int | None = None) -> Transfer:
    """Call a transfer off; what has left is back where it was. Called off twice is called off."""
    transfer = _load(uow, transfer_id, version)
    if transfer.state is TransferState.CANCELLED:
        TRANSFER.allowed(TransferState.DRAFT, "cancel", uow.actor.role)
        return transfer
    row = TRANSFER.allowed(transfer.state, "cancel", uow.actor.role)
    moves = []
    if transfer.state is TransferState.SHIPPED:
        lock_visits_of(uow, transfer)
        _hold_lines(uow, transfer)
        transit = special_location(uow, LocationKind.IN_TRANSIT).id
        for line in transfer.lines:
            carried = set_down(uow, transfer.id, line.part_id)
            back = in_transit(uow, unused_units(line), transit)
            moves += post_from_the_way(uow, back, transit, transfer.from_location_id, None, sent_lots(line))
            take_back(uow, carried, transfer)
            serve_waiting(uow, line.part_id, transfer.from_location_id)
    before, transfer.state = transfer.state, row.to
    uow.record(transfer, "transfer_cancelled", before, row.to, data={"moves": moves})
    return transfer


def _hold_lines(uow: UnitOfWork, transfer: Transfer) -> None:
    """Hold the parts of a locked transfer, and read its lines as they are then: a use may have noted something."""
    hold_parts(uow, [line.part_id for line in transfer.lines])
    for line in transfer.lines:
        uow.session.refresh(line)


def get_transfer(session: OrmSession, actor: Actor, transfer_id: UUID, action: Action = Action.STOCK_READ) -> Transfer:
    """Return one transfer that touches a place of the actor's scope; a technician's the own van."""
    query = select(Transfer).where(Transfer.id == transfer_id, _in_scope(actor, action))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no transfer {transfer_id}.")
    return found


def list_transfers(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: TransferState | None = None,
    location_id: UUID | None = None,
) -> Page[Transfer]:
    """One page of the transfers to or from places of the actor's scope, the newest first."""
    query = select(Transfer).where(_in_scope(actor, Action.STOCK_READ))
    if state is not None:
        query = query.where(Transfer.state == state)
    if location_id is not None:
        query = query.where(or_(Transfer.from_location_id == location_id, Transfer.to_location_id == location_id))
    return fetch_page(session, query, (Transfer.drafted_at, Transfer.id), page, is_descending=True)


def _in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    scope = scope_of(actor, action)
    if scope is Scope.ALL:
        return true()
    if scope is Scope.OWN:
        if actor.technician_id is None:
            return false()
        places = select(Technician.van_location_id).where(Technician.id == actor.technician_id)
    else:
        places = select(StockLocation.id).where(locations_in_scope(actor, action))
    return or_(Transfer.from_location_id.in_(places), Transfer.to_location_id.in_(places))


def _load(uow: UnitOfWork, transfer_id: UUID, version: int | None) -> Transfer:
    get_transfer(uow.session, uow.actor, transfer_id, Action.STOCK_TRANSFER)
    return uow.get(Transfer, transfer_id, version=version, lock=True)


def _check_own_van(uow: UnitOfWork, *ends: UUID) -> None:
    if scope_of(uow.actor, Action.STOCK_TRANSFER) is Scope.OWN:
        technician_id = uow.actor.technician_id
        van = None if technician_id is None else uow.get(Technician, technician_id).van_location_id
        if van not in ends:
            raise Forbidden("A technician brings units to or from the own van.")


def _faults(uow: UnitOfWork, wish: TransferWish) -> Iterator[Fault]:
    in_scope = and_(StockLocation.is_physical, locations_in_scope(uow.actor, Action.STOCK_TRANSFER))
    usable = and_(in_scope, StockLocation.kind != LocationKind.IN_TRANSIT)
    for name, place in (("from_location_id", wish.from_location_id), ("to_location_id", wish.to_location_id)):
        kind = uow.session.scalar(select(StockLocation.kind).where(StockLocation.id == place, usable))
        if kind is None:
            yield Fault("unknown_location", f"/{name}", f"There is no place {place}.")
        elif kind is LocationKind.QUARANTINE and name == "from_location_id":
            yield Fault("in_quarantine", f"/{name}", "What came back leaves quarantine by a decision about its RMA.")
    if wish.from_location_id == wish.to_location_id:
        yield Fault("same_location", "/to_location_id", "A transfer needs two different places.")
    if not wish.lines:
        yield Fault("empty", "/lines", "Name at least one part.")
    seen: set[UUID] = set()
    for index, line in enumerate(wish.lines):
        part = uow.find(Part, line.part_id)
        if part is None:
            yield Fault("unknown_part", f"/lines/{index}/part_id", f"There is no part {line.part_id}.")
        else:
            yield from serial_faults(part, line, f"/lines/{index}")
        if line.part_id in seen:
            yield Fault("duplicate", f"/lines/{index}/part_id", "This part is named twice: put the units together.")
        seen.add(line.part_id)


def _count_faults(uow: UnitOfWork, transfer: Transfer, counted: Sequence[Units]) -> Iterator[Fault]:
    shipped = {line.part_id for line in transfer.lines}
    seen: set[UUID] = set()
    for index, units in enumerate(counted):
        pointer = f"/counted/{index}"
        if units.part_id not in shipped:
            yield Fault("unknown_part", f"{pointer}/part_id", f"Part {units.part_id} was not shipped with this.")
        else:
            yield from serial_faults(uow.get(Part, units.part_id), units, pointer)
        if units.part_id in seen:
            yield Fault("duplicate", f"{pointer}/part_id", "This part is counted twice.")
        seen.add(units.part_id)


def _absent(uow: UnitOfWork, transfer: Transfer, transit: UUID) -> Iterator[Fault]:
    """What is to leave and is not there, or is promised to others."""
    source = transfer.from_location_id
    uow.flush()
    balances = lock_balances(uow, [(line.part_id, place) for line in transfer.lines for place in (source, transit)])
    for index, line in enumerate(transfer.lines):
        free = free_units(balances[line.part_id, source])
        yield from serial_faults(uow.get(Part, line.part_id), sent_units(line), f"/lines/{index}")
        if free < line.quantity:
            said = f"{line.quantity} are to leave, {free} are available there."
            yield Fault("not_enough_stock", f"/lines/{index}", said)
        for serial in line.serials:
            place = locate_serial(uow.session, line.part_id, serial)
            if place is None or place.id != source:
                yield Fault("serial_elsewhere", f"/lines/{index}/serials", f"The books don't have {serial} there.")
