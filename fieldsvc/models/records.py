"""What the technician records at a visit: diagnosis, parts used, the report and the customer's sign-off."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.models.base import Base, Entity, Keyed, refers_to
from fieldsvc.models.types import SealedBytes, SealedText, one_of


class Diagnosis(Keyed, Base):
    """What was found, coded, and in words. methods, tools: codes of how; data_captured: what was read out."""

    __tablename__ = "diagnoses"

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"), index=True)
    technician_id: Mapped[UUID | None] = mapped_column(refers_to("technicians.id"))
    symptom: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    methods: Mapped[list[Any] | None]
    tools: Mapped[list[Any] | None]
    data_captured: Mapped[str | None] = mapped_column(SealedText())
    note: Mapped[str | None] = mapped_column(SealedText())
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Consumption(Keyed, Base):
    """Units used at a visit, with the move that took them. swapped_serial: of the unit that one took the place of."""

    __tablename__ = "consumptions"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"), index=True)
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"))
    quantity: Mapped[int]
    serial: Mapped[str | None] = mapped_column(String(80))
    swapped_serial: Mapped[str | None] = mapped_column(String(80))
    move_id: Mapped[UUID] = mapped_column(refers_to("stock_moves.id"), unique=True)
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class ServiceReport(Keyed, Base):
    """One version of the document that is signed: the very bytes the phone sent, and their SHA-256.

    sha256 is that of the bytes as they came, never of a re-serialisation and never of the sealed form.
    """

    __tablename__ = "service_reports"
    __table_args__ = (UniqueConstraint("visit_id", "report_version"),)

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"))
    report_version: Mapped[int]
    content: Mapped[bytes] = mapped_column(SealedBytes())
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(80))
    is_after_signature: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime]


class SignOff(Entity, Base):
    """The customer's statement about one version of the report. strokes: [[[x, y, t_ms], …], …], sealed.

    state_since: by the server's clock, whatever a phone says about when it happened; None = since it was recorded.
    """

    __tablename__ = "sign_offs"

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"), index=True)
    report_id: Mapped[UUID] = mapped_column(refers_to("service_reports.id"), unique=True)
    report_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[SignOffState] = mapped_column(one_of(SignOffState, "state"))
    signer_name: Mapped[str | None] = mapped_column(SealedText())
    signer_role: Mapped[str | None] = mapped_column(SealedText())
    method: Mapped[str | None] = mapped_column(String(24))
    strokes: Mapped[str | None] = mapped_column(SealedText())
    device_id: Mapped[str | None] = mapped_column(SealedText())
    reason: Mapped[str | None] = mapped_column(SealedText())
    is_sent_by_link: Mapped[bool] = mapped_column(default=False)
    state_since: Mapped[datetime | None]
    objection: Mapped[str | None] = mapped_column(SealedText())
    disputed_at: Mapped[datetime | None]
    decision: Mapped[str | None] = mapped_column(SealedText())
    decided_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]

    @property
    def stands_since(self) -> datetime:
        """Return since when it is in its state."""
        return self.state_since or self.recorded_at
