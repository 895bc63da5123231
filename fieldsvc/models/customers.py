"""Customers, their sites and the links they act by. What tells who they are is sealed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.types import SealedText


class Customer(Entity, Base):
    """A person or company that reports; found by the keyed hash of phone and e-mail.

    erased_at: since when nothing that tells who it was can be read any more.
    """

    __tablename__ = "customers"

    team_id: Mapped[UUID] = mapped_column(refers_to("teams.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(SealedText())
    phone: Mapped[str | None] = mapped_column(SealedText())
    phone_index: Mapped[str | None] = mapped_column(String(64), index=True)
    email: Mapped[str | None] = mapped_column(SealedText())
    email_index: Mapped[str | None] = mapped_column(String(64), index=True)
    language: Mapped[str] = mapped_column(String(16), default="en")
    erased_at: Mapped[datetime | None]


class Site(Entity, Base):
    """Where the work is."""

    __tablename__ = "sites"

    customer_id: Mapped[UUID] = mapped_column(refers_to("customers.id"), index=True)
    team_id: Mapped[UUID] = mapped_column(refers_to("teams.id"), index=True)
    name: Mapped[str] = mapped_column(SealedText())
    address: Mapped[str] = mapped_column(SealedText())
    latitude: Mapped[float]
    longitude: Mapped[float]
    zone: Mapped[str] = mapped_column(String(64))
    territory: Mapped[str | None] = mapped_column(String(64))

    customer: Mapped[Customer] = relationship()


class CustomerLink(Entity, Base):
    """A token that opens one ticket or visit for one purpose; only its hash is kept."""

    __tablename__ = "customer_links"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(32))
    ticket_id: Mapped[UUID] = mapped_column(refers_to("tickets.id"), index=True)
    visit_id: Mapped[UUID | None] = mapped_column(refers_to("visits.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
