"""A shelf of the cast's warehouse with a part that has lots."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from fieldsvc.domain.lots import LotUnits
from fieldsvc.domain.rma_states import RmaReason
from fieldsvc.models import Lot, LotBalance, Reservation, Rma, StockMove
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services import (
    deliveries,
    overdue,
    parts,
    reservations,
    transfers,
)
from fieldsvc.services.deliveries import Delivery
from fieldsvc.services.doctor import examine
from fieldsvc.services.reservations import ReservationWish
from fieldsvc.services.stock import Units
from fieldsvc.services.transfers import TransferWish
from tests.fieldsvc.stage import Stage

NEVER = 10**9
SEALANT = {
    "number": "SEAL-1",
    "name_en": "Sealant",
    "name_zh": "密封胶",
    "unit_cost_cents": 1200,
    "price_cents": 2500,
    "has_lots": True,
}


class Shelf:
    """Lets the warehouse of the cast keep a part that has lots."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.cast, self.today = stage, stage.cast, stage.cast.day
        self.part = stage.act(stage.cast.admin, lambda uow: parts.add_part(uow, SEALANT)).id

    def day(self, days: int) -> date:
        return self.today + timedelta(days=days)

    def keeper(self, use_case: Any) -> Any:
        return self.stage.act(self.cast.warehouse_keeper, use_case)

    def received(self, *lots: LotUnits, place: UUID | None = None, part: UUID | None = None) -> StockMove:
        quantity = sum(one.quantity for one in lots)
        delivery = Delivery(part or self.part, place or self.cast.warehouse, quantity, lots=lots)
        return self.keeper(lambda uow: deliveries.receive_units(uow, delivery))[0]

    def moved(self, quantity: int, source: UUID, target: UUID) -> UUID:
        wish = TransferWish(source, target, (Units(self.part, quantity),))
        sent = self.keeper(lambda uow: transfers.draft_transfer(uow, wish)).id
        self.keeper(lambda uow: transfers.ship_transfer(uow, sent))
        return sent

    def there(self, place: UUID) -> dict[str, int]:
        """Units by lot at a place."""
        with self.stage.database.read_only() as session:
            query = session.query(Lot.code, LotBalance.on_hand).join(LotBalance, LotBalance.lot_id == Lot.id)
            found = query.filter(LotBalance.location_id == place, LotBalance.on_hand != 0)
            return dict(found.order_by(Lot.code).all())

    def lot(self, code: str) -> Lot:
        with self.stage.database.read_only() as session:
            return session.query(Lot).filter_by(code=code).one()

    def reserved(self, quantity: int, *, takes_part: bool = False) -> list[Reservation]:
        wish = ReservationWish(
            self.cast.ticket, self.part, quantity, location_id=self.cast.warehouse, takes_part=takes_part
        )
        return list(self.keeper(lambda uow: reservations.reserve_units(uow, wish)))

    def passes(self, code: str) -> None:
        """Let a lot have expired yesterday, as if a night had gone by: nobody is told."""
        with self.stage.database.unit_of_work(Context(source="test")) as uow:
            uow.get(Lot, self.lot(code).id).expires_on = self.day(-2)
            uow.commit()

    def swept(self) -> int:
        with self.stage.database.read_only() as session:
            due = overdue.overdue_parts(session, self.stage.database.clock.now())
        for part in due:
            with self.stage.database.unit_of_work(Context(source="worker")) as uow:
                overdue.expire_part(uow, part)
                uow.commit()
        return len(due)

    def returns(self) -> list[Rma]:
        with self.stage.database.read_only() as session:
            return session.query(Rma).filter_by(reason=RmaReason.EXPIRED).order_by(Rma.id).all()

    def findings(self) -> list[Any]:
        with self.stage.database.read_only() as session:
            return list(examine(session, self.stage.database.clock.now()))
