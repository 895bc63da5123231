"""What customers are asked to pay for, and what they said."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.approval_states import ApprovalState
from fieldsvc.domain.offers import Offer, OfferLine, lines_of
from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.types import SealedJSON, SealedText, one_of


class Approval(Entity, Base):
    """An offer for a ticket and the customer's answer. visit_id: where it was asked for at a site.

    content: {"lines": [...]}, None once its customer is erased; total_cents: their sum.
    """

    __tablename__ = "approvals"
    __table_args__ = (CheckConstraint("total_cents >= 0", name="total"),)

    ticket_id: Mapped[UUID] = mapped_column(refers_to("tickets.id"), index=True)
    visit_id: Mapped[UUID | None] = mapped_column(refers_to("visits.id"))
    state: Mapped[ApprovalState] = mapped_column(one_of(ApprovalState, "state"))
    content: Mapped[Any] = mapped_column(SealedJSON())
    currency: Mapped[str] = mapped_column(String(3))
    total_cents: Mapped[int] = mapped_column(BigInteger)
    requested_at: Mapped[datetime]
    requested_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    decided_at: Mapped[datetime | None]
    method: Mapped[str | None] = mapped_column(String(24))
    signer_name: Mapped[str | None] = mapped_column(SealedText())
    strokes: Mapped[str | None] = mapped_column(SealedText())
    reason: Mapped[str | None] = mapped_column(SealedText())

    ticket: Mapped[Ticket] = relationship()

    @property
    def lines(self) -> list[OfferLine]:
        """Return what is offered; none once the customer is erased."""
        return lines_of(self.content["lines"]) if self.content else []

    @property
    def offer_sha256(self) -> str:
        """Return the hash of what is offered, which an answer names."""
        return Offer(self.ticket.number, self.currency, self.lines).sha256
