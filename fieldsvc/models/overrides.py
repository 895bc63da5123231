"""Rules that somebody has planned against."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.catalogue import OverrideReason
from fieldsvc.models.base import Base, Keyed, refers_to
from fieldsvc.models.types import one_of


class Override(Keyed, Base):
    """A rule that a visit breaks where somebody has put it by hand, and why; gone when the visit moves."""

    __tablename__ = "overrides"
    __table_args__ = (UniqueConstraint("visit_id", "rule"),)

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"))
    rule: Mapped[str] = mapped_column(String(32))
    reason: Mapped[OverrideReason] = mapped_column(one_of(OverrideReason, "reason"))
    accepted_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    accepted_at: Mapped[datetime]
