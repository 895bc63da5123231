"""Visits as jobs: what they need, when they may start, and how far a run may move them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import joinedload, selectinload

from fieldsvc.dispatching.horizon import Horizon
from fieldsvc.dispatching.places import Places
from fieldsvc.dispatching.scope import Scope
from fieldsvc.domain.visit_states import PUBLISHED, STARTED, VisitState
from fieldsvc.models.assignments import Assignment, Decline
from fieldsvc.models.stock import Part
from fieldsvc.models.visits import TechnicianRuleKind, Visit, VisitPredecessor
from solver.problem import Job, Lock, Predecessor, Previous, Window
from solver.units import MAX_TIME_S

NEVER = datetime.max.replace(tzinfo=UTC)
PRIORITIES = {1: "emergency", 2: "high", 3: "normal", 4: "low"}


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """A visit with its open assignments, who declined it, its part numbers and its unfinished predecessors.

    predecessors: (number, lag in seconds) of those that are looked at with it. not_before: when those that stay where
    they are have ended; NEVER where one of them has no time yet.
    """

    visit: Visit
    assignments: tuple[Assignment, ...]
    declined_by: frozenset[UUID]
    part_numbers: dict[UUID, str]
    predecessors: tuple[tuple[str, int], ...]
    not_before: datetime | None


def read_visits(session: OrmSession, scope: Scope, horizon: Horizon, technicians: Collection[UUID]) -> list[VisitFacts]:
    """Visits that belong to the scope: unscheduled ones that may start on its day, and its technicians' open ones.

    A published visit of a technician outside the scope is left where it is, and so are its parts.
    """
    start, end = horizon.moment(0), horizon.moment(horizon.length_s)
    in_scope = select(Assignment.visit_id).where(
        Assignment.day == scope.day, Assignment.ended_at.is_(None), Assignment.technician_id.in_(technicians)
    )
    query = (
        select(Visit)
        .where(
            or_(
                and_(Visit.team_id == scope.team_id, Visit.state == VisitState.UNSCHEDULED),
                and_(Visit.state.in_((*PUBLISHED, *STARTED)), Visit.id.in_(in_scope)),
                Visit.id == scope.besides,
            )
        )
        .options(joinedload(Visit.site), selectinload(Visit.predecessors))
        .order_by(Visit.number)
    )
    if scope.visits is not None:
        query = query.where(Visit.number.in_(scope.visits))
    visits = [
        visit
        for visit in session.scalars(query).unique()
        if visit.state is not VisitState.UNSCHEDULED or visit.id == scope.besides or _may_start_on(visit, start, end)
    ]
    return _with_facts(session, visits)


def job_of(
    facts: VisitFacts, horizon: Horizon, places: Places, now: datetime, within: Collection[UUID] | None = None
) -> Job:
    """The visit as the solver knows it; what may not be changed becomes a lock.

    within: the technicians that are looked at; None = all. A crew that others belong to as well stays where it is.
    """
    visit = facts.visit
    if is_shared(facts, horizon, within):
        return _held(facts, horizon, places, within or ())
    rules: dict[TechnicianRuleKind, set[str]] = {kind: set() for kind in TechnicianRuleKind}
    for rule in visit.technician_rules:
        rules[rule.kind].add(str(rule.technician_id))
    return Job(
        id=visit.number,
        location=places.index((visit.site.latitude, visit.site.longitude), visit.site.address),
        service_s=_service_s(facts, now),
        windows=_windows(facts, horizon),
        service_s_by_level=tuple(
            sorted((int(level), seconds) for level, seconds in (visit.service_s_by_level or {}).items())
        ),
        skills={skill.skill: skill.level for skill in sorted(visit.skills, key=lambda one: one.skill)},
        tools=frozenset(visit.tools),
        parts={facts.part_numbers[part.part_id]: part.quantity for part in visit.parts},
        unplanned_penalty_cents=visit.unplanned_penalty_cents,
        due_s=None if visit.due_at is None else _second(horizon, visit.due_at),
        lateness_cents_per_minute=visit.lateness_cents_per_minute,
        required_technicians=frozenset(rules[TechnicianRuleKind.REQUIRED]),
        preferred_technicians=frozenset(rules[TechnicianRuleKind.PREFERRED]),
        excluded_technicians=frozenset(rules[TechnicianRuleKind.EXCLUDED]),
        declined_by=frozenset(str(technician) for technician in facts.declined_by),
        territory=visit.territory,
        crew_size=visit.crew_size,
        predecessors=tuple(Predecessor(number, lag) for number, lag in facts.predecessors),
        lock=_lock(facts, horizon),
        previous=_previous(facts, horizon),
        priority=PRIORITIES.get(visit.priority, str(visit.priority)),
    )


def is_shared(facts: VisitFacts, horizon: Horizon, within: Collection[UUID] | None) -> bool:
    """Tell whether some who are looked at, and have not set off, make a visit together with some who are not."""
    if within is None:
        return False
    crew = [one for one in facts.assignments if one.day == horizon.day]
    own = [one for one in crew if one.technician_id in within]
    return bool(own) and len(own) < len(crew) and not any(one.state in STARTED for one in own)


def _held(facts: VisitFacts, horizon: Horizon, places: Places, within: Collection[UUID]) -> Job:
    """The part in a crew's visit of those who are looked at: there, then, for as long as it is published."""
    visit = facts.visit
    own = [one for one in facts.assignments if one.technician_id in within and one.day == horizon.day]
    start, end = _second(horizon, own[0].planned_start), _second(horizon, own[0].planned_end)
    brings_parts = any(one.is_lead for one in own)
    return Job(
        id=visit.number,
        location=places.index((visit.site.latitude, visit.site.longitude), visit.site.address),
        service_s=end - start,
        parts={facts.part_numbers[part.part_id]: part.quantity for part in visit.parts} if brings_parts else {},
        unplanned_penalty_cents=visit.unplanned_penalty_cents,
        crew_size=len(own),
        lock=Lock(tuple(f"{one.technician_id}/{one.day.isoformat()}" for one in own), None, Window(start, start)),
        priority=PRIORITIES.get(visit.priority, str(visit.priority)),
    )


