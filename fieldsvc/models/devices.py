"""Phones that work offline: which there are, what they have told, and what they hold."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.device_states import DeviceState
from fieldsvc.domain.phone_commands import CommandStatus
from fieldsvc.models.base import Base, Entity, Keyed, refers_to
from fieldsvc.models.types import SealedJSON, one_of


class Device(Entity, Base):
    """A phone of a user. session_id: the family of sessions it uses now; last_seq: of the last command it has told.

    clock_offset_s: server minus phone, as measured when it last pushed.
    """

    __tablename__ = "devices"
    __table_args__ = (CheckConstraint("last_seq >= 0", name="last_seq"),)

    user_id: Mapped[UUID] = mapped_column(refers_to("users.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(index=True)
    name: Mapped[str]
    platform: Mapped[str] = mapped_column(String(40))
    app_version: Mapped[str] = mapped_column(String(40))
    state: Mapped[DeviceState] = mapped_column(one_of(DeviceState, "state"))
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    clock_offset_s: Mapped[int | None] = mapped_column(BigInteger)
    registered_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class PhoneCommand(Keyed, Base):
    """One command of a phone with what became of it; its id is the phone's, and stays unique for ever.

    said_at: by the phone's clock; occurred_at: as corrected. visit_before, visit_after: versions of the visit around
    its effect, None where it had none. args: as they were sent; None where they can't be kept. problem: why it was not
    applied, with how things stood.
    """

    __tablename__ = "phone_commands"
    __table_args__ = (
        UniqueConstraint("device_id", "seq"),
        Index("ix_phone_commands_visit", "visit_id", "device_id"),
    )

    device_id: Mapped[UUID] = mapped_column(refers_to("devices.id"))
    user_id: Mapped[UUID] = mapped_column(refers_to("users.id"), index=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(40))
    visit_id: Mapped[UUID | None]
    base_version: Mapped[int | None]
    args: Mapped[Any | None] = mapped_column(SealedJSON())
    said_at: Mapped[datetime]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    status: Mapped[CommandStatus] = mapped_column(one_of(CommandStatus, "status"))
    problem: Mapped[Any | None] = mapped_column(SealedJSON())
    visit_before: Mapped[int | None]
    visit_after: Mapped[int | None]


class DeviceHolding(Base):
    """What a phone has on it: for each thing a hash of how it was shown, as acknowledged and as sent last.

    number, sent_number: of what it has acknowledged, and of what was sent last; they only grow. quiet_change_no,
    quiet_day: when it held all that belonged on it, so that what did not change is not looked through again.
    sent_change_no, sent_day: when what was sent last was that; null where more was to follow.
    """

    __tablename__ = "device_holdings"

    device_id: Mapped[UUID] = mapped_column(refers_to("devices.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[dict[str, Any]]
    sent_number: Mapped[int] = mapped_column(BigInteger)
    sent: Mapped[dict[str, Any] | None]
    sent_change_no: Mapped[int | None] = mapped_column(BigInteger)
    sent_day: Mapped[date | None]
    quiet_change_no: Mapped[int | None] = mapped_column(BigInteger)
    quiet_day: Mapped[date | None]
