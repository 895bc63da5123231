"""What a second person found of the work at a visit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.models.base import Base, Keyed, refers_to
from fieldsvc.models.types import SealedText


class Inspection(Keyed, Base):
    """One look at it; the newest counts, those before stay."""

    __tablename__ = "inspections"

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(refers_to("users.id"))
    passed: Mapped[bool]
    note: Mapped[str | None] = mapped_column(SealedText())
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
