"""Which lots a warehouse takes for whom: what was picked already, and the first to expire for the rest."""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.lots import LotStock, LotUnits, draws_from, first_expired_first, is_expired
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models.lots import Lot, LotBalance
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import StockLocation
from fieldsvc.services.lots import local_day


class LotShelf:
    """What a warehouse has of the lots of some parts, taken from it line by line."""

    def __init__(self, session: OrmSession, location_id: UUID, part_ids: Collection[UUID], now: datetime) -> None:
        self._today = local_day(session, session.get_one(StockLocation, location_id), now)
        self._lots: dict[UUID, LotStock] = {}
        self._parts: dict[UUID, list[UUID]] = {}
        self._left: Counter[UUID] = Counter()
        query = (
            select(Lot.part_id, Lot.id, Lot.code, Lot.expires_on, LotBalance.on_hand)
            .join(LotBalance, LotBalance.lot_id == Lot.id)
            .where(LotBalance.location_id == location_id, LotBalance.on_hand > 0)
        )
        for part_id, lot_id, code, expires_on, units in session.execute(query.order_by(Lot.id)):
            if part_id in part_ids:
                self._lots[lot_id] = LotStock(lot_id, code, expires_on, units)
                self._parts.setdefault(part_id, []).append(lot_id)
                self._left[lot_id] = units
        self._picked = self._read_picked(session, location_id)

    def take(self, visit_id: UUID, part_id: UUID, units: int) -> list[LotUnits]:
        """What was picked for a visit, and as many units more, which are gone from the shelf for the next."""
        taken = self._picked.get((visit_id, part_id), Counter[UUID]()).copy()
        lots = [self._as_left(lot_id) for lot_id in self._parts.get(part_id, ())]
        stock = [one for one in lots if not is_expired(one.expires_on, self._today)]
        for lot_id, drawn in first_expired_first(stock, units, self._today):
            taken[lot_id] += drawn
            self._left[lot_id] -= drawn
        found = [(self._lots[lot_id], drawn) for lot_id, drawn in taken.items() if lot_id in self._lots]
        found.sort(key=lambda one: (one[0].expires_on or date.max, one[0].code))
        return [LotUnits(lot.code, drawn, lot.expires_on) for lot, drawn in found]

    def _as_left(self, lot_id: UUID) -> LotStock:
        lot = self._lots[lot_id]
        return LotStock(lot_id, lot.code, lot.expires_on, self._left[lot_id])

    def _read_picked(self, session: OrmSession, location_id: UUID) -> dict[tuple[UUID | None, UUID], Counter[UUID]]:
        """Units by lot that were picked, by visit and part; they are gone from the shelf."""
        query = select(Reservation.visit_id, Reservation.part_id, Reservation.lots).where(
            Reservation.location_id == location_id,
            Reservation.state == ReservationState.PICKED,
            Reservation.part_id.in_(self._parts),
        )
        picked: dict[tuple[UUID | None, UUID], Counter[UUID]] = {}
        for visit_id, part_id, document in session.execute(query):
            for lot_id, units in draws_from(document):
                picked.setdefault((visit_id, part_id), Counter())[lot_id] += units
                self._left[lot_id] -= units
        return picked
