"""The keys of those whose data is kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.models.base import Base, Keyed


class SealingKey(Keyed, Base):
    """The data key of one owner: a customer, a run, or the company. wrapped: None once it is destroyed."""

    __tablename__ = "sealing_keys"
    __table_args__ = (CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),)

    owner_id: Mapped[UUID] = mapped_column(unique=True)
    wrapped: Mapped[str | None] = mapped_column(Text)
    destroyed_at: Mapped[datetime | None]
