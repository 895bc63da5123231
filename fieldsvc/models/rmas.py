"""Units that come back: defective, swapped out, wrong or not wanted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.lots import draws_from
from fieldsvc.domain.rma_states import Disposition, RmaReason, RmaState
from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.types import SealedText, one_of


class Rma(Entity, Base):
    """Units of one part on their way back.

    from_location_id: the van or warehouse they come from; null = from the customer. to_location_id: the warehouse that
    gets them. quarantine_id: where they wait for the decision. is_good: as far as whoever asked knows. value_cents:
    what they took out of stock when they went into quarantine, brought back by a restock. claimed_cents,
    credited_cents: what the supplier is asked for under warranty, and has paid.
    lots: [[lot, units]] as they moved last.
    """

    __tablename__ = "rmas"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("serial IS NULL OR quantity = 1", name="serial"),
        CheckConstraint("claimed_cents >= 0 AND credited_cents >= 0 AND value_cents >= 0", name="money"),
        Index("ix_rmas_state", "state"),
    )

    number: Mapped[str] = mapped_column(String(32), unique=True)
    ticket_id: Mapped[UUID | None] = mapped_column(refers_to("tickets.id"), index=True)
    visit_id: Mapped[UUID | None] = mapped_column(refers_to("visits.id"), index=True)
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), index=True)
    quantity: Mapped[int]
    serial: Mapped[str | None] = mapped_column(String(80))
    is_good: Mapped[bool]
    reason: Mapped[RmaReason] = mapped_column(one_of(RmaReason, "reason"))
    note: Mapped[str | None] = mapped_column(SealedText())
    from_location_id: Mapped[UUID | None] = mapped_column(refers_to("stock_locations.id"))
    to_location_id: Mapped[UUID | None] = mapped_column(refers_to("stock_locations.id"), index=True)
    quarantine_id: Mapped[UUID | None] = mapped_column(refers_to("stock_locations.id"))
    state: Mapped[RmaState] = mapped_column(one_of(RmaState, "state"))
    requested_at: Mapped[datetime]
    requested_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    decided_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    expected_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    tracking_number: Mapped[str | None] = mapped_column(String(64))
    received_at: Mapped[datetime | None]
    finding: Mapped[str | None] = mapped_column(SealedText())
    is_under_warranty: Mapped[bool | None]
    disposition: Mapped[Disposition | None] = mapped_column(one_of(Disposition, "disposition"))
    supplier_id: Mapped[UUID | None] = mapped_column(refers_to("suppliers.id"))
    value_cents: Mapped[int] = mapped_column(BigInteger, default=0)
    claimed_cents: Mapped[int] = mapped_column(BigInteger, default=0)
    credited_cents: Mapped[int] = mapped_column(BigInteger, default=0)
    refusal: Mapped[str | None] = mapped_column(String(200))
    closed_at: Mapped[datetime | None]
    lots: Mapped[list[Any] | None]

    @property
    def lot_draws(self) -> list[dict[str, Any]]:
        """Of which lots the units are."""
        return [{"lot_id": lot_id, "quantity": units} for lot_id, units in draws_from(self.lots)]
