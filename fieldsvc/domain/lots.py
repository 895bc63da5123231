"""Lots: units of a part that were made together and expire together; the first to expire are taken first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

# What nobody knows the lot of: it never expires by itself, and is taken after all that does.
UNKNOWN_LOT = "unknown"

# Units by lot, in the order in which they are to be taken.
LotDraws = tuple[tuple[UUID, int], ...]


@dataclass(frozen=True, slots=True)
class LotUnits:
    """Units of one lot as somebody names them. expires_on: the last day on which they may be used; None = not said."""

    code: str
    quantity: int
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class LotStock:
    """Units of one lot that are at a place."""

    lot_id: UUID
    code: str
    expires_on: date | None
    units: int


def is_expired(expires_on: date | None, today: date) -> bool:
    """Tell whether units may not be used any more; on the day they expire they still may."""
    return expires_on is not None and expires_on < today


def first_expired_first(stock: Sequence[LotStock], quantity: int, today: date) -> LotDraws:
    """Choose so many units, as far as there are: those that expire first, then those without a day.

    What has expired comes last: nobody should use it, and what happened is booked all the same.
    """
    draws, left = [], quantity
    for lot in sorted(stock, key=lambda one: _rank(one, today)):
        units = min(left, lot.units)
        if units > 0:
            draws.append((lot.lot_id, units))
            left -= units
    return tuple(draws)


def choose(
    stock: Sequence[LotStock], quantity: int, today: date, wanted: LotDraws = (), kept: Mapping[UUID, int] | None = None
) -> LotDraws:
    """Choose so many units: the wanted lots as far as they are there, then the first to expire.

    kept: units by lot that are set aside for others; they are taken only where nothing else is left. Together with
    them, stock has to have the quantity.
    """
    there = {lot.lot_id: lot.units for lot in stock}
    draws: Counter[UUID] = Counter()
    for lot_id, units in wanted:
        draws[lot_id] += min(units, there.get(lot_id, 0) - draws[lot_id], quantity - draws.total())
    others = {lot_id: max(0, units - draws[lot_id]) for lot_id, units in (kept or {}).items()}
    for spared in (others, {}):
        rest = [
            LotStock(one.lot_id, one.code, one.expires_on, one.units - draws[one.lot_id] - spared.get(one.lot_id, 0))
            for one in stock
        ]
        for lot_id, units in first_expired_first(rest, quantity - draws.total(), today):
            draws[lot_id] += units
    return tuple((lot_id, units) for lot_id, units in draws.items() if units)


def share_out(draws: LotDraws, wishes: Sequence[tuple[int, LotDraws]]) -> list[LotDraws]:
    """Share draws out to those who get so many units each: first the lots they wish for, then what is left."""
    left, shares = Counter(dict(draws)), [Counter[UUID]() for _ in wishes]
    for share, (_, wanted) in zip(shares, wishes, strict=True):
        for lot_id, units in wanted:
            share[lot_id] = min(units, left[lot_id])
            left[lot_id] -= share[lot_id]
    for share, (quantity, _) in zip(shares, wishes, strict=True):
        for lot_id, _units in draws:
            taken = min(left[lot_id], max(0, quantity - share.total()))
            share[lot_id] += taken
            left[lot_id] -= taken
    return [_some(list(share.items())) for share in shares]


def split(draws: LotDraws, units: int) -> tuple[LotDraws, LotDraws]:
    """Part draws in the first so many units, and the rest."""
    first, rest = [], []
    for lot_id, there in draws:
        taken = min(units, there)
        units -= taken
        first.append((lot_id, taken))
        rest.append((lot_id, there - taken))
    return _some(first), _some(rest)


def without(draws: LotDraws, others: LotDraws) -> LotDraws:
    """Draws less what others have taken of the same lots."""
    left = Counter(dict(others))
    rest = []
    for lot_id, units in draws:
        taken = min(units, left[lot_id])
        left[lot_id] -= taken
        rest.append((lot_id, units - taken))
    return _some(rest)


def draws_document(draws: LotDraws) -> list[Any] | None:
    """Draws as JSON; none are null."""
    return [[str(lot_id), units] for lot_id, units in draws] or None


def draws_from(document: Sequence[Any] | None) -> LotDraws:
    """Draws as they were stored."""
    return tuple((UUID(lot_id), units) for lot_id, units in document or ())


def units_document(lots: Sequence[LotUnits]) -> list[Any]:
    """Named units as JSON."""
    return [[one.code, one.quantity, one.expires_on and one.expires_on.isoformat()] for one in lots]


def units_from(document: Sequence[Any]) -> tuple[LotUnits, ...]:
    """Named units as they were stored."""
    return tuple(LotUnits(code, units, date.fromisoformat(day) if day else None) for code, units, day in document)


def _rank(lot: LotStock, today: date) -> tuple[bool, bool, date, str]:
    return is_expired(lot.expires_on, today), lot.expires_on is None, lot.expires_on or date.max, lot.code


def _some(draws: Sequence[tuple[UUID, int]]) -> LotDraws:
    return tuple((lot_id, units) for lot_id, units in draws if units)
