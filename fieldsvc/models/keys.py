"""The keys of those whose data is kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.models.base import Base, Keyed


class SealingKey(Keyed, Base):
    """The data key of one owner: a customer, a run, the company, or an answer. wrapped: None once it is destroyed.

    shared_by: the customers an answer tells of, where it tells of several; it goes with the first of them.
    """

    __tablename__ = "sealing_keys"
    __table_args__ = (CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),)

    owner_id: Mapped[UUID] = mapped_column(unique=True)
    wrapped: Mapped[str | None] = mapped_column(Text)
    shared_by: Mapped[list[Any] | None]
    destroyed_at: Mapped[datetime | None] = mapped_column(index=True)
