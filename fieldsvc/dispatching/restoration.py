"""What was published before as it would be now: the same tours under the facts of this moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.days import DayPlan, days_of, unplanned_numbers
from fieldsvc.dispatching.published import PublishedTours
from fieldsvc.dispatching.restriction import StoredTravel
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.snapshot import Snapshot, take_snapshot
from solver.check import violations


@dataclass(frozen=True, slots=True)
class Restored:
    """Days to publish under a snapshot, the numbers of the visits that are in none, and what stands against it.

    absent: solver ids of technicians who have no shift any more, with their names. violations: in words.
    """

    snapshot: Snapshot
    days: tuple[DayPlan, ...]
    left_out: tuple[str, ...]
    absent: Mapping[str, str]
    violations: tuple[str, ...]


def restored(
    session: OrmSession,
    stored: Snapshot,
    team_id: UUID,
    technicians: frozenset[UUID],
    published: PublishedTours,
    now: datetime,
) -> Restored:
    """Time and judge earlier tours of some technicians anew; stored: the snapshot they were replaced by."""
    scope = Scope(team_id, stored.horizon.day, technicians, frozenset(stored.visits))
    current = take_snapshot(session, scope, StoredTravel(stored.problem), now)
    plan = published.plan(current, keeps_times=True)
    names = {one.id: one.name for one in stored.problem.technicians}
    absent = {str(one): names[str(one)] for one in technicians - {*current.technicians.values()}}
    against = tuple(map(str, violations(current.problem, plan)))
    days = () if against else days_of(current, plan)
    return Restored(current, days, unplanned_numbers(plan), absent, against)
