"""When parts that are not there are to come."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.purchase_order_states import EXPECTED
from fieldsvc.models.purchasing import PurchaseOrder, PurchaseOrderLine
from fieldsvc.models.stock import StockLocation


def expected_days(session: OrmSession, places: Collection[StockLocation]) -> dict[UUID, date]:
    """The first day, by part, on which a supplier is to bring units to one of the places."""
    query = (
        select(PurchaseOrderLine.part_id, func.min(PurchaseOrderLine.expected_on))
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.order_id)
        .where(
            PurchaseOrder.state.in_(EXPECTED),
            PurchaseOrder.location_id.in_([place.id for place in places]),
            PurchaseOrderLine.received_quantity < PurchaseOrderLine.quantity,
            PurchaseOrderLine.expected_on.is_not(None),
        )
        .group_by(PurchaseOrderLine.part_id)
        .order_by(PurchaseOrderLine.part_id)
    )
    return {part: day for part, day in session.execute(query) if day is not None}
