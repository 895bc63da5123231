"""In which order those who wait for units are served."""

from collections.abc import Sequence

from fieldsvc.domain.urgency import Urgency
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.tickets import Ticket

_MOST_URGENT_FIRST = tuple(reversed(Urgency))


def most_urgent_first(queue: Sequence[tuple[Reservation, Ticket]]) -> list[tuple[Reservation, Ticket]]:
    """Order a queue that is in the order of its requests: the most urgent first, then who has waited longest."""
    return sorted(queue, key=lambda row: urgency_rank(row[1].urgency))


def urgency_rank(urgency: str | None) -> int:
    """0 is the most urgent; what nobody has looked at yet is as urgent as most things."""
    return _MOST_URGENT_FIRST.index(Urgency(urgency or Urgency.NORMAL))