def _with_facts(session: OrmSession, visits: list[Visit]) -> list[VisitFacts]:
    ids = [visit.id for visit in visits]
    assignments: dict[UUID, list[Assignment]] = {}
    for one in session.scalars(
        select(Assignment)
        .where(Assignment.visit_id.in_(ids), Assignment.ended_at.is_(None))
        .order_by(Assignment.is_lead.desc(), Assignment.id)
    ):
        assignments.setdefault(one.visit_id, []).append(one)
    declines: dict[UUID, set[UUID]] = {}
    for decline in session.scalars(select(Decline).where(Decline.visit_id.in_(ids))):
        declines.setdefault(decline.visit_id, set()).add(decline.technician_id)
    wanted = {part.part_id for visit in visits for part in visit.parts}
    numbers = {part.id: part.number for part in session.scalars(select(Part).where(Part.id.in_(wanted)))}
    known = {visit.id: visit.number for visit in visits}
    firsts = _unfinished_predecessors(session, visits)
    return [
        VisitFacts(
            visit,
            tuple(assignments.get(visit.id, ())),
            frozenset(declines.get(visit.id, ())),
            numbers,
            tuple((known[row.predecessor_id], row.lag_s) for row, _ in own if row.predecessor_id in known),
            max((ends for row, ends in own if row.predecessor_id not in known), default=None),
        )
        for visit in visits
        for own in (firsts.get(visit.id, []),)
    ]


