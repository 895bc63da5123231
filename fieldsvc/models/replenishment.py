"""What should be ordered, and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.replenishment_states import ReplenishmentState
from fieldsvc.domain.stock_classes import StockClass
from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.types import one_of


class ReplenishmentProposal(Entity, Base):
    """Units of a part that a warehouse should order.

    sentence, figures: why, in words and numbers. weeks: units used in each of the weeks before, the newest last.
    """

    __tablename__ = "replenishment_proposals"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("unit_cost_cents >= 0", name="money"),
        Index("ix_replenishment_proposals_location_state", "location_id", "state"),
    )

    location_id: Mapped[UUID] = mapped_column(refers_to("stock_locations.id"))
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), index=True)
    supplier_id: Mapped[UUID | None] = mapped_column(refers_to("suppliers.id"))
    state: Mapped[ReplenishmentState] = mapped_column(one_of(ReplenishmentState, "state"))
    quantity: Mapped[int]
    unit_cost_cents: Mapped[int]
    stock_class: Mapped[StockClass] = mapped_column(one_of(StockClass, "stock_class"))
    sentence: Mapped[str] = mapped_column(Text)
    figures: Mapped[dict[str, Any]]
    weeks: Mapped[list[Any]]
    proposed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    dismissal: Mapped[str | None] = mapped_column(String(200))
    order_id: Mapped[UUID | None] = mapped_column(refers_to("purchase_orders.id"))
