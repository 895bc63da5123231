"""What customers think of visits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.types import SealedText


class Rating(Entity, Base):
    """One to five stars for a completed visit, the last ones the customer gave."""

    __tablename__ = "ratings"
    __table_args__ = (CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),)

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"), unique=True)
    stars: Mapped[int]
    comment: Mapped[str | None] = mapped_column(SealedText())
    rated_at: Mapped[datetime]
