"""A visit put on a published day by hand: the days that come of it, and what it breaks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session as OrmSession

from fieldsvc.adapters.travel import TravelTimes
from fieldsvc.dispatching.crew import shift_id
from fieldsvc.dispatching.days import DayPlan, days_of
from fieldsvc.dispatching.published import published_tours
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.snapshot import Snapshot, take_snapshot
from solver.by_hand import Wish, put_by_hand


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a placement breaks. number: of which visit; None = of the day."""

    rule: str
    number: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Placed:
    """The days to publish under a snapshot.

    broken: what they break that was not broken before. standing: all (visit number, rule) that they break.
    """

    snapshot: Snapshot
    days: tuple[DayPlan, ...]
    broken: tuple[Broken, ...]
    standing: frozenset[tuple[str | None, str]]


def placed(
    session: OrmSession, scope: Scope, travel: TravelTimes, now: datetime, crew: tuple[UUID, ...], start: datetime
) -> Placed | None:
    """Put the visit that a scope looks at besides where it is wanted; crew: the lead first, all with a shift that day.

    None: there is no way to let it stand there, whatever it breaks.

    The scope has to cover everybody who has the visit on that day and everybody who is to have it.
    """
    snapshot = take_snapshot(session, scope, travel, now)
    number = next(number for number, row_id in snapshot.visits.items() if row_id == scope.besides)
    published = published_tours(session, snapshot)
    shifts = tuple(shift_id(technician, scope.day) for technician in crew)
    wish = Wish(number, shifts, snapshot.horizon.second(start))
    made = put_by_hand(snapshot.problem, published.tours, published.times, wish, snapshot.held)
    if made is None:
        return None
    broken = tuple(Broken(one.rule, one.job, one.message) for one in made.broken)
    standing = frozenset((one.job, one.rule) for one in made.standing)
    return Placed(snapshot, days_of(snapshot, made.plan), broken, standing)
