"""What was solved without a visit: what was found and done, the short report of it, and what the customer says."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.types import SealedBytes, SealedText, one_of


class RemoteSolution(Entity, Base):
    """A ticket solved from the desk. content: the very bytes of the short report; report_sha256: of these bytes.

    state: as of a sign-off; state_since: by the server's clock.
    """

    __tablename__ = "remote_solutions"

    ticket_id: Mapped[UUID] = mapped_column(refers_to("tickets.id"), index=True)
    state: Mapped[SignOffState] = mapped_column(one_of(SignOffState, "state"))
    resolution: Mapped[str] = mapped_column(String(32))
    symptom: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    solution: Mapped[str] = mapped_column(SealedText())
    verification_passed: Mapped[bool]
    verification_reason: Mapped[str | None] = mapped_column(SealedText())
    content: Mapped[bytes] = mapped_column(SealedBytes())
    report_sha256: Mapped[str] = mapped_column(String(64))
    signer_name: Mapped[str | None] = mapped_column(SealedText())
    method: Mapped[str | None] = mapped_column(String(24))
    signed_at: Mapped[datetime | None]
    objection: Mapped[str | None] = mapped_column(SealedText())
    disputed_at: Mapped[datetime | None]
    decision: Mapped[str | None] = mapped_column(SealedText())
    decided_at: Mapped[datetime | None]
    state_since: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))

    ticket: Mapped[Ticket] = relationship()
