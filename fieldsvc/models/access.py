"""Users, their sessions, and the counting of sign-ins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.roles import Role
from fieldsvc.models.base import Base, Entity, Keyed, refers_to
from fieldsvc.models.types import one_of


class User(Entity, Base):
    """Somebody who signs in."""

    __tablename__ = "users"

    login: Mapped[str] = mapped_column(String(80), unique=True)
    display_name: Mapped[str]
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[Role] = mapped_column(one_of(Role, "role"))
    team_id: Mapped[UUID] = mapped_column(refers_to("teams.id"), index=True)
    technician_id: Mapped[UUID | None] = mapped_column(refers_to("technicians.id"), unique=True)
    language: Mapped[str] = mapped_column(String(16), default="en")
    is_active: Mapped[bool] = mapped_column(default=True)


class Session(Entity, Base):
    """One refresh token of one device; rotating writes a new row of the same family.

    A token that comes back after it was used revokes its whole family.
    """

    __tablename__ = "sessions"

    user_id: Mapped[UUID] = mapped_column(refers_to("users.id"), index=True)
    family_id: Mapped[UUID] = mapped_column(index=True)
    refresh_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device_id: Mapped[str | None] = mapped_column(String(80))
    device_name: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    rotated_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class SignInAttempt(Keyed, Base):
    """One try to sign in; failures are counted for the account and for the address, both as keyed hashes."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index("ix_sign_in_attempts_account", "account_index", "attempted_at"),
        Index("ix_sign_in_attempts_address", "address_index", "attempted_at"),
    )

    account_index: Mapped[str] = mapped_column(String(64))
    address_index: Mapped[str] = mapped_column(String(64))
    attempted_at: Mapped[datetime]
    has_succeeded: Mapped[bool]
