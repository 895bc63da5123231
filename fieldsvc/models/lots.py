"""Lots of parts, where their units lie, and which of them moved. They stand below the balances and the ledger."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.models.base import Base, Entity, refers_to


class Lot(Entity, Base):
    """Units of a part that were made together. expires_on: the last day on which they may be used; null = any."""

    __tablename__ = "lots"
    __table_args__ = (UniqueConstraint("part_id", "code"), Index("ix_lots_expires_on", "expires_on"))

    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"))
    code: Mapped[str] = mapped_column(String(64))
    expires_on: Mapped[date | None]


class LotBalance(Base):
    """What the moves of one lot at one place add up to."""

    __tablename__ = "lot_balances"
    __table_args__ = (
        ForeignKeyConstraint(
            ["location_id", "is_physical"],
            ["stock_locations.id", "stock_locations.is_physical"],
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint("NOT is_physical OR on_hand >= 0", name="physical"),
    )

    lot_id: Mapped[UUID] = mapped_column(refers_to("lots.id"), primary_key=True)
    location_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    is_physical: Mapped[bool]
    on_hand: Mapped[int]


class StockMoveLot(Base):
    """Units of one lot in a move of the ledger; never changed, as the move."""

    __tablename__ = "stock_move_lots"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    move_id: Mapped[UUID] = mapped_column(refers_to("stock_moves.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(refers_to("lots.id"), primary_key=True, index=True)
    quantity: Mapped[int]
