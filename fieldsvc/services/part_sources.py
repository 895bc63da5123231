"""From whom parts are had, at what cost and how soon."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.models.purchasing import Supplier, SupplierPart
from fieldsvc.models.stock import Part

_UNKNOWN_LEAD_DAYS = 14


@dataclass(frozen=True, slots=True)
class PartSource:
    """From whom a part is had, and when. supplier_id: None = nobody is known to sell it."""

    supplier_id: UUID | None
    unit_cost_cents: int
    minimum_quantity: int
    lead_days: int


def sources_of(session: OrmSession, parts: dict[UUID, Part]) -> dict[UUID, PartSource]:
    """Return the cheapest active supplier of each part, the faster one of two; without any, the catalogue's cost."""
    found = {part.id: PartSource(None, part.unit_cost_cents, 1, _UNKNOWN_LEAD_DAYS) for part in parts.values()}
    query = (
        select(SupplierPart, Supplier)
        .join(Supplier, Supplier.id == SupplierPart.supplier_id)
        .where(Supplier.is_active, SupplierPart.part_id.in_(parts))
    )
    offers = [
        (
            offer.part_id,
            PartSource(
                supplier.id,
                offer.unit_cost_cents,
                offer.minimum_quantity,
                supplier.lead_time_days if offer.lead_time_days is None else offer.lead_time_days,
            ),
        )
        for offer, supplier in session.execute(query)
    ]
    dearest_first = sorted(offers, key=lambda one: (one[1].unit_cost_cents, one[1].lead_days), reverse=True)
    return found | dict(dearest_first)
