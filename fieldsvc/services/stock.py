"""The stock ledger: moves are posted with both balances they change, and never otherwise."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.ledger import PHYSICAL, LocationKind, Move, MoveReason, check_move
from fieldsvc.domain.lots import LotDraws, LotUnits, draws_document
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.models.stock import StockBalance, StockLocation, StockMove
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.statements import insert_or_leave
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.lots import move_lots
from fieldsvc.services.scopes import locations_in_scope
from fieldsvc.services.stock_values import book_value, is_valued

BalanceKey = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Units:
    """Units of one part; serials: one for each unit of a serialised part; lots: of a part that has them."""

    part_id: UUID
    quantity: int
    serials: tuple[str, ...] = ()
    lots: tuple[LotUnits, ...] = ()


def lock_balances(uow: UnitOfWork, keys: Iterable[BalanceKey]) -> dict[BalanceKey, StockBalance]:
    """Return the balances of (part, location) pairs, locked in their order and made where there are none.

    A transaction that posts several moves locks all of their balances here first: only one order for all
    transactions keeps them from waiting for each other in a circle.
    """
    ordered = sorted(set(keys))
    kinds = select(StockLocation.id, StockLocation.is_physical)
    physical = dict(uow.session.execute(kinds.where(StockLocation.id.in_({key[1] for key in ordered}))).all())
    balances = {}
    for part_id, location_id in ordered:
        insert_or_leave(
            uow.session,
            StockBalance,
            ["part_id", "location_id"],
            id=uow.new_id(),
            version=1,
            part_id=part_id,
            location_id=location_id,
            is_physical=physical[location_id],
            on_hand=0,
            reserved=0,
        )
        locked = select(StockBalance).where(StockBalance.part_id == part_id, StockBalance.location_id == location_id)
        query = locked.with_for_update(key_share=True).execution_options(populate_existing=True)
        balances[part_id, location_id] = uow.session.scalars(query).one()
    return balances


def free_units(balance: StockBalance) -> int:
    """Return how many units a move may take away without touching what is reserved."""
    return max(0, balance.on_hand - balance.reserved)


def post_move(
    uow: UnitOfWork,
    *,
    part_id: UUID,
    quantity: int,
    from_location_id: UUID,
    to_location_id: UUID,
    reason: MoveReason,
    serial: str | None = None,
    visit_id: UUID | None = None,
    reverses_id: UUID | None = None,
    brings_cents: int | None = None,
    lots: LotDraws = (),
    by_itself: bool = False,
) -> StockMove:
    """Move units of a held part from one location to another, or refuse with what is there.

    brings_cents: what units from outside cost, all together; None = what the others of the part cost.
    lots: which are wanted first; the others are those that expire first. by_itself: it is nobody's deed, and is now.
    """
    check_move(Move(part_id, quantity, from_location_id, to_location_id))
    source_key, target_key = (part_id, from_location_id), (part_id, to_location_id)
    uow.flush()  # locking reads the balances anew, which would forget what is not sent yet
    balances = lock_balances(uow, (source_key, target_key))
    source, target = balances[source_key], balances[target_key]
    if source.is_physical and free_units(source) < quantity:
        raise Conflict(
            f"{quantity} units are asked for, {free_units(source)} are available there.", code="not_enough_stock"
        )
    value_cents, has_value = 0, is_valued(uow.session, to_location_id)
    if is_valued(uow.session, from_location_id) != has_value:
        value_cents = book_value(uow, part_id, quantity, enters=has_value, brings_cents=brings_cents)
    source.on_hand -= quantity
    target.on_hand += quantity
    move = StockMove(
        id=uow.new_id(),
        part_id=part_id,
        quantity=quantity,
        from_location_id=from_location_id,
        to_location_id=to_location_id,
        reason=reason,
        serial=serial,
        visit_id=visit_id,
        reverses_id=reverses_id,
        value_cents=value_cents,
        actor_id=None if by_itself else uow.actor.user_id,
        occurred_at=uow.now if by_itself else uow.occurred_at,
        recorded_at=uow.now,
    )
    uow.session.add(move)
    _record(uow, move, move_lots(uow, move, source, target, lots))
    return move


def _record(uow: UnitOfWork, move: StockMove, lots: LotDraws) -> None:
    names = ("part_id", "quantity", "from_location_id", "to_location_id", "value_cents")
    data = {name: getattr(move, name) for name in names} | ({"lots": draws_document(lots)} if lots else {})
    uow.record(move, "stock_moved", reason=move.reason.value, data=data)


def special_location(uow: UnitOfWork, kind: LocationKind) -> StockLocation:
    """Return the one location there is for units in transit, or for a part of the world outside; made when needed."""
    query = select(StockLocation).where(StockLocation.kind == kind).order_by(StockLocation.code).limit(1)
    location = uow.session.scalars(query).first()
    if location is not None:
        return location
    insert_or_leave(
        uow.session,
        StockLocation,
        ["code"],
        id=uow.new_id(),
        version=1,
        code=kind.value,
        name=kind.value,
        kind=kind,
        is_physical=kind in PHYSICAL,
        handling_s=0,
    )
    return uow.session.scalars(query).one()


def newest_move_of(session: OrmSession, part_id: UUID, serial: str) -> UUID | None:
    """Return the move by which a serial is where it is."""
    moves = select(StockMove.id).where(StockMove.part_id == part_id, StockMove.serial == serial)
    return session.scalars(moves.order_by(StockMove.recorded_at.desc(), StockMove.id.desc()).limit(1)).first()


def locate_serial(session: OrmSession, part_id: UUID, serial: str) -> StockLocation | None:
    """Return the physical place the books have a serial in, or None if it is unknown or outside."""
    moves = select(StockMove.to_location_id).where(StockMove.part_id == part_id, StockMove.serial == serial)
    # By id too: the moves of one transaction share their time, and ids are made in order.
    newest = session.scalars(moves.order_by(StockMove.recorded_at.desc(), StockMove.id.desc()).limit(1)).first()
    location = session.get(StockLocation, newest) if newest is not None else None
    return location if location is not None and location.is_physical else None


def list_balances(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    part_id: UUID | None = None,
    location_id: UUID | None = None,
) -> Page[StockBalance]:
    """Return what is on hand at the locations the actor may see."""
    visible = select(StockLocation.id).where(locations_in_scope(actor, Action.STOCK_READ))
    query = select(StockBalance).where(StockBalance.location_id.in_(visible))
    if part_id is not None:
        query = query.where(StockBalance.part_id == part_id)
    if location_id is not None:
        query = query.where(StockBalance.location_id == location_id)
    return fetch_page(session, query, [StockBalance.id], page)
