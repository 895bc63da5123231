"""Facts a phone tells late: what was done stands, whoever has the visit by now and whatever was not told before it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import lazyload

from fieldsvc.domain.catalogue import IncompleteReason, TaskKind, TurnBackReason
from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.phone_commands import (
    CLOCK_TOLERANCE,
    IMPLIED,
    INFERRED,
    CommandType,
    is_said_already,
    skipped_steps,
)
from fieldsvc.domain.visit_states import (
    AT_THE_SITE,
    CLOSED,
    LATE_FROM,
    STARTED,
    VISIT,
    VisitState,
)
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.types import UTCDateTime
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import visit_returns, visits
from fieldsvc.services.outcomes import Notice
from fieldsvc.services.scopes import LONGEST_AGO, open_assignments, touch
from fieldsvc.services.tasks import raise_task
from fieldsvc.services.tickets import follow_visits, revive_ticket
from fieldsvc.services.unplanning import give_up, touch_routes

_HELD = (VisitState.DISPATCHED, VisitState.ACCEPTED, *STARTED, *CLOSED)
# Facts that do not say that anybody was at the site.
_NO_PRESENCE = (CommandType.DEPARTURE, CommandType.CHECKLIST)
_NO_NOTICES: tuple[Notice, ...] = ()
_TAKEN_OVER = (Notice("late_fact", "The visit had been changed; the office is told."),)
_SAID_ALREADY = (Notice("said_already", "This is known already."),)
# A visit that is given another time loses when it was dispatched, not that it was.
_SENT_AT = func.coalesce(Assignment.first_dispatched_at, Assignment.dispatched_at, type_=UTCDateTime())
_STEPS: dict[str, Callable[[UnitOfWork, UUID], object]] = {
    "accept": visits.accept_visit,
    "depart": visits.depart,
    "check_in": lambda uow, visit_id: visits.check_in(uow, visit_id, None, 0),
    "work": visits.start_work,
}


@dataclass(frozen=True, slots=True)
class Way:
    """How a fact was made possible. leads_on: False where nothing more is to be done for it."""

    notices: tuple[Notice, ...]
    leads_on: bool


def find_ever_sent(uow: UnitOfWork, visit_id: UUID) -> tuple[Visit, Assignment] | None:
    """Return a locked visit the actor was sent once, with the newest assignment that says so; None for any other."""
    visit = uow.find(Visit, visit_id, lock=True)
    sent = select(Assignment).where(
        Assignment.visit_id == visit_id,
        Assignment.technician_id == uow.actor.technician_id,
        _SENT_AT.is_not(None),
    )
    sent = sent.order_by(Assignment.id.desc()).limit(1).options(lazyload(Assignment.planned_parts))
    newest = uow.session.scalars(sent.execution_options(populate_existing=True)).first()
    return None if visit is None or newest is None else (visit, newest)


def first_sent(uow: UnitOfWork, visit_id: UUID | None) -> datetime:
    """Return when the actor was sent a visit first: nothing can have happened at it before.

    Of one that nobody knows was sent it is as long ago as anything may be reported.
    """
    sent = select(func.min(_SENT_AT)).where(
        Assignment.visit_id == visit_id, Assignment.technician_id == uow.actor.technician_id
    )
    moment = uow.session.scalar(sent)
    return uow.now - LONGEST_AGO if moment is None else moment - CLOCK_TOLERANCE


def make_way(uow: UnitOfWork, kind: CommandType, visit: Visit, newest: Assignment) -> Way:
    """Bring a visit to where a fact can follow.

    The technician gets the visit back if nobody has set off for it, takes the steps that were skipped, and is no
    longer at another one. Raises Conflict where others have gone on with the visit.
    """
    own, notices = held_assignment(uow, visit), _NO_NOTICES
    if own is None:
        has_begun = visit.state not in LATE_FROM or any(one.state in STARTED for one in open_assignments(uow, visit.id))
        if kind in _NO_PRESENCE or has_begun:
            raise Conflict(f"The visit is {visit.state}, and not this technician's.", code="visit_not_yours")
        _leave_other(uow, visit)
        own, notices = _take_over(uow, visit, newest), _TAKEN_OVER
    if is_said_already(kind, own.state):
        return Way(notices or _SAID_ALREADY, leads_on=False)
    steps = skipped_steps(kind, own.state)
    if own.state not in STARTED and (steps or kind is CommandType.DEPARTURE):
        _leave_other(uow, visit)
    _imply(uow, visit.id, steps)
    return Way(notices, leads_on=True)


def held_assignment(uow: UnitOfWork, visit: Visit) -> Assignment | None:
    """Return the assignment by which the actor has a visit on the phone, if any."""
    mine = (one for one in open_assignments(uow, visit.id) if one.technician_id == uow.actor.technician_id)
    return next((one for one in mine if one.state in _HELD), None)


def _imply(uow: UnitOfWork, visit_id: UUID, steps: tuple[str, ...]) -> None:
    """Take steps that must have been taken, and say in their events that nobody told of them."""
    told = uow.context
    uow.context = replace(told, source=IMPLIED)
    for step in steps:
        _STEPS[step](uow, visit_id)
        uow.flush()
    uow.context = told


def _take_over(uow: UnitOfWork, visit: Visit, newest: Assignment) -> Assignment:
    """Give a visit nobody has set off for back to the technician who has been there."""
    row = VISIT.allowed(visit.state, "late_check_in", uow.actor.role)
    holders = open_assignments(uow, visit.id)
    released = give_up(uow, holders, "overtaken")
    uow.flush()  # of a technician and a visit one assignment is open
    assignment = Assignment(
        id=uow.new_id(),
        visit_id=visit.id,
        technician_id=newest.technician_id,
        day=newest.day,
        state=row.to,
        position=newest.position,
        is_lead=True,
        planned_arrival=newest.planned_arrival,
        planned_start=newest.planned_start,
        planned_end=newest.planned_end,
        travel_s=newest.travel_s,
        travel_m=newest.travel_m,
        dispatched_at=newest.dispatched_at or newest.first_dispatched_at,
        first_dispatched_at=newest.first_dispatched_at or newest.dispatched_at,
        arrived_at=uow.occurred_at,
    )
    uow.session.add(assignment)
    touch_routes(uow, [assignment])
    before, visit.state = visit.state, row.to
    visit.planned_start, visit.planned_end = newest.planned_start, newest.planned_end
    visit.locks_technician = visit.locks_start = False
    visit.lock_earliest = visit.lock_latest = visit.lock_sequence_id = None
    visit.cancel_reason, visit.is_late_cancel = None, False
    data = {
        "technician_id": newest.technician_id,
        "taken_from": [one.technician_id for one in holders if one.technician_id != newest.technician_id],
        "released_units": released,
    }
    uow.record(visit, "visit_checked_in_late", before, row.to, reason="late_fact", data=data)
    raise_task(uow, TaskKind.LATE_FACT, visit)
    revive_ticket(uow, visit.ticket)
    follow_visits(uow, visit.ticket)
    uow.flush()
    return assignment


def _leave_other(uow: UnitOfWork, visit: Visit) -> None:
    """End what the technician had started before, as nobody is in two places; refuse if it was started after."""
    query = select(Assignment).where(
        Assignment.technician_id == uow.actor.technician_id,
        Assignment.visit_id != visit.id,
        Assignment.ended_at.is_(None),
        Assignment.state.in_(STARTED),
    )
    other = uow.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if other is None:
        return
    uow.find(Visit, other.visit_id, lock=True)
    other = uow.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if other is None:  # ended while the lock was waited for
        return
    since = other.departed_at or other.arrived_at or other.started_at
    if since is not None and since > uow.occurred_at:
        raise Conflict(f"Visit {other.visit.number} was begun after this.", code="other_visit_started")
    told = uow.context
    uow.context = replace(told, source=INFERRED)
    _infer_end(uow, other)
    raise_task(uow, TaskKind.LATE_FACT, other.visit)
    uow.context = told
    uow.flush()


def _infer_end(uow: UnitOfWork, other: Assignment) -> None:
    if other.state not in AT_THE_SITE:
        visit_returns.turn_back(uow, other.visit_id, TurnBackReason.OTHER)
    elif other.is_lead:
        visits.break_off(uow, other.visit_id, IncompleteReason.OTHER)
    else:
        give_up(uow, [other], "left")
        touch(other.visit)
        uow.record(other, "crew_member_left", reason=IncompleteReason.OTHER.value)
