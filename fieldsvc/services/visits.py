"""The technician's way through a visit, from accepting it to its end. A dispatcher does the same on behalf."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from geopy.distance import geodesic
from sqlalchemy import select

from fieldsvc.domain.catalogue import DeclineReason, IncompleteReason, TaskKind
from fieldsvc.domain.errors import Conflict, Invalid, NotFound, TransitionRefused
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.procedures import BEFORE_WORK
from fieldsvc.domain.roles import Role
from fieldsvc.domain.visit_record import completion_faults
from fieldsvc.domain.visit_states import STARTED, VISIT, VisitState
from fieldsvc.models.assignments import Assignment, Decline
from fieldsvc.models.stock import StockBalance
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.checklists import open_points_notice, unanswered
from fieldsvc.services.outcomes import Notice, Outcome
from fieldsvc.services.scopes import acting_assignment, load_visit, open_assignments, touch
from fieldsvc.services.tasks import raise_task
from fieldsvc.services.tickets import follow_visits
from fieldsvc.services.unplanning import release_parts, take_off_plan
from fieldsvc.services.visit_contents import content_hash, record_of


@dataclass(frozen=True, slots=True)
class Position:
    """Where a phone says it is, in degrees."""

    latitude: float
    longitude: float


def accept_visit(uow: UnitOfWork, visit_id: UUID, version: int | None = None) -> Outcome:
    """Let the technician say yes to a dispatched visit."""
    visit, assignment = load_acting(uow, visit_id, "accept", version)
    assignment.accepted_at = uow.occurred_at
    return _move(uow, visit, assignment, "accept", "visit_accepted")


def decline_visit(
    uow: UnitOfWork, visit_id: UUID, reason: DeclineReason, note: str | None = None, version: int | None = None
) -> Outcome:
    """Let the technician say no: the visit is to be planned again, and never by a run for the same technician."""
    visit, assignment = load_acting(uow, visit_id, "decline", version)
    check_row(uow, assignment.state, "decline")
    check_row(uow, visit.state, "decline")  # of a crew, the lead may be on the way already
    # One no returns the whole visit, a crew's too.
    released = take_off_plan(uow, visit, "declined")
    _bar(uow, assignment, reason, note)
    before, visit.state = visit.state, VisitState.UNSCHEDULED
    data = {"technician_id": assignment.technician_id, "released_units": released}
    uow.record(visit, "visit_declined", before, visit.state, reason=reason.value, data=data)
    follow_visits(uow, visit.ticket)
    return Outcome(visit, windows_notice(uow, visit))


def depart(uow: UnitOfWork, visit_id: UUID, version: int | None = None) -> Outcome:
    """Let the technician set off for the site; parts that are neither in the van nor picked up give a notice."""
    visit, assignment = load_acting(uow, visit_id, "depart", version)
    check_row(uow, assignment.state, "depart")
    other = uow.session.scalars(
        select(Visit.number)
        .join(Assignment, Assignment.visit_id == Visit.id)
        .where(
            Assignment.technician_id == assignment.technician_id,
            Assignment.ended_at.is_(None),
            Assignment.state.in_(STARTED),
        )
    ).first()
    if other is not None:
        raise Conflict(f"Visit {other} is still under way: a technician has one at a time.", code="other_visit_started")
    assignment.departed_at = uow.occurred_at
    return _move(uow, visit, assignment, "depart", "visit_departed", notices=_missing_parts(uow, visit, assignment))


def check_in(
    uow: UnitOfWork, visit_id: UUID, position: Position | None, geofence_m: int, version: int | None = None
) -> Outcome:
    """Note the arrival with the distance to the site; too far away gives a notice, never a refusal."""
    visit, assignment = load_acting(uow, visit_id, "check_in", version)
    notices = _note_distance(visit, assignment, position, geofence_m)
    assignment.arrived_at = uow.occurred_at
    data = {"distance_m": assignment.check_in_distance_m}
    return _move(uow, visit, assignment, "check_in", "visit_checked_in", data=data, notices=notices)


def note_position(uow: UnitOfWork, visit_id: UUID, position: Position | None, geofence_m: int) -> tuple[Notice, ...]:
    """Note how far from the site a check-in was that is known already, if nobody has."""
    visit, assignment = load_acting(uow, visit_id, "check_in", None)
    if position is None or assignment.check_in_distance_m is not None:
        return ()
    notices = _note_distance(visit, assignment, position, geofence_m)
    touch(visit)
    uow.record(visit, "position_noted", data={"distance_m": assignment.check_in_distance_m})
    return notices


def start_work(uow: UnitOfWork, visit_id: UUID, version: int | None = None) -> Outcome:
    """Start hands-on time, or go on with it; safety points that are still open give a notice."""
    visit, assignment = load_acting(uow, visit_id, "work", version)
    assignment.started_at = assignment.started_at or uow.occurred_at
    notices = open_points_notice(unanswered(uow.session, visit, BEFORE_WORK))
    return _move(uow, visit, assignment, "work", "visit_work_started", notices=notices)


def pause_work(uow: UnitOfWork, visit_id: UUID, version: int | None = None) -> Outcome:
    """Stop hands-on time for a while."""
    visit, assignment = load_acting(uow, visit_id, "pause", version)
    return _move(uow, visit, assignment, "pause", "visit_paused")


def complete_visit(
    uow: UnitOfWork, visit_id: UUID, *, states_no_parts: bool = False, version: int | None = None
) -> Outcome:
    """End a visit as done, if its record is complete; the same said twice changes nothing."""
    visit = load_visit(uow, visit_id, Action.VISIT_TRANSITION)
    if visit.state is VisitState.COMPLETED:
        check_row(uow, VisitState.WORKING, "complete")
        return _completed_already(uow, visit, states_no_parts)
    visit, assignment = load_acting(uow, visit_id, "complete", version)
    _check_is_lead(assignment)
    check_row(uow, visit.state, "complete")
    faults = completion_faults(record_of(uow, visit, states_no_parts))
    if faults:
        raise Invalid("The visit can't be completed yet.", code="record_incomplete", faults=faults)
    visit.states_no_parts = states_no_parts
    visit.completed_hash = content_hash(uow, visit, states_no_parts)
    data = {"content_sha256": visit.completed_hash, "released_units": _finish_crew(uow, visit, VisitState.COMPLETED)}
    if visit.needs_inspection:
        raise_task(uow, TaskKind.INSPECTION_WANTED, visit)
    return _move(uow, visit, assignment, "complete", "visit_completed", data=data)


def break_off(uow: UnitOfWork, visit_id: UUID, reason: IncompleteReason, version: int | None = None) -> Outcome:
    """End a visit without the work being done; the ticket gets a follow-up visit."""
    visit, assignment = load_acting(uow, visit_id, "break_off", version)
    _check_is_lead(assignment)
    check_row(uow, visit.state, "break_off")
    visit.incomplete_reason = reason
    data = {"released_units": _finish_crew(uow, visit, VisitState.INCOMPLETE)}
    return _move(uow, visit, assignment, "break_off", "visit_broken_off", reason=reason.value, data=data)


def windows_notice(uow: UnitOfWork, visit: Visit) -> tuple[Notice, ...]:
    """Say, and have the desk look at it, if a visit that nobody makes now was agreed on for times that have passed.

    What happened is not refused for the sake of a promise; but no run plans into such windows.
    """
    if visit.windows and max(window.latest for window in visit.windows) <= uow.now:
        raise_task(uow, TaskKind.NEW_TIMES_NEEDED, visit)
        return (Notice("windows_over", "All times agreed with the customer have passed: agree on new ones."),)
    return ()


def load_acting(
    uow: UnitOfWork, visit_id: UUID, action: str, version: int | None, technician_id: UUID | None = None
) -> tuple[Visit, Assignment]:
    """Return a visit and the assignment the actor acts in, locked; refuse where there is none.

    technician_id: of a crew, for whom the office acts.
    """
    visit = load_visit(uow, visit_id, Action.VISIT_TRANSITION, version)
    assignment = acting_assignment(uow, visit, technician_id)
    if assignment is not None:
        return visit, assignment
    if uow.actor.role is Role.TECHNICIAN:
        raise NotFound(f"There is no visit {visit_id}.")
    check_row(uow, visit.state, action)
    raise TransitionRefused(f"Nobody is assigned to the visit: {action} is not possible.")


def check_row(uow: UnitOfWork, state: VisitState, action: str) -> VisitState:
    """Return where an action of the actor leads from a state, or refuse."""
    return VISIT.allowed(state, action, uow.actor.role, on_behalf=uow.context.on_behalf).to


def _note_distance(
    visit: Visit, assignment: Assignment, position: Position | None, geofence_m: int
) -> tuple[Notice, ...]:
    if position is None:
        return (Notice("position_unknown", "The phone gave no position, so no distance is stored."),)
    site = visit.site
    here = geodesic((position.latitude, position.longitude), (site.latitude, site.longitude))
    distance_m = assignment.check_in_distance_m = round(here.meters)
    if distance_m <= geofence_m:
        return ()
    return (Notice("outside_geofence", f"The phone is {distance_m} m from the site; {geofence_m} m are usual."),)


def _check_is_lead(assignment: Assignment) -> None:
    if not assignment.is_lead:
        raise TransitionRefused("The lead of the crew ends the visit.", code="lead_ends_visit")


def _move(
    uow: UnitOfWork,
    visit: Visit,
    assignment: Assignment,
    action: str,
    kind: str,
    *,
    reason: str | None = None,
    data: Mapping[str, Any] | None = None,
    notices: tuple[Notice, ...] = (),
) -> Outcome:
    """Move an assignment, and the visit with it where it is the lead's; then let the ticket follow."""
    before = visit.state if assignment.is_lead else assignment.state
    assignment.state = check_row(uow, before, action)
    details = {"technician_id": assignment.technician_id} | dict(data or {})
    if assignment.is_lead:
        visit.state = assignment.state
        uow.record(visit, kind, before, visit.state, reason=reason, data=details)
        follow_visits(uow, visit.ticket)
    else:
        touch(visit)
        uow.record(assignment, kind, before, assignment.state, reason=reason, data=details)
    return Outcome(visit, notices)