def _unfinished_predecessors(
    session: OrmSession, visits: list[Visit]
) -> dict[UUID, list[tuple[VisitPredecessor, datetime]]]:
    """Rows whose earlier visit is still to be done, with when the later one may start as things are published.

    A finished or cancelled visit no longer holds anybody up.
    """
    rows = [row for visit in visits for row in visit.predecessors]
    wanted = {row.predecessor_id for row in rows}
    firsts = {
        visit_id: (state, planned_end)
        for visit_id, state, planned_end in session.execute(
            select(Visit.id, Visit.state, Visit.planned_end).where(Visit.id.in_(wanted))
        )
    }
    found: dict[UUID, list[tuple[VisitPredecessor, datetime]]] = {}
    for row in rows:
        state, planned_end = firsts[row.predecessor_id]
        if state in (VisitState.UNSCHEDULED, *PUBLISHED, *STARTED):
            ends = NEVER if planned_end is None else planned_end + timedelta(seconds=row.lag_s)
            found.setdefault(row.visit_id, []).append((row, ends))
    return found


def _may_start_on(visit: Visit, start: datetime, end: datetime) -> bool:
    """Whether a run of the day should look at an unscheduled visit: it has no window, or one that is not over."""
    return not visit.windows or any(window.latest >= start and window.earliest < end for window in visit.windows)


def _windows(facts: VisitFacts, horizon: Horizon) -> tuple[Window, ...]:
    """When service may start: the visit's windows, cut by predecessors that stay where they are."""
    windows = tuple(_window(horizon, window.earliest, window.latest) for window in facts.visit.windows)
    if facts.not_before is None:
        return windows
    first = _second(horizon, facts.not_before)
    left = tuple(Window(max(first, one.start), one.end) for one in windows if one.end >= first)
    if left or not windows:
        return left or (Window(first, MAX_TIME_S),)
    return (Window(MAX_TIME_S, MAX_TIME_S),)


def _window(horizon: Horizon, earliest: datetime, latest: datetime) -> Window:
    return Window(_second(horizon, earliest), _second(horizon, latest))


def _second(horizon: Horizon, moment: datetime) -> int:
    """A second the solver takes: what is further away than it looks is as far as it looks."""
    return max(-MAX_TIME_S, min(MAX_TIME_S, horizon.second(moment)))


def _service_s(facts: VisitFacts, now: datetime) -> int:
    """Planned work; for a visit that has begun at least until now."""
    visit = facts.visit
    if visit.state in STARTED and facts.assignments:
        lead = facts.assignments[0]
        began = lead.started_at or lead.arrived_at
        if began is not None:
            return max(visit.service_s, round((now - began).total_seconds()))
    return visit.service_s


def _lock(facts: VisitFacts, horizon: Horizon) -> Lock | None:
    """Locks of the desk, and the promise of an accepted visit: its technician, and its arrival window.

    A locked start is written as a range of one second: two that can't both hold leave one visit with LOCK_CONFLICT,
    where two fixed starts would be a fault of the whole problem and take everybody's plan down.
    """
    visit = facts.visit
    if not facts.assignments or visit.planned_start is None or visit.state not in PUBLISHED:
        return None
    is_accepted = visit.state is VisitState.ACCEPTED
    shifts = tuple(f"{one.technician_id}/{one.day.isoformat()}" for one in facts.assignments)
    bounds = None
    if visit.locks_start:
        bounds = _window(horizon, visit.planned_start, visit.planned_start)
    elif visit.lock_earliest is not None and visit.lock_latest is not None:
        bounds = _window(horizon, visit.lock_earliest, visit.lock_latest)
    elif is_accepted and visit.arrival_window_start is not None and visit.arrival_window_end is not None:
        bounds = _window(horizon, visit.arrival_window_start, visit.arrival_window_end)
    holds = shifts if visit.locks_technician or is_accepted else ()
    return Lock(holds, None, bounds) if holds or bounds is not None else None


def _previous(facts: VisitFacts, horizon: Horizon) -> Previous | None:
    """Where the phone already shows the visit; a visit that is only planned moves freely."""
    visit = facts.visit
    told = (VisitState.DISPATCHED, VisitState.ACCEPTED)
    if visit.state not in told or visit.planned_start is None or not facts.assignments:
        return None
    shifts = tuple(f"{one.technician_id}/{one.day.isoformat()}" for one in facts.assignments)
    return Previous(shifts, horizon.second(visit.planned_start), dispatched=True)
