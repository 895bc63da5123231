"""The part of a proposal that can still be published: judged again under the facts of this moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session as OrmSession

from fieldsvc.adapters.travel import Cells, EstimatedTravel, Point, TableTravel, TravelTimes
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.snapshot import Snapshot, take_snapshot
from solver.check import violations
from solver.plan import Cause, Plan, Route, Unplanned
from solver.problem import Problem
from solver.reasons import Reason
from solver.violation import Violation


@dataclass(frozen=True, slots=True)
class Publishable:
    """What may be published now: current facts, the routes that hold under them, and why the others don't.

    skipped: technician (solver id) to a sentence.
    """

    snapshot: Snapshot
    plan: Plan
    skipped: Mapping[str, str]


def publishable(
    session: OrmSession,
    stored: Snapshot,
    plan: Plan,
    team_id: UUID,
    published: Mapping[str, frozenset[str]],
    skipped: Mapping[str, str],
    now: datetime,
) -> Publishable:
    """Leave out technician-days until the rest of a plan holds under current facts.

    published: visit number to the technicians who have it now. skipped: technician-days that are out already, with
    the reason. Days connected to one that is left out (through a visit that moves between them, a sequence or a
    predecessor) are left out with it.
    """
    left_out, own = dict(skipped), stored.technicians.keys()
    within = {number: technicians & own for number, technicians in published.items()}
    while True:
        _spread(stored.problem, plan, within, left_out)
        clean = frozenset(stored.technicians[one] for one in stored.technicians if one not in left_out)
        scope = Scope(team_id, stored.horizon.day, clean, frozenset(stored.visits))
        current = take_snapshot(session, scope, StoredTravel(stored.problem), max(now, stored.as_of), held_at=now)
        candidate = restricted(plan, stored.problem, current.problem)
        gone = stored.technicians.keys() - left_out.keys() - current.technicians.keys()
        if gone:
            broken = dict.fromkeys(gone, "there is no shift on that day any more")
        elif candidate is None:
            broken = dict.fromkeys(current.technicians, "a place on its route has changed")
        else:
            broken = _by_technician(violations(current.problem, candidate), current.problem, candidate)
        if candidate is not None and not broken:
            return Publishable(current, candidate, left_out)
        left_out |= broken


class StoredTravel:
    """Travel as a problem has it, so that nothing is asked over a network while a transaction is open."""

    def __init__(self, problem: Problem) -> None:
        points = [(place.latitude or 0.0, place.longitude or 0.0) for place in problem.locations]
        self._otherwise = EstimatedTravel()
        self._tables = {
            name: TableTravel(points, profile.seconds, profile.metres, self._otherwise)
            for name, profile in problem.profiles.items()
        }

    def matrix(self, points: Sequence[Point], profile: str) -> tuple[Cells, Cells]:
        """Read what the problem has of a profile and estimate the rest."""
        known: TravelTimes = self._tables.get(profile, self._otherwise)
        return known.matrix(points, profile)


def restricted(plan: Plan, old: Problem, new: Problem) -> Plan | None:
    """The routes of a plan whose shifts another problem has, with that problem's places; None where one is gone."""
    rows = {(place.latitude, place.longitude): row for row, place in enumerate(new.locations)}
    moved = {
        index: rows[place.latitude, place.longitude]
        for index, place in enumerate(old.locations)
        if (place.latitude, place.longitude) in rows
    }
    routes: list[Route] = []
    for route in plan.routes:
        if route.shift not in new.shift_by_id:
            continue
        if any(stop.location not in moved for stop in route.stops):
            return None
        stops = tuple(replace(stop, location=moved[stop.location]) for stop in route.stops)
        routes.append(replace(route, stops=stops))
    planned = {job for route in routes for job in route.jobs}
    causes = {left.job: left.causes for left in plan.unplanned}
    unknown = (Cause(Reason.NOT_PROVEN, "It was not part of what was applied.", "Start another run."),)
    left = tuple(Unplanned(job.id, causes.get(job.id, unknown)) for job in new.jobs if job.id not in planned)
    return Plan(new.id, tuple(routes), left)


def _spread(problem: Problem, plan: Plan, published: Mapping[str, frozenset[str]], left_out: dict[str, str]) -> None:
    """Leave out every technician-day that shares a visit, before or after, with one that is left out."""
    owners: dict[str, set[str]] = {visit: set(technicians) for visit, technicians in published.items()}
    for route in plan.routes:
        for job in route.jobs:
            owners.setdefault(job, set()).add(problem.shift_by_id[route.shift].technician)
    groups = [owners[job] for job in owners if len(owners[job]) > 1]
    groups += [_owners_of(owners, sequence) for sequence in problem.sequences]
    groups += [
        _owners_of(owners, (job.id, *(first.job for first in job.predecessors)))
        for job in problem.jobs
        if job.predecessors
    ]
    growing = True
    while growing:
        growing = False
        for group in groups:
            hit = group & left_out.keys()
            fresh = group - left_out.keys()
            if hit and fresh:
                cause = problem.technician_by_id[min(hit)].name or min(hit)
                left_out.update(dict.fromkeys(fresh, f"it shares a visit with the day of {cause}, which was left out"))
                growing = True


def _owners_of(owners: Mapping[str, set[str]], jobs: Iterable[str]) -> set[str]:
    return set().union(*(owners.get(job, set()) for job in jobs))


def _by_technician(found: tuple[Violation, ...], problem: Problem, plan: Plan) -> dict[str, str]:
    """Technician to the first violation on the day; one that names no route is laid to every route."""
    homes = {job: route.shift for route in plan.routes for job in route.jobs}
    broken: dict[str, str] = {}
    for violation in found:
        shift = violation.shift or homes.get(violation.job or "")
        if shift is not None and shift in problem.shift_by_id:
            named = [problem.shift_by_id[shift].technician]
        else:
            named = [problem.shift_by_id[route.shift].technician for route in plan.routes] or list(
                problem.technician_by_id
            )
        for technician in named:
            broken.setdefault(technician, str(violation))
    return broken
