"""Units on their way from one place to another."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.transfer_states import TransferState
from fieldsvc.models.base import Base, Entity, Keyed, refers_to
from fieldsvc.models.types import one_of


class Transfer(Entity, Base):
    """Units of some parts from one place to another, with a stay in transit.

    technician_id, day: whose visits of a day they were handed over for.
    """

    __tablename__ = "transfers"
    __table_args__ = (CheckConstraint("from_location_id <> to_location_id", name="two_places"),)

    from_location_id: Mapped[UUID] = mapped_column(refers_to("stock_locations.id"), index=True)
    to_location_id: Mapped[UUID] = mapped_column(refers_to("stock_locations.id"), index=True)
    state: Mapped[TransferState] = mapped_column(one_of(TransferState, "state"))
    drafted_at: Mapped[datetime]
    drafted_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    shipped_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    technician_id: Mapped[UUID | None]
    day: Mapped[date | None]

    lines: Mapped[list["TransferLine"]] = relationship(order_by="TransferLine.position", lazy="selectin")


class TransferLine(Keyed, Base):
    """Units of one part. serials: one for each unit of a serialised part. received: as counted where they arrived.

    used_quantity: units that were used before anybody had said that they arrived. lots: [[lot, units]] on the way.
    """

    __tablename__ = "transfer_lines"
    __table_args__ = (
        UniqueConstraint("transfer_id", "part_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("received_quantity >= 0", name="received"),
    )

    transfer_id: Mapped[UUID] = mapped_column(refers_to("transfers.id"))
    position: Mapped[int]
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), index=True)
    quantity: Mapped[int]
    serials: Mapped[list[Any]]
    received_quantity: Mapped[int | None]
    received_serials: Mapped[list[Any] | None]
    used_quantity: Mapped[int] = mapped_column(default=0, server_default="0")
    lots: Mapped[list[Any] | None]
