"""Secret links under which technicians' calendars are read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.models.access import User
from fieldsvc.models.base import Base, Entity, refers_to


class CalendarLink(Entity, Base):
    """A token that opens the calendar of one technician; only its hash is kept. A newer one ends it."""

    __tablename__ = "calendar_links"

    user_id: Mapped[UUID] = mapped_column(refers_to("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
