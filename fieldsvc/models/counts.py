"""Counts of what is at a place."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.count_states import CountState
from fieldsvc.domain.lots import LotUnits, units_from
from fieldsvc.models.base import Base, Entity, Keyed, refers_to
from fieldsvc.models.types import one_of


class StockCount(Entity, Base):
    """Some parts, or all, at one place. differing_cents: what the differences are worth, whichever way they go."""

    __tablename__ = "stock_counts"
    __table_args__ = (CheckConstraint("differing_cents >= 0", name="money"),)

    number: Mapped[str] = mapped_column(String(32), unique=True)
    location_id: Mapped[UUID] = mapped_column(refers_to("stock_locations.id"), index=True)
    is_whole: Mapped[bool]
    state: Mapped[CountState] = mapped_column(one_of(CountState, "state"))
    opened_at: Mapped[datetime]
    opened_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    differing_cents: Mapped[int] = mapped_column(BigInteger, default=0)
    recount_reason: Mapped[str | None] = mapped_column(String(200))

    lines: Mapped[list["StockCountLine"]] = relationship(
        order_by="StockCountLine.position", lazy="selectin", cascade="all, delete-orphan"
    )


class StockCountLine(Keyed, Base):
    """One part. expected: what the books said when it was submitted; null before.

    lots: [[code, units, last day]] of a part that has them; null = it has none, or nobody has counted yet.
    """

    __tablename__ = "stock_count_lines"
    __table_args__ = (
        UniqueConstraint("count_id", "part_id"),
        CheckConstraint("counted_quantity >= 0", name="counted"),
    )

    count_id: Mapped[UUID] = mapped_column(refers_to("stock_counts.id"))
    position: Mapped[int]
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), index=True)
    counted_quantity: Mapped[int | None]
    counted_serials: Mapped[list[Any] | None]
    expected_quantity: Mapped[int | None]
    expected_serials: Mapped[list[Any] | None]
    counted_lots: Mapped[list[Any] | None]
    expected_lots: Mapped[list[Any] | None]

    @property
    def counted_lot_units(self) -> tuple[LotUnits, ...] | None:
        """Of which lots they were."""
        return None if self.counted_lots is None else units_from(self.counted_lots)

    @property
    def expected_lot_units(self) -> tuple[LotUnits, ...] | None:
        """Of which lots the books had them."""
        return None if self.expected_lots is None else units_from(self.expected_lots)
