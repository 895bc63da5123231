"""What a warehouse books: goods that a supplier brought, and moves that were wrong, taken back by another move."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.models.stock import Part, StockLocation, StockMove
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.reserved_units import expire_overdue, hold_parts, serve_waiting
from fieldsvc.services.scopes import locations_in_scope
from fieldsvc.services.serials import serial_faults
from fieldsvc.services.stock import Units, locate_serial, lock_balances, post_move, special_location


@dataclass(frozen=True, slots=True)
class Delivery:
    """Units of one part that a supplier brought to a place; serials: one for each unit of a serialised part."""

    part_id: UUID
    location_id: UUID
    quantity: int
    serials: tuple[str, ...] = ()


def receive_units(uow: UnitOfWork, delivery: Delivery) -> Sequence[StockMove]:
    """Book in what a supplier brought: one move, or one for each serial."""
    part, location = uow.find(Part, delivery.part_id, lock=True), _place(uow, delivery.location_id)
    faults = []
    if part is None:
        faults.append(Fault("unknown_part", "/part_id", f"There is no part {delivery.part_id}."))
    if location is None:
        faults.append(Fault("unknown_location", "/location_id", f"There is no place {delivery.location_id}."))
    if part is not None:
        faults += serial_faults(part, Units(part.id, delivery.quantity, delivery.serials))
    if part is None or location is None or faults:
        raise Invalid("This delivery can't be booked.", faults=faults)
    supplier = special_location(uow, LocationKind.SUPPLIER)
    # Whoever books the same part waits for its row: a serial is looked for when nobody else is about to book it.
    lock_balances(uow, [(part.id, supplier.id), (part.id, location.id)])
    known = [
        (index, serial, locate_serial(uow.session, part.id, serial)) for index, serial in enumerate(delivery.serials)
    ]
    faults = [
        Fault("serial_in_stock", f"/serials/{index}", f"The books have {serial} at {place.name} already.")
        for index, serial, place in known
        if place is not None
    ]
    if faults:
        raise Invalid("This delivery can't be booked.", faults=faults)
    units: list[tuple[int, str | None]] = [(1, serial) for serial in delivery.serials]
    moves = [
        post_move(
            uow,
            part_id=part.id,
            quantity=quantity,
            from_location_id=supplier.id,
            to_location_id=location.id,
            reason=MoveReason.RECEIPT,
            serial=serial,
        )
        for quantity, serial in units or [(delivery.quantity, None)]
    ]
    serve_waiting(uow, part.id, location.id)
    return moves


def reverse_move(uow: UnitOfWork, move_id: UUID) -> StockMove:
    """Take a move back by one in the other direction that names it; a move is taken back once."""
    move = uow.find(StockMove, move_id, lock=True)
    if move is None or not _is_in_scope(uow, move):
        raise NotFound(f"There is no stock move {move_id}.")
    hold_parts(uow, [move.part_id])
    if move.reason is MoveReason.CORRECTION:
        raise Conflict("A correction is not taken back; book anew what is right.", code="move_is_correction")
    if move.reason is MoveReason.TRANSFER:
        raise Conflict("This is part of a transfer: call that off, or bring the units back.", code="move_of_transfer")
    if move.visit_id is not None:
        raise Conflict("This is in a visit's record: correct it there.", code="move_of_visit")
    if uow.session.scalar(select(StockMove.id).where(StockMove.reverses_id == move_id)) is not None:
        raise Conflict("This move was taken back already.", code="move_reversed")
    if move.serial is not None:
        place = locate_serial(uow.session, move.part_id, move.serial)
        if place is None or place.id != move.to_location_id:
            raise Conflict(f"Serial {move.serial} has moved on since.", code="serial_moved_on")
    expire_overdue(uow, move.part_id)
    correction = post_move(
        uow,
        part_id=move.part_id,
        quantity=move.quantity,
        from_location_id=move.to_location_id,
        to_location_id=move.from_location_id,
        reason=MoveReason.CORRECTION,
        serial=move.serial,
        reverses_id=move.id,
    )
    serve_waiting(uow, move.part_id, move.from_location_id)
    return correction


def list_moves(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    part_id: UUID | None = None,
    location_id: UUID | None = None,
    serial: str | None = None,
) -> Page[StockMove]:
    """One page of the moves from or to places the actor may see, the newest first."""
    visible = select(StockLocation.id).where(locations_in_scope(actor, Action.STOCK_READ))
    query = select(StockMove).where(or_(StockMove.from_location_id.in_(visible), StockMove.to_location_id.in_(visible)))
    if part_id is not None:
        query = query.where(StockMove.part_id == part_id)
    if location_id is not None:
        query = query.where(or_(StockMove.from_location_id == location_id, StockMove.to_location_id == location_id))
    if serial is not None:
        query = query.where(StockMove.serial == serial)
    return fetch_page(session, query, (StockMove.recorded_at, StockMove.id), page, is_descending=True)


def _place(uow: UnitOfWork, location_id: UUID) -> StockLocation | None:
    """A physical place of the actor's scope."""
    in_scope = locations_in_scope(uow.actor, Action.STOCK_MOVE)
    query = select(StockLocation).where(StockLocation.id == location_id, StockLocation.is_physical, in_scope)
    return uow.session.scalars(query).one_or_none()


def _is_in_scope(uow: UnitOfWork, move: StockMove) -> bool:
    ends = (move.from_location_id, move.to_location_id)
    in_scope = locations_in_scope(uow.actor, Action.STOCK_MOVE)
    return uow.session.scalar(select(StockLocation.id).where(StockLocation.id.in_(ends), in_scope).limit(1)) is not None
