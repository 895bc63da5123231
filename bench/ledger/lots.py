"""Lots of part B: what has to hold of them, and that whoever takes units gets the first to expire."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from uuid import UUID

from bench.ledger.books import Books, Key
from bench.ledger.world import DAY, World
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.lots import LotUnits

_DAYS: Mapping[str, date | None] = {"L0": DAY + timedelta(days=60), "L1": DAY + timedelta(days=30), "L2": None}
_ANY_ORDER = (LocationKind.IN_TRANSIT, LocationKind.QUARANTINE)
"""From there what was sent, or has come back, leaves as it is."""


def lots_named(quantity: int, pick: int) -> tuple[LotUnits, ...]:
    """Return of which lots units are that come: of one, or of two."""
    codes = sorted(_DAYS)
    first, second = codes[pick % 3], codes[(pick + 1) % 3]
    parts = [(first, quantity - quantity // 2), (second, quantity // 2)] if pick % 2 else [(first, quantity)]
    return tuple(LotUnits(code, units, _DAYS[code]) for code, units in parts if units)


def lot_faults(books: Books, world: World) -> Iterator[str]:
    """Say where lots are not what their moves, or the balances above them, say."""
    of, places = world.parts["B"], world.place_by_id
    sums: Counter[Key] = Counter()
    for move in books.moves.values():
        lots = books.lot_moves.get(move.id, {})
        if sum(lots.values()) != (move.quantity if move.part == of else 0):
            yield f"lots: {move} is of {lots}"
        for lot, units in lots.items():
            sums[lot, move.source] -= units
            sums[lot, move.target] += units
        if move.reverses is not None and lots != books.lot_moves.get(move.reverses, {}):
            yield f"lots: {move} takes other ones back than have come"
    for key in sums.keys() | books.lot_balances.keys():
        if sums[key] != books.lot_balances.get(key, 0):
            yield f"lots: {key} has {books.lot_balances.get(key)}, the moves say {sums[key]}"
    at: Counter[UUID] = Counter()
    for (_, place), units in books.lot_balances.items():
        at[place] += units
        if units < 0 and places[place].is_physical:
            yield f"lots: {units} of one at {places[place].code}"
    for place in places:
        if at[place] != books.balances.get((of, place), (0, 0))[0]:
            yield f"lots: {at[place]} at {places[place].code}, {books.balances.get((of, place))} of the part"


def draw_faults(before: Books, after: Books, world: World) -> Iterator[str]:
    """Say which new moves have left a lot that expires before one they took."""
    here = Counter(dict(before.lot_balances))
    new = sorted((one for one in after.moves.values() if one.id not in before.moves), key=lambda one: one.id)
    for move in new:
        drawn = after.lot_moves.get(move.id, {})
        for lot, units in drawn.items():
            here[lot, move.source] -= units
            here[lot, move.target] += units
        source = world.place_by_id[move.source]
        if not source.is_physical or source.kind in _ANY_ORDER or move.reason == "correction" or not drawn:
            continue
        last = max((after.lots[lot] or date.max) for lot in drawn)
        left = [lot for lot in after.lots if here[lot, move.source] > 0 and (after.lots[lot] or date.max) < last]
        if left:
            yield f"lots: {move} took {drawn} and left {left} at {source.code}"
