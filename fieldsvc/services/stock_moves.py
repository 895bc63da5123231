"""The ledger as people read it, and moves that were wrong, taken back by another move."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, NotFound
from fieldsvc.domain.ledger import MoveReason
from fieldsvc.domain.lots import LotDraws, LotUnits
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action, scope_for
from fieldsvc.models.lots import Lot, StockMoveLot
from fieldsvc.models.stock import StockLocation, StockMove
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.lots import lots_at, lots_of
from fieldsvc.services.order_receipts import order_received_by, take_back_receipt
from fieldsvc.services.overdue import expire_overdue
from fieldsvc.services.reserved_units import hold_parts, serve_waiting
from fieldsvc.services.scopes import locations_in_scope
from fieldsvc.services.stock import newest_move_of, post_move


@dataclass(frozen=True, slots=True)
class MoveView:
    """A move as somebody may see it, with the lots of its units. value_cents: None for who is not to know."""

    move: StockMove
    value_cents: int | None
    lots: Sequence[LotUnits] = ()


def reverse_move(uow: UnitOfWork, move_id: UUID) -> StockMove:
    """Take a move back by one in the other direction that names it; a move is taken back once.

    An order that it is a receipt of expects its units again.
    """
    move = uow.find(StockMove, move_id, lock=True)
    if move is None or not _is_in_scope(uow, move):
        raise NotFound(f"There is no stock move {move_id}.")
    order = order_received_by(uow, move.id)
    hold_parts(uow, [move.part_id])
    if move.reason is MoveReason.CORRECTION:
        raise Conflict("A correction is not taken back; book anew what is right.", code="move_is_correction")
    if move.reason is MoveReason.TRANSFER:
        raise Conflict("This is part of a transfer: call that off, or bring the units back.", code="move_of_transfer")
    if move.reason is MoveReason.RETURN:
        raise Conflict("This is part of an RMA: decide there, or note that it is lost.", code="move_of_return")
    if move.visit_id is not None:
        raise Conflict("This is in a visit's record: correct it there.", code="move_of_visit")
    if uow.session.scalar(select(StockMove.id).where(StockMove.reverses_id == move_id)) is not None:
        raise Conflict("This move was taken back already.", code="move_reversed")
    if move.serial is not None and newest_move_of(uow.session, move.part_id, move.serial) != move.id:
        raise Conflict(f"Serial {move.serial} has moved on since.", code="serial_moved_on")
    expire_overdue(uow, move.part_id)
    lots = lots_of(uow.session, [move.id])
    _refuse_moved_lots(uow, move, lots)
    correction = post_move(
        uow,
        part_id=move.part_id,
        quantity=move.quantity,
        from_location_id=move.to_location_id,
        to_location_id=move.from_location_id,
        reason=MoveReason.CORRECTION,
        serial=move.serial,
        reverses_id=move.id,
        brings_cents=-move.value_cents if move.value_cents < 0 else None,
        lots=lots,
    )
    if order is not None:
        take_back_receipt(uow, order, move, correction)
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
    lot_id: UUID | None = None,
) -> Page["MoveView"]:
    """One page of the moves from or to places the actor may see, the newest first."""
    visible = select(StockLocation.id).where(locations_in_scope(actor, Action.STOCK_READ))
    query = select(StockMove).where(or_(StockMove.from_location_id.in_(visible), StockMove.to_location_id.in_(visible)))
    if part_id is not None:
        query = query.where(StockMove.part_id == part_id)
    if location_id is not None:
        query = query.where(or_(StockMove.from_location_id == location_id, StockMove.to_location_id == location_id))
    if serial is not None:
        query = query.where(StockMove.serial == serial)
    if lot_id is not None:
        query = query.where(StockMove.id.in_(select(StockMoveLot.move_id).where(StockMoveLot.lot_id == lot_id)))
    found = fetch_page(session, query, (StockMove.recorded_at, StockMove.id), page, is_descending=True)
    shows_value = scope_for(Action.STOCK_VALUE_READ, actor.role) is not None
    lots = _lots_by_move(session, [move.id for move in found.items])
    views = [MoveView(move, move.value_cents if shows_value else None, lots.get(move.id, ())) for move in found.items]
    return Page(views, found.next_after)


def _lots_by_move(session: OrmSession, move_ids: Sequence[UUID]) -> dict[UUID, list[LotUnits]]:
    query = (
        select(StockMoveLot.move_id, Lot.code, StockMoveLot.quantity, Lot.expires_on)
        .join(Lot, Lot.id == StockMoveLot.lot_id)
        .where(StockMoveLot.move_id.in_(move_ids))
    )
    found: dict[UUID, list[LotUnits]] = {}
    for move_id, code, units, expires_on in session.execute(query.order_by(StockMoveLot.move_id, Lot.code)):
        found.setdefault(move_id, []).append(LotUnits(code, units, expires_on))
    return found


def _refuse_moved_lots(uow: UnitOfWork, move: StockMove, lots: LotDraws) -> None:
    """What is taken back is what came: units of another lot are not that."""
    if not uow.get(StockLocation, move.to_location_id).is_physical:
        return
    there = {one.lot_id: one for one in lots_at(uow.session, move.part_id, move.to_location_id)}
    for lot_id, units in lots:
        left = there[lot_id].units if lot_id in there else 0
        if left < units:
            code = uow.get(Lot, lot_id).code
            raise Conflict(f"{units} units of lot {code} have come, {left} are left there.", code="lot_moved_on")


def _is_in_scope(uow: UnitOfWork, move: StockMove) -> bool:
    ends = (move.from_location_id, move.to_location_id)
    in_scope = locations_in_scope(uow.actor, Action.STOCK_MOVE)
    return uow.session.scalar(select(StockLocation.id).where(StockLocation.id.in_(ends), in_scope).limit(1)) is not None
