"""Tickets: what customers reported."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.models.assets import Asset
from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.customers import Customer, Site
from fieldsvc.models.types import SealedText, one_of


class Ticket(Entity, Base):
    """A report and what became of it. number: what people say on the phone."""

    __tablename__ = "tickets"
    __table_args__ = (Index("ix_tickets_team_state", "team_id", "state"),)

    number: Mapped[str] = mapped_column(String(32), unique=True)
    customer_id: Mapped[UUID] = mapped_column(refers_to("customers.id"), index=True)
    site_id: Mapped[UUID | None] = mapped_column(refers_to("sites.id"), index=True)
    asset_id: Mapped[UUID | None] = mapped_column(refers_to("assets.id"), index=True)
    team_id: Mapped[UUID] = mapped_column(refers_to("teams.id"))
    handler_id: Mapped[UUID | None] = mapped_column(refers_to("users.id"), index=True)
    state: Mapped[TicketState] = mapped_column(one_of(TicketState, "state"))
    channel: Mapped[str] = mapped_column(String(32))
    nature: Mapped[str | None] = mapped_column(String(32))
    urgency: Mapped[str | None] = mapped_column(String(16))
    difficulty: Mapped[int | None]
    waiting_reason: Mapped[str | None] = mapped_column(String(32))
    resolution: Mapped[str | None] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(SealedText())
    description: Mapped[str] = mapped_column(SealedText())
    reported_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    occurred_since: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    repeat_of_id: Mapped[UUID | None] = mapped_column(refers_to("tickets.id"))

    customer: Mapped[Customer] = relationship()
    site: Mapped[Site | None] = relationship()
    asset: Mapped[Asset | None] = relationship()
