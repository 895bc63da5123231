"""What happened and the proof of it: events, audit entries, their counter, and answers given under a key."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.roles import Role
from fieldsvc.models.base import Base, Keyed
from fieldsvc.models.types import SealedJSON, SealedText, one_of


class Event(Keyed, Base):
    """One change, numbered in the order of commits. reason: a code of the catalogue, never free text.

    data holds ids, codes and figures. The audit entry commits to it through the salt without repeating it.
    personal: {"salt": …, "fields": {…}}, what was said by or about a person, sealed with the person's key.
    personal_commitment: what binds it to the chain, and stays when the key is destroyed.
    """

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_entity", "entity_type", "entity_id"),)

    change_no: Mapped[int] = mapped_column(BigInteger, unique=True)
    entity_type: Mapped[str] = mapped_column(String(40))
    entity_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(64))
    from_state: Mapped[str | None] = mapped_column(String(32))
    to_state: Mapped[str | None] = mapped_column(String(32))
    actor_id: Mapped[UUID | None]
    actor_role: Mapped[Role] = mapped_column(one_of(Role, "actor_role"))
    on_behalf: Mapped[bool]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(32))
    request_id: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    salt: Mapped[str] = mapped_column(String(32))
    personal: Mapped[dict[str, Any] | None] = mapped_column(SealedJSON())
    personal_commitment: Mapped[str | None] = mapped_column(String(64))


class AuditEntry(Base):
    """One link of the evidence chain; seq is the change number of its event.

    payload: the canonical JSON that was hashed. The columns beside it only serve to find it.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_entity", "entity_type", "entity_id"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entity_type: Mapped[str] = mapped_column(String(40))
    entity_id: Mapped[UUID]
    action: Mapped[str] = mapped_column(String(64))
    actor_id: Mapped[UUID | None] = mapped_column(index=True)
    at: Mapped[datetime]
    payload: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class ChangeCounter(Base):
    """The one row every writing transaction locks last: where the change numbers and the chain have got to.

    epoch: renewed when an older backup is put in place, so that phones know what they told is missing.
    """

    __tablename__ = "change_counter"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_change_no: Mapped[int] = mapped_column(BigInteger)
    last_hash: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[UUID | None]


class IdempotencyKey(Base):
    """A key, what was asked under it, and the answer that was committed with its effect."""

    __tablename__ = "idempotency_keys"

    actor_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    route: Mapped[str] = mapped_column(String(200))
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[str | None] = mapped_column(SealedText())
    created_at: Mapped[datetime] = mapped_column(index=True)
