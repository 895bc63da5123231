"""The database as a problem: one team's day, with what the published plan has in it."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.adapters.travel import TravelTimes
from fieldsvc.dispatching.crew import ShiftFacts, read_shifts, vehicle_shift
from fieldsvc.dispatching.horizon import Horizon
from fieldsvc.dispatching.jobs import VisitFacts, is_shared, job_of, read_visits
from fieldsvc.dispatching.part_hints import PartHints, read_part_hints
from fieldsvc.dispatching.places import Places
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.stock import FreeStock, earmarks_of, read_free_stock, read_part_numbers, warehouse_of
from fieldsvc.domain.visit_states import STARTED
from fieldsvc.models.technicians import Team
from fieldsvc.models.technicians import Technician as TechnicianRow
from solver import codec
from solver.params import Weights
from solver.problem import Job, Problem, Technician, VehicleShift


@dataclass(frozen=True)
class Snapshot:
    """A problem with the way back from its ids to rows, and the versions it was read at.

    visits: visit number to row id. technicians: solver id to row id. parts: part number to row id.
    locations: solver id of a warehouse to row id. route_versions: technician to row and version of the published
    day, empty where nothing is published: a day that was emptied and published anew is another row. as_of: the
    moment it takes for now: nobody sets off, and no begun work ends, before. held: numbers of the visits of crews that
    somebody outside belongs to: they stay where they are. hints: what helps where a part is missing.
    """

    problem: Problem
    horizon: Horizon
    visits: Mapping[str, UUID]
    technicians: Mapping[str, UUID]
    parts: Mapping[str, UUID]
    locations: Mapping[str, UUID]
    vans: Mapping[str, UUID]
    visit_versions: Mapping[str, int]
    route_versions: Mapping[str, str]
    as_of: datetime
    held: frozenset[str] = frozenset()
    hints: PartHints = field(default_factory=PartHints)
    hash: str = field(default="")


def take_snapshot(
    session: OrmSession,
    scope: Scope,
    travel: TravelTimes,
    now: datetime,
    weights: Weights | None = None,
    *,
    held_at: datetime | None = None,
) -> Snapshot:
    """Read everything a plan of the scope depends on, at one moment of the database.

    now: may lie ahead, so that a plan still holds when it has been made, looked at and published. held_at: when it
    really is, as a reservation holds until its own end; None = now.
    """
    team = session.get_one(Team, scope.team_id)
    horizon = Horizon(scope.day, team.zone)
    shifts = read_shifts(session, scope, now)
    technicians, places = {facts.technician.id for facts in shifts}, Places()
    visits = read_visits(session, scope, horizon, technicians)
    parts = read_part_numbers(session)
    held = {facts.visit.number for facts in visits if is_shared(facts, horizon, technicians)}
    supplied = _supplied(visits, held, technicians)
    kept = {facts.visit.id for facts in visits if _left_as_it_is(facts)} & supplied
    free = read_free_stock(session, supplied - kept, kept, scope.team_id, held_at or now, horizon)
    built = _vehicle_shifts(shifts, visits, horizon, places, now)
    vans = _vans(shifts)
    earmarks = earmarks_of(free, [facts.visit for facts in visits if facts.visit.id in supplied], vans, parts)
    jobs = tuple(
        replace(job_of(facts, horizon, places, now, technicians), earmarks=earmarks.get(facts.visit.id, ()))
        for facts in visits
    )
    houses = tuple(warehouse_of(house, free, parts, places) for house in free.warehouses)
    problem = Problem(
        id=f"{team.name} {scope.day.isoformat()}",
        horizon_s=horizon.length_s,
        locations=places.locations,
        profiles=places.profiles(frozenset(shift.profile for shift in built) or frozenset({"car"}), travel),
        technicians=(*_working(shifts, free, parts), *_named_only(session, jobs, technicians)),
        shifts=built,
        jobs=jobs,
        warehouses=houses,
        weights=weights or Weights(),
        sequences=_sequences(visits),
        origin=scope.day.isoformat(),
    )
    return Snapshot(
        problem=problem,
        horizon=horizon,
        visits={facts.visit.number: facts.visit.id for facts in visits},
        technicians={str(technician): technician for technician in technicians},
        parts={number: part_id for part_id, number in parts.items()},
        locations={house.code: house.id for house in free.warehouses},
        vans={technician: van for van, technician in vans.items()},
        visit_versions={facts.visit.number: facts.visit.version for facts in visits},
        route_versions={str(facts.technician.id): facts.route_version for facts in shifts},
        as_of=now,
        held=frozenset(held),
        hints=read_part_hints(session, [facts.visit for facts in visits], free, parts),
        hash=hash_of(problem),
    )


def _vehicle_shifts(
    shifts: list[ShiftFacts], visits: list[VisitFacts], horizon: Horizon, places: Places, now: datetime
) -> tuple[VehicleShift, ...]:
    return tuple(
        vehicle_shift(facts, [one for one in visits if _is_begun_by(one, facts)], horizon, places, now)
        for facts in shifts
    )


def _vans(shifts: list[ShiftFacts]) -> dict[UUID, str]:
    """Van to technician."""
    return {
        facts.technician.van_location_id: str(facts.technician.id)
        for facts in shifts
        if facts.technician.van_location_id is not None
    }


def hash_of(problem: Problem) -> str:
    """SHA-256 of the problem's document."""
    return hashlib.sha256(codec.dumps(codec.problem_to_document(problem)).encode()).hexdigest()


