"""A year of stock moves made up in memory: what came, what went to the vans, what was used, and what is left."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.ledger import MoveReason

_YEAR = timedelta(days=365)
_FIRST_DELIVERY = 400
"""Units of each part, so that a day's plan and thousands of reservations find some."""
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is. visits_each: of a technician on the day; there is one technician for each van."""

    moves: int = 1_000_000
    parts: int = 50_000
    vans: int = 500
    warehouses: int = 3
    visits_each: int = 4


@dataclass(frozen=True, slots=True)
class Places:
    """Where units are. warehouses: the first one is where all technicians fetch theirs."""

    supplier: UUID
    customer: UUID
    warehouses: tuple[UUID, ...]
    vans: tuple[UUID, ...]


@dataclass
class Ledger:
    """Makes moves, and keeps what they add up to. A part costs the same whenever it comes, so values are exact."""

    sizes: Sizes
    places: Places
    parts: list[UUID]
    costs: list[int]
    ended_at: datetime
    chance: random.Random
    on_hand: Counter[tuple[UUID, UUID]] = field(default_factory=Counter)
    value_cents: Counter[UUID] = field(default_factory=Counter)
    carried: dict[UUID, list[int]] = field(default_factory=dict)
    """By van: numbers of parts that were brought to it, one entry for each time."""

    def moves(self) -> Iterator[Row]:
        """Give all moves in their order: each part is delivered once, then a few parts move often and most seldom."""
        new_id, step = TimeOrderedIds().new, _YEAR / self.sizes.moves
        for number in range(self.sizes.moves):
            made = self._first(number) if number < len(self.parts) else self._next()
            part, quantity, source, target, reason = made
            at = self.ended_at - _YEAR + number * step
            cost = quantity * self.costs[part]
            value = {MoveReason.RECEIPT: cost, MoveReason.CONSUMPTION: -cost}.get(reason, 0)
            part_id = self.parts[part]
            self.on_hand[part_id, source] -= quantity
            self.on_hand[part_id, target] += quantity
            self.value_cents[part_id] += value
            yield {
                "id": new_id(),
                "part_id": part_id,
                "quantity": quantity,
                "from_location_id": source,
                "to_location_id": target,
                "reason": reason,
                "value_cents": value,
                "occurred_at": at,
                "recorded_at": at,
            }

    def _first(self, part: int) -> tuple[int, int, UUID, UUID, MoveReason]:
        return part, _FIRST_DELIVERY, self.places.supplier, self.places.warehouses[0], MoveReason.RECEIPT

    def _next(self) -> tuple[int, int, UUID, UUID, MoveReason]:
        chance = self.chance
        van = chance.choice(self.places.vans)
        carried = self.carried.setdefault(van, [])
        if carried and chance.random() < 0.45:
            place = chance.randrange(len(carried))
            carried[place], carried[-1] = carried[-1], carried[place]
            return carried.pop(), 1, van, self.places.customer, MoveReason.CONSUMPTION
        part = int(len(self.parts) * chance.random() ** 3)
        quantity, house = chance.randint(1, 3), self.places.warehouses[0]
        if chance.random() < 0.05 or self.on_hand[self.parts[part], house] < quantity + _FIRST_DELIVERY // 2:
            return part, _FIRST_DELIVERY // 2, self.places.supplier, house, MoveReason.RECEIPT
        if chance.random() < 0.1 and len(self.places.warehouses) > 1:
            other = chance.choice(self.places.warehouses[1:])
            return part, quantity, house, other, MoveReason.TRANSFER
        carried += [part] * quantity
        return part, quantity, house, van, MoveReason.TRANSFER
