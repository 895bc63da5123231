"""Warehouses are looked at once a week, whether somebody asks or not."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.ledger import LocationKind
from fieldsvc.models.evidence import Event
from fieldsvc.models.stock import StockLocation
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.replenishment import REVIEWED, ReplenishmentPolicy, propose_orders

_EVERY = timedelta(days=7)


def houses_to_review(session: OrmSession, now: datetime) -> Sequence[UUID]:
    """Warehouses that nobody has looked at for a week."""
    looked_at = exists().where(
        Event.entity_id == StockLocation.id, Event.kind == REVIEWED, Event.recorded_at > now - _EVERY
    )
    houses = select(StockLocation.id).where(StockLocation.kind == LocationKind.WAREHOUSE, ~looked_at)
    return session.scalars(houses.order_by(StockLocation.code)).all()


def review_house(uow: UnitOfWork, house_id: UUID) -> bool:
    """Propose what a warehouse should order, unless somebody has asked meanwhile; tells whether it was looked at."""
    uow.get(StockLocation, house_id, lock=True)
    if house_id not in houses_to_review(uow.session, uow.now):
        return False
    propose_orders(uow, house_id, ReplenishmentPolicy())
    return True