def _bar(uow: UnitOfWork, assignment: Assignment, reason: DeclineReason, note: str | None) -> None:
    query = select(Decline).where(
        Decline.visit_id == assignment.visit_id, Decline.technician_id == assignment.technician_id
    )
    decline = uow.session.scalars(query).one_or_none()
    if decline is None:  # a dispatcher may have given the visit to the same technician once more
        decline = Decline(id=uow.new_id(), visit_id=assignment.visit_id, technician_id=assignment.technician_id)
        uow.session.add(decline)
    decline.reason, decline.note, decline.declined_at = reason, note, uow.occurred_at


def _missing_parts(uow: UnitOfWork, visit: Visit, assignment: Assignment) -> tuple[Notice, ...]:
    van_id = assignment.technician.van_location_id
    on_board = select(StockBalance.part_id, StockBalance.on_hand).where(StockBalance.location_id == van_id)
    there = dict(uow.session.execute(on_board).all())
    for planned in assignment.planned_parts:
        if planned.pickup_id is not None:
            there[planned.part_id] = there.get(planned.part_id, 0) + planned.quantity
    short = [need for need in visit.parts if there.get(need.part_id, 0) < need.quantity]
    if not short:
        return ()
    return (
        Notice("parts_not_on_board", f"{len(short)} of the parts needed are neither on board nor to be picked up."),
    )


def _finish_crew(uow: UnitOfWork, visit: Visit, state: VisitState) -> int:
    """End the visit for everybody on it; what was planned and not used is free again. Returns those units."""
    released = 0
    for one in open_assignments(uow, visit.id):
        one.finished_at = uow.occurred_at
        released += release_parts(one)
        if not one.is_lead:
            one.state = state
    return released


def _completed_already(uow: UnitOfWork, visit: Visit, states_no_parts: bool) -> Outcome:
    if content_hash(uow, visit, states_no_parts) != visit.completed_hash:
        raise Conflict("The visit was completed with another content.", code="completed_differently")
    return Outcome(visit)
