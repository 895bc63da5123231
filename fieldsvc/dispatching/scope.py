"""What a run or a question is about."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """Which technician-days a run may change: one team's day, all its technicians or the ones named.

    visits: numbers of the only visits to look at; None = all that belong to the day. besides: a visit to look at
    wherever it is planned, and whether it may start on the day or not.
    """

    team_id: UUID
    day: date
    technicians: frozenset[UUID] | None = None
    visits: frozenset[str] | None = None
    besides: UUID | None = None
