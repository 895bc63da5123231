"""What is over: units that were held for longer than was said, and lots that may not be used any more.

Whoever promises or moves units of a part ends both first, so that neither is ever given to anybody, sweeper or not.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.ledger import MoveReason
from fieldsvc.domain.lots import LotStock, draws_document, is_expired
from fieldsvc.domain.reservation_states import EXPIRABLE, ReservationState
from fieldsvc.domain.rma_states import RMA, RmaReason
from fieldsvc.domain.roles import Role
from fieldsvc.models.lots import Lot, LotBalance
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.deliveries import TAKES_GOODS
from fieldsvc.services.lots import local_day
from fieldsvc.services.quarantines import quarantine_of
from fieldsvc.services.reserved_units import (
    bump,
    free_places,
    give_back,
    held_balance,
    hold_parts,
    is_overdue,
    move_reservation,
    put_back_missing,
    serve_all,
)
from fieldsvc.services.rma_requests import RmaWish, write_by_itself
from fieldsvc.services.stock import BalanceKey, free_units, post_move

# No place on earth is further ahead of UTC.
_FURTHEST_AHEAD = timedelta(hours=14)


def expire_overdue(uow: UnitOfWork, part_id: UUID) -> bool:
    """End what is over of a held part and serve who waits; tells whether anything was."""
    freed, count = end_overdue(uow, part_id)
    serve_all(uow, freed)
    return count > 0


def end_overdue(uow: UnitOfWork, part_id: UUID) -> tuple[set[BalanceKey], int]:
    """End what is over of a held part; returns where units are free for those who wait, and how much was over."""
    freed, count = _end_holds(uow, part_id)
    set_aside, has_bumped = _set_aside_expired(uow, part_id)
    if has_bumped:
        freed.update(free_places(uow, part_id))
    return freed, count + set_aside


def overdue_parts(session: OrmSession, now: datetime) -> Sequence[UUID]:
    """Parts of which something may be over: a hold, or a lot where it could be used."""
    holds = select(Reservation.part_id).where(Reservation.state.in_(EXPIRABLE), is_overdue(now))
    lots = _expired_lots(now, Lot.part_id)
    return session.scalars(union(holds, lots)).all()


def expire_part(uow: UnitOfWork, part_id: UUID) -> bool:
    """End what is over of a part, and tell whether anything was."""
    hold_parts(uow, [part_id])
    return expire_overdue(uow, part_id)


def _expired_lots(now: datetime, *columns: Any) -> Select[Any]:
    """Lots that may have expired, at places where they could be used: it may still be yesterday there."""
    return (
        select(*columns)
        .join(LotBalance, LotBalance.lot_id == Lot.id)
        .join(StockLocation, StockLocation.id == LotBalance.location_id)
        .where(
            Lot.expires_on < (now + _FURTHEST_AHEAD).date(),
            LotBalance.on_hand > 0,
            StockLocation.kind.in_(TAKES_GOODS),
        )
    )


def _end_holds(uow: UnitOfWork, part_id: UUID) -> tuple[set[BalanceKey], int]:
    query = select(Reservation).where(
        Reservation.part_id == part_id, Reservation.state.in_(EXPIRABLE), is_overdue(uow.now)
    )
    overdue = uow.session.scalars(query.order_by(Reservation.id)).all()
    freed = set()
    for reservation in overdue:
        was_held = reservation.state is ReservationState.RESERVED
        move_reservation(uow, reservation, "expire", "reservation_expired")
        if was_held:
            freed.add(give_back(uow, reservation))
    return freed, len(overdue)


def _set_aside_expired(uow: UnitOfWork, part_id: UUID) -> tuple[int, bool]:
    """Take expired lots of a held part out of use, whoever was promised them.

    Returns how many there were, and whether anybody has lost some by it.
    """
    if not uow.get(Part, part_id).has_lots:
        return 0, False
    uow.flush()
    columns = (Lot.id, Lot.code, Lot.expires_on, LotBalance.on_hand, LotBalance.location_id)
    query = _expired_lots(uow.now, *columns).where(Lot.part_id == part_id).order_by(LotBalance.location_id, Lot.id)
    days: dict[UUID, date] = {}
    count = lost = 0
    for *lot, place_id in uow.session.execute(query).all():
        place, stock = uow.get(StockLocation, place_id), LotStock(*lot)
        today = days.setdefault(place_id, local_day(uow.session, place, uow.now))
        if is_expired(stock.expires_on, today):
            lost += _set_aside(uow, part_id, place, stock)
            count += 1
    return count, lost > 0


def _set_aside(uow: UnitOfWork, part_id: UUID, place: StockLocation, lot: LotStock) -> int:
    """Book an expired lot into the quarantine of where it is, with an RMA for somebody to decide about it."""
    balance = held_balance(uow, part_id, place.id)
    lost = bump(uow, balance, lot.units - free_units(balance))
    row = RMA.allowed_at_birth("set_aside", Role.SYSTEM)
    wish = RmaWish(part_id, RmaReason.EXPIRED, lot.units, from_location_id=place.id)
    rma = write_by_itself(uow, wish, row.to, "rma_set_aside")
    rma.quarantine_id, rma.is_under_warranty, rma.received_at = quarantine_of(uow, place), False, uow.now
    draws = ((lot.lot_id, lot.units),)
    move = post_move(
        uow,
        part_id=part_id,
        quantity=lot.units,
        from_location_id=place.id,
        to_location_id=rma.quarantine_id,
        reason=MoveReason.RETURN,
        lots=draws,
        by_itself=True,
    )
    put_back_missing(uow, part_id, place.id)
    rma.value_cents, rma.lots = max(0, -move.value_cents), draws_document(draws)
    return lost
