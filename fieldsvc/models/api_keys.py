"""Keys by which other programs act as a user."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.models.access import User
from fieldsvc.models.base import Base, Entity, refers_to


class ApiKey(Entity, Base):
    """A key of a user for one program; only its hash is kept. last_used_at: to the hour."""

    __tablename__ = "api_keys"

    user_id: Mapped[UUID] = mapped_column(refers_to("users.id"), index=True)
    name: Mapped[str]
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
