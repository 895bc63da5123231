"""Assets: the serial-numbered things being repaired."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.customers import Site


class Asset(Entity, Base):
    """One thing at one site, with its warranty counted from the purchase."""

    __tablename__ = "assets"
    __table_args__ = (CheckConstraint("warranty_months >= 0", name="warranty"),)

    site_id: Mapped[UUID] = mapped_column(refers_to("sites.id"), index=True)
    category: Mapped[str] = mapped_column(String(64))
    model: Mapped[str]
    serial: Mapped[str | None] = mapped_column(String(80), index=True)
    firmware: Mapped[str | None] = mapped_column(String(40))
    purchased_on: Mapped[date | None]
    warranty_months: Mapped[int] = mapped_column(default=0)

    site: Mapped[Site] = relationship()
