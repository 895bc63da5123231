"""The parts catalogue and the stock as rows of a spreadsheet; those of parts can be brought in again as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.cells import joined
from fieldsvc.domain.ledger import VALUED
from fieldsvc.domain.permissions import Action, scope_for
from fieldsvc.models.stock import Part, StockBalance, StockBin, StockLocation, StockValue
from fieldsvc.persistence.statements import batched
from fieldsvc.services.part_imports import COLUMNS
from fieldsvc.services.parts import PartView, part_views
from fieldsvc.services.scopes import locations_in_scope, scope_of


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows of texts and whole numbers."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | int]]


def export_parts(session: OrmSession, actor: Actor) -> Table:
    """All parts by number, in the columns in which they are brought in."""
    scope_of(actor, Action.CATALOGUE_READ)
    parts = session.scalars(select(Part).order_by(Part.number)).all()
    numbers = {part.id: part.number for part in parts}
    views = (view for batch in batched(parts) for view in part_views(session, batch))
    rows = [_part_row(view, [numbers[one] for one in view.substitutes]) for view in views]
    return Table("parts", [column.name for column in COLUMNS], rows)


def _part_row(view: PartView, substitutes: Sequence[str]) -> list[str | int]:
    part = view.part
    return [
        part.number,
        part.name_en,
        part.name_zh,
        part.unit,
        part.barcode or "",
        str(part.is_serialised).lower(),
        str(part.has_lots).lower(),
        "" if part.shelf_life_days is None else part.shelf_life_days,
        part.unit_cost_cents,
        part.price_cents,
        part.criticality,
        joined(sorted(view.models)),
        joined(substitutes),
    ]


def export_stock(session: OrmSession, actor: Actor) -> Table:
    """What is on hand at the places the actor may see, by place and part; what it is worth for those who may know."""
    has_values = scope_for(Action.STOCK_VALUE_READ, actor.role) is not None
    header = ["location", "part", "name_en", "name_zh", "on_hand", "reserved", "bin"]
    worth = _worth(session) if has_values else {}
    query = (
        select(StockBalance, StockLocation, Part, StockBin.bin)
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .join(Part, Part.id == StockBalance.part_id)
        .outerjoin(
            StockBin,
            (StockBin.location_id == StockBalance.location_id) & (StockBin.part_id == StockBalance.part_id),
        )
        .where(locations_in_scope(actor, Action.STOCK_READ), StockLocation.is_physical)
        .order_by(StockLocation.code, Part.number)
    )
    rows: list[list[str | int]] = []
    for balance, location, part, shelf in session.execute(query):
        row: list[str | int] = [
            location.code,
            part.number,
            part.name_en,
            part.name_zh,
            balance.on_hand,
            balance.reserved,
            shelf or "",
        ]
        if has_values:
            units, value = worth.get(part.id, (0, 0))
            is_valued = location.kind in VALUED and units
            row.append(value * balance.on_hand // units if is_valued else 0)
        rows.append(row)
    return Table("stock", [*header, "value_cents"] if has_values else header, rows)


def _worth(session: OrmSession) -> dict[UUID, tuple[int, int]]:
    """(units, what they are worth together in cents) of each part that is in stock."""
    query = (
        select(StockValue.part_id, func.sum(StockBalance.on_hand), StockValue.value_cents)
        .join(StockBalance, StockBalance.part_id == StockValue.part_id)
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .where(StockLocation.kind.in_(VALUED))
        .group_by(StockValue.part_id, StockValue.value_cents)
    )
    return {part_id: (int(units), value) for part_id, units, value in session.execute(query)}
