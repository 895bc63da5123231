"""Which of the units that came to a van for visits are still spare there, by what has happened since.

Units of a part are alike: whatever leaves the free stock of a van takes what is spare first, and of that the oldest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Spared:
    """Units that a hand-over has brought from a warehouse and no visit there needs. change_no: since which change."""

    change_no: int
    house_id: UUID
    transfer_id: UUID
    units: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Units that have left what is free: used, moved away or promised. house_id: those from there go first."""

    change_no: int
    units: int
    house_id: UUID | None = None


def still_spare(spared: Iterable[Spared], taken: Iterable[Taken]) -> list[Spared]:
    """Return what is left of spare units, the oldest first; what left before they were spare does not count."""
    left: list[Spared] = []
    steps: list[Spared | Taken] = [*spared, *taken]
    for step in sorted(steps, key=lambda one: one.change_no):
        if isinstance(step, Spared):
            left.append(step)
        else:
            left = less(left, step.units, step.house_id)
    return left


def less(spare: Sequence[Spared], units: int, house_id: UUID | None = None) -> list[Spared]:
    """Return spare units without so many of them: those from one warehouse go first, then the oldest."""
    kept = []
    for one in sorted(spare, key=lambda each: (each.house_id != house_id, each.change_no)):
        gone = min(max(units, 0), one.units)
        units -= gone
        if gone < one.units:
            kept.append(replace(one, units=one.units - gone))
    return sorted(kept, key=lambda each: each.change_no)
