"""What helps where a part is missing: when it is to come, and what could take its place."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.expected_parts import expected_days
from fieldsvc.dispatching.stock import FreeStock
from fieldsvc.models.stock import PartSubstitute
from fieldsvc.models.visits import Visit


@dataclass(frozen=True, slots=True)
class PartHints:
    """By part number. expected: the first day on which a supplier is to bring units to a warehouse that routes stop at.

    substitutes: what can take its place, the best first, with the units that are free at those warehouses.
    """

    expected: Mapping[str, date] = field(default_factory=dict)
    substitutes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "expected": {part: day.isoformat() for part, day in self.expected.items()},
            "substitutes": {part: dict(others) for part, others in self.substitutes.items()},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "PartHints":
        """As it was stored."""
        expected = {part: date.fromisoformat(day) for part, day in document.get("expected", {}).items()}
        return cls(expected, document.get("substitutes", {}))


def read_part_hints(
    session: OrmSession, visits: Collection[Visit], free: FreeStock, numbers: Mapping[UUID, str]
) -> PartHints:
    """Read what may help visits whose parts turn out to be missing."""
    wanted = {part.part_id for visit in visits for part in visit.parts}
    at_hand: Counter[UUID] = Counter()
    for (place, part), units in free.units.items():
        if place in free.places:
            at_hand[part] += units
    query = (
        select(PartSubstitute.part_id, PartSubstitute.substitute_id)
        .where(PartSubstitute.part_id.in_(wanted))
        .order_by(PartSubstitute.part_id, PartSubstitute.position)
    )
    substitutes: dict[str, dict[str, int]] = {}
    for part, other in session.execute(query):
        if at_hand[other]:
            substitutes.setdefault(numbers[part], {})[numbers[other]] = at_hand[other]
    expected = {numbers[part]: day for part, day in expected_days(session, free.places).items() if part in wanted}
    return PartHints(expected, substitutes)
