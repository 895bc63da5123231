"""Requests to hand over or to erase what is kept about a customer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.privacy_states import PrivacyKind, PrivacyState
from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.types import SealedText, one_of

_OPEN = text("state = 'requested'")


class PrivacyRequest(Entity, Base):
    """An export or an erasure; a customer has one open of a kind. decided_by: who approved it or withdrew it."""

    __tablename__ = "privacy_requests"
    __table_args__ = (
        Index(
            "uq_privacy_requests_open",
            "customer_id",
            "kind",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    customer_id: Mapped[UUID] = mapped_column(refers_to("customers.id"))
    kind: Mapped[PrivacyKind] = mapped_column(one_of(PrivacyKind, "kind"))
    state: Mapped[PrivacyState] = mapped_column(one_of(PrivacyState, "state"))
    reason: Mapped[str] = mapped_column(SealedText())
    requested_by: Mapped[UUID] = mapped_column(refers_to("users.id"))
    requested_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    decided_at: Mapped[datetime | None]
