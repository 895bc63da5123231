"""Parts, where they lie, and the ledger of what moved."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.ledger import PHYSICAL, LocationKind, MoveReason
from fieldsvc.models.base import Base, Entity, Keyed, refers_to
from fieldsvc.models.types import one_of

_PHYSICAL_KINDS = ", ".join(f"'{kind}'" for kind in sorted(PHYSICAL))


class Part(Entity, Base):
    """A catalogue item. Money in cents. unit: what it is counted in; barcode: as scanners read it.

    criticality: 0 a part that can wait; 1 one without which an asset works badly; 2 one without which it stands still.
    has_lots: its units are told apart by what they were made with. shelf_life_days: how long a lot without a day may
    be used once it has come; null = for ever.
    """

    __tablename__ = "parts"
    __table_args__ = (
        CheckConstraint("unit_cost_cents >= 0 AND price_cents >= 0", name="money"),
        CheckConstraint("criticality BETWEEN 0 AND 2", name="criticality"),
        CheckConstraint("NOT (has_lots AND is_serialised)", name="lots"),
        CheckConstraint("shelf_life_days > 0", name="shelf_life"),
        Index("uq_parts_barcode", "barcode", unique=True),
    )

    number: Mapped[str] = mapped_column(String(64), unique=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    unit_cost_cents: Mapped[int]
    price_cents: Mapped[int]
    is_serialised: Mapped[bool] = mapped_column(default=False)
    unit: Mapped[str] = mapped_column(String(16), default="piece", server_default="piece")
    barcode: Mapped[str | None] = mapped_column(String(64))
    criticality: Mapped[int] = mapped_column(default=0, server_default="0")
    has_lots: Mapped[bool] = mapped_column(default=False, server_default=false())
    shelf_life_days: Mapped[int | None]


class PartModel(Base):
    """A model of assets that a part fits."""

    __tablename__ = "part_models"

    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), primary_key=True)
    model: Mapped[str] = mapped_column(String(120), primary_key=True, index=True)


class PartSubstitute(Base):
    """A part that can take the place of another one; the lowest position first."""

    __tablename__ = "part_substitutes"
    __table_args__ = (CheckConstraint("part_id <> substitute_id", name="another"),)

    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), primary_key=True)
    substitute_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), primary_key=True)
    position: Mapped[int]


class StockLocation(Entity, Base):
    """A place units are at, or a balancing kind that stands for the world outside.

    opening_windows: [[start, end]] in seconds from local midnight, closed; null = always open.
    is_physical repeats the kind so that balances can be checked by the database.
    """

    __tablename__ = "stock_locations"
    __table_args__ = (
        UniqueConstraint("id", "is_physical"),
        CheckConstraint(f"is_physical = (kind IN ({_PHYSICAL_KINDS}))", name="physical_kind"),
        CheckConstraint("handling_s >= 0", name="handling"),
    )

    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    kind: Mapped[LocationKind] = mapped_column(one_of(LocationKind, "kind"))
    is_physical: Mapped[bool]
    team_id: Mapped[UUID | None] = mapped_column(refers_to("teams.id"), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    opening_windows: Mapped[list[Any] | None]
    handling_s: Mapped[int] = mapped_column(default=0)
    lent_tools: Mapped[list[Any] | None]


class StockMove(Keyed, Base):
    """One row of the ledger; never changed, only reversed, and that once.

    value_cents: what it added to what all stock is worth; less than 0 where units left, 0 for moves within.
    """

    __tablename__ = "stock_moves"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("from_location_id <> to_location_id", name="two_locations"),
        Index("ix_stock_moves_part_from", "part_id", "from_location_id"),
        Index("ix_stock_moves_part_to", "part_id", "to_location_id"),
    )

    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"))
    quantity: Mapped[int]
    from_location_id: Mapped[UUID] = mapped_column(refers_to("stock_locations.id"))
    to_location_id: Mapped[UUID] = mapped_column(refers_to("stock_locations.id"))
    reason: Mapped[MoveReason] = mapped_column(one_of(MoveReason, "reason"))
    serial: Mapped[str | None] = mapped_column(String(80))
    visit_id: Mapped[UUID | None] = mapped_column(refers_to("visits.id"), index=True)
    reverses_id: Mapped[UUID | None] = mapped_column(refers_to("stock_moves.id"), unique=True)
    value_cents: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    actor_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class StockBalance(Entity, Base):
    """What the moves of one part at one location add up to, and how much of it is promised."""

    __tablename__ = "stock_balances"
    __table_args__ = (
        UniqueConstraint("part_id", "location_id"),
        ForeignKeyConstraint(
            ["location_id", "is_physical"],
            ["stock_locations.id", "stock_locations.is_physical"],
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("NOT is_physical OR (on_hand >= 0 AND reserved <= on_hand)", name="physical"),
        CheckConstraint("is_physical OR reserved = 0", name="balancing"),
    )

    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"))
    location_id: Mapped[UUID] = mapped_column(index=True)
    is_physical: Mapped[bool]
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)


class StockValue(Base):
    """What all units of a part, but for those in quarantine, are worth together, at what they have cost on average."""

    __tablename__ = "stock_values"
    __table_args__ = (CheckConstraint("value_cents >= 0", name="value"),)

    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), primary_key=True)
    value_cents: Mapped[int] = mapped_column(BigInteger)


class StockBin(Base):
    """Where in a warehouse a part lies, as its people call it: the order in which they pick."""

    __tablename__ = "stock_bins"

    location_id: Mapped[UUID] = mapped_column(refers_to("stock_locations.id"), primary_key=True)
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), primary_key=True)
    bin: Mapped[str] = mapped_column(String(32))
