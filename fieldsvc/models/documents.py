"""Documents that were issued: what a printed report can be verified with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.models.base import Base, Keyed, refers_to
from fieldsvc.models.types import SealedText, one_of


class ServiceDocument(Keyed, Base):
    """What somebody said about a report, under one hash; the hash stays when the customer is erased.

    outcome, stated_at: how the sign-off stood when it was issued, and since when by the server's clock.
    """

    __tablename__ = "service_documents"

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"), index=True)
    sign_off_id: Mapped[UUID] = mapped_column(refers_to("sign_offs.id"), index=True)
    outcome: Mapped[SignOffState] = mapped_column(one_of(SignOffState, "outcome"))
    stated_at: Mapped[datetime]
    salt: Mapped[str] = mapped_column(SealedText())
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
