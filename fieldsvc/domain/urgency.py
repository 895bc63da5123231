"""How urgent a ticket is, and what its visits get from that where nobody says otherwise."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Urgency(StrEnum):
    """How soon somebody has to be there."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    EMERGENCY = "emergency"


def raised(urgency: Urgency) -> Urgency:
    """Return the level above, or the highest."""
    levels = list(Urgency)
    return levels[min(levels.index(urgency) + 1, len(levels) - 1)]


@dataclass(frozen=True, slots=True)
class VisitDefaults:
    """What a visit weighs in planning. priority: 1 is the most urgent; due_after counts from the report."""

    priority: int
    due_after: timedelta
    unplanned_penalty_cents: int
    lateness_cents_per_minute: int


VISIT_DEFAULTS: dict[Urgency, VisitDefaults] = {
    Urgency.LOW: VisitDefaults(4, timedelta(days=7), 20_000, 0),
    Urgency.NORMAL: VisitDefaults(3, timedelta(days=3), 40_000, 0),
    Urgency.HIGH: VisitDefaults(2, timedelta(hours=24), 90_000, 100),
    Urgency.EMERGENCY: VisitDefaults(1, timedelta(hours=4), 250_000, 500),
}