def _working(shifts: list[ShiftFacts], free: FreeStock, parts: dict[UUID, str]) -> Iterator[Technician]:
    for facts in shifts:
        yield Technician(str(facts.technician.id), facts.technician.name, free.on_van(facts.technician, parts))


def _named_only(session: OrmSession, jobs: tuple[Job, ...], working: set[UUID]) -> tuple[Technician, ...]:
    """Technicians whom jobs name but who have no shift in the scope: without them "required" would mean nobody."""
    named = {
        UUID(technician)
        for job in jobs
        for technician in job.required_technicians
        | job.preferred_technicians
        | job.excluded_technicians
        | job.declined_by
    }
    rows = session.scalars(
        select(TechnicianRow).where(TechnicianRow.id.in_(named - working)).order_by(TechnicianRow.id)
    )
    return tuple(Technician(str(row.id), row.name) for row in rows)


def _supplied(visits: list[VisitFacts], held: set[str], technicians: set[UUID]) -> set[UUID]:
    """Visits whose parts the plan says: neither begun, nor led by somebody who is not looked at."""
    return {
        facts.visit.id
        for facts in visits
        if facts.visit.state not in STARTED and not (facts.visit.number in held and _is_led_outside(facts, technicians))
    }


def _left_as_it_is(facts: VisitFacts) -> bool:
    """Whether somebody of a crew is on his way before its lead: what is counted on for the visit stays."""
    return any(one.state in STARTED for one in facts.assignments)


def _is_led_outside(facts: VisitFacts, technicians: set[UUID]) -> bool:
    return any(one.is_lead and one.technician_id not in technicians for one in facts.assignments)


def _is_begun_by(facts: VisitFacts, shift: ShiftFacts) -> bool:
    return facts.visit.state in STARTED and any(
        one.technician_id == shift.technician.id and one.state in STARTED for one in facts.assignments
    )


def _sequences(visits: list[VisitFacts]) -> tuple[tuple[str, ...], ...]:
    """Visits that share a sequence lock, in the order of their published starts."""
    groups: dict[UUID, list[VisitFacts]] = {}
    for facts in visits:
        if facts.visit.lock_sequence_id is not None and facts.visit.planned_start is not None:
            groups.setdefault(facts.visit.lock_sequence_id, []).append(facts)
    return tuple(
        tuple(facts.visit.number for facts in sorted(group, key=lambda one: str(one.visit.planned_start)))
        for group in groups.values()
        if len(group) > 1
    )
