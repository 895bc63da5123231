"""Units of parts that are promised to tickets."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.types import one_of

_ACTIVE = text("state IN ('reserved', 'picked', 'staged', 'backordered')")


class Reservation(Entity, Base):
    """A quantity of one part for a ticket, at one place as soon as it is reserved.

    visit_id: the one visit it is for; null = the first one of the ticket that needs it. location_id: of a back-order,
    where it is wanted; null = any warehouse. hold_until: half-open; null = for as long as the ticket is open.
    is_planned: the published plan counts on it for the visit, whatever its time. is_asked_for: by staff, so that it
    stays with the ticket when the plan gives it up; for any visit of it again, where it was for_any_visit before.
    destination_id: of units on their way, the van; transfer_id: by which they go, or have gone.
    move_id: the use that consumed it. end_reason: why it was released. lots: [[lot, units]] that were picked for it.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("state NOT IN ('reserved', 'picked', 'staged') OR location_id IS NOT NULL", name="place"),
        CheckConstraint("NOT is_planned OR visit_id IS NOT NULL", name="planned"),
        CheckConstraint("for_any_visit OR visit_id IS NOT NULL", name="visit"),
        CheckConstraint("(state = 'consumed') = (move_id IS NOT NULL)", name="move"),
        Index("ix_reservations_active", "part_id", "location_id", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    )

    ticket_id: Mapped[UUID] = mapped_column(refers_to("tickets.id"), index=True)
    visit_id: Mapped[UUID | None] = mapped_column(refers_to("visits.id"), index=True)
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"))
    location_id: Mapped[UUID | None] = mapped_column(refers_to("stock_locations.id"), index=True)
    quantity: Mapped[int]
    state: Mapped[ReservationState] = mapped_column(one_of(ReservationState, "state"))
    is_planned: Mapped[bool] = mapped_column(default=False)
    is_asked_for: Mapped[bool] = mapped_column(default=True)
    for_any_visit: Mapped[bool] = mapped_column(default=False)
    hold_until: Mapped[datetime | None]
    requested_at: Mapped[datetime]
    requested_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    destination_id: Mapped[UUID | None] = mapped_column(index=True)
    transfer_id: Mapped[UUID | None] = mapped_column(index=True)
    move_id: Mapped[UUID | None] = mapped_column(refers_to("stock_moves.id"), unique=True)
    end_reason: Mapped[str | None] = mapped_column(String(32))
    lots: Mapped[list[Any] | None]

    @property
    def place_id(self) -> UUID | None:
        """Where units are for whoever counts on them: those on their way, where they go."""
        return self.destination_id or self.location_id
