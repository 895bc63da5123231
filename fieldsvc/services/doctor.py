"""`fieldsvc doctor`: every invariant the system knows, checked on a live database from the rows alone."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import false, func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.approval_states import APPROVAL, ApprovalState
from fieldsvc.domain.count_states import COUNT
from fieldsvc.domain.device_states import DEVICE
from fieldsvc.domain.privacy_states import PRIVACY_REQUEST
from fieldsvc.domain.purchase_order_states import PURCHASE_ORDER
from fieldsvc.domain.replenishment_states import REPLENISHMENT
from fieldsvc.domain.reservation_states import RESERVATION
from fieldsvc.domain.rma_states import RMA
from fieldsvc.domain.run_states import RUN, RunState
from fieldsvc.domain.sign_off_states import SIGN_OFF
from fieldsvc.domain.task_states import TASK
from fieldsvc.domain.ticket_states import OPEN, TICKET, TicketState
from fieldsvc.domain.transfer_states import TRANSFER
from fieldsvc.domain.transitions import LifeCycle
from fieldsvc.domain.visit_states import CLOSED, PUBLISHED, STARTED, VISIT, VisitState
from fieldsvc.models.access import User
from fieldsvc.models.approvals import Approval
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.evidence import AuditEntry, Event
from fieldsvc.models.records import Consumption, Diagnosis, ServiceReport, SignOff
from fieldsvc.models.runs import OptimizationRun
from fieldsvc.models.technicians import Technician
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.audit import audit_faults
from fieldsvc.services.belongings import may_handle
from fieldsvc.services.checklists import unanswered
from fieldsvc.services.purchase_checks import PURCHASE_CHECKS
from fieldsvc.services.stock_checks import STOCK_CHECKS

LEASE_OVERDUE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """An invariant by its name in the design, and where it does not hold."""

    invariant: str
    sentence: str


def examine(session: OrmSession, now: datetime) -> list[Finding]:
    """Return everything that is wrong; empty on a sound database."""
    found = [Finding(name, sentence) for name, check in _CHECKS for sentence in check(session)]
    return [*found, *(Finding("runs", sentence) for sentence in _overdue_runs(session, now))]


def _state_changes_are_in_tables(session: OrmSession) -> Iterator[str]:
    cycles: dict[str, LifeCycle[Any]] = {
        "visit": VISIT,
        "ticket": TICKET,
        "optimization_run": RUN,
        "sign_off": SIGN_OFF,
        "remote_solution": SIGN_OFF,
        "approval": APPROVAL,
        "task": TASK,
        "reservation": RESERVATION,
        "transfer": TRANSFER,
        "purchase_order": PURCHASE_ORDER,
        "rma": RMA,
        "replenishment_proposal": REPLENISHMENT,
        "stock_count": COUNT,
        "device": DEVICE,
        "privacy_request": PRIVACY_REQUEST,
    }
    rows = select(Event.entity_type, Event.entity_id, Event.from_state, Event.to_state, Event.change_no).where(
        Event.entity_type.in_(cycles), Event.from_state.is_not(None), Event.to_state != Event.from_state
    )
    for kind, entity, before, after, change_no in session.execute(rows):
        allowed = any(before in row.from_states and row.to == after for row in cycles[kind].rows)
        if not allowed:
            yield f"Change {change_no}: {kind} {entity} went from {before} to {after}, which no table allows."


def _one_started_visit_each(session: OrmSession) -> Iterator[str]:
    started = session.scalars(
        select(Assignment.technician_id).where(Assignment.ended_at.is_(None), Assignment.state.in_(STARTED))
    )
    for technician, count in Counter(started).items():
        if count > 1:
            yield f"Technician {technician} has {count} started visits."


def _completed_visits_are_on_record(session: OrmSession) -> Iterator[str]:
    completed = select(Visit).where(Visit.state == VisitState.COMPLETED)
    for visit in session.scalars(completed):
        missing = [
            name
            for name, model in (("diagnosis", Diagnosis), ("report", ServiceReport), ("sign-off", SignOff))
            if session.scalar(select(func.count()).where(model.visit_id == visit.id)) == 0
        ]
        if visit.verification_passed is None:
            missing.append("verification")
        uses = session.scalar(select(func.count()).where(Consumption.visit_id == visit.id))
        if not uses and not visit.states_no_parts:
            missing.append("parts statement")
        missing += [f"the point {point.code}" for point in unanswered(session, visit)]
        if missing:
            yield f"Visit {visit.number} is completed without {', '.join(missing)}."


def _assignments_match_visits(session: OrmSession) -> Iterator[str]:
    held: dict[object, list[Assignment]] = {}
    for one in session.scalars(select(Assignment).where(Assignment.ended_at.is_(None))):
        held.setdefault(one.visit_id, []).append(one)
    for visit in session.scalars(select(Visit)):
        own = held.get(visit.id, [])
        if visit.state in (*PUBLISHED, *STARTED) and not own:
            yield f"Visit {visit.number} is {visit.state}, but nobody has it."
        if visit.state in (VisitState.UNSCHEDULED, VisitState.CANCELLED) and own:
            yield f"Visit {visit.number} is {visit.state}, but {len(own)} assignments are open."
        leads = [one for one in own if one.is_lead]
        if own and visit.state not in CLOSED and (len(leads) != 1 or leads[0].state != visit.state):
            states = ", ".join(one.state for one in own)
            yield f"Visit {visit.number} is {visit.state}, its assignments are {states}."


def _cancelled_tickets_are_over(session: OrmSession) -> Iterator[str]:
    waiting = select(Visit.number, Ticket.number).join(Ticket, Ticket.id == Visit.ticket_id)
    over = Ticket.state.in_((TicketState.CANCELLED, TicketState.REJECTED))
    for visit, ticket in session.execute(waiting.where(over, Visit.state.not_in(CLOSED))):
        yield f"Ticket {ticket} is not wanted any more, but its visit {visit} is."


def _what_is_over_asks_nobody_to_pay(session: OrmSession) -> Iterator[str]:
    asked = select(Ticket.number, Ticket.state).join(Approval, Approval.ticket_id == Ticket.id)
    is_over = Ticket.state.not_in(OPEN)
    for number, state in session.execute(asked.where(Approval.state == ApprovalState.REQUESTED, is_over)):
        yield f"Ticket {number} is {state}, but its customer is still asked to pay for something."


def _nothing_is_ownerless(session: OrmSession) -> Iterator[str]:
    handled = select(Ticket.number, Ticket.team_id, User).join(User, User.id == Ticket.handler_id)
    for number, team_id, user in session.execute(handled.where(Ticket.state.in_(OPEN))):
        if not may_handle(user, team_id):
            yield f"Ticket {number} is handled by {user.login}, who can't any more: hand it over."
    made = (
        select(Visit.number, Technician.name)
        .join(Assignment, Assignment.visit_id == Visit.id)
        .join(Technician, Technician.id == Assignment.technician_id)
        .outerjoin(User, User.technician_id == Technician.id)
        .where(Assignment.ended_at.is_(None), Assignment.finished_at.is_(None), Assignment.state.not_in(CLOSED))
        .where(~Technician.is_active | (User.is_active == false()))
    )
    for number, name in session.execute(made):
        yield f"Visit {number} is with {name}, who does not work any more: hand it over."


def _nobody_is_in_two_places(session: OrmSession) -> Iterator[str]:
    days: dict[tuple[object, object], list[Assignment]] = {}
    waiting = select(Assignment).where(
        Assignment.ended_at.is_(None), Assignment.finished_at.is_(None), Assignment.state.in_(PUBLISHED)
    )
    for one in session.scalars(waiting.order_by(Assignment.planned_start, Assignment.id)):
        days.setdefault((one.technician_id, one.day), []).append(one)
    for (technician, day), own in days.items():
        for before, after in pairwise(own):
            if after.planned_start < before.planned_end:
                yield f"Technician {technician} has two visits at once on {day}: {before.visit_id}, {after.visit_id}."


def _applied_runs_published_visits(session: OrmSession) -> Iterator[str]:
    half_done = select(OptimizationRun.number).where(
        OptimizationRun.state.in_((RunState.APPLIED, RunState.PARTLY_APPLIED)),
        OptimizationRun.application.is_(None) | OptimizationRun.applied_at.is_(None),
    )
    for number in session.scalars(half_done):
        yield f"Run {number} is applied, but does not say what it did."


def _every_change_has_one_entry(session: OrmSession) -> Iterator[str]:
    events = session.scalar(select(func.count()).select_from(Event))
    entries = session.scalar(select(func.count()).select_from(AuditEntry))
    if events != entries:
        yield f"There are {events} events and {entries} audit entries."


def _chain_holds(session: OrmSession) -> Iterator[str]:
    yield from audit_faults(session)


def _overdue_runs(session: OrmSession, now: datetime) -> Iterator[str]:
    overdue = select(OptimizationRun.number).where(
        OptimizationRun.state == RunState.SOLVING, OptimizationRun.lease_until < now - LEASE_OVERDUE
    )
    for number in session.scalars(overdue):
        yield f"Run {number} lost its worker long ago and nobody swept it; is a worker running?"


_CHECKS: tuple[tuple[str, Callable[[OrmSession], Iterator[str]]], ...] = (
    *STOCK_CHECKS,
    *PURCHASE_CHECKS,
    ("V1", _state_changes_are_in_tables),
    ("V2", _one_started_visit_each),
    ("V4", _completed_visits_are_on_record),
    ("P4", _nobody_is_in_two_places),
    ("P5", _assignments_match_visits),
    ("P3", _cancelled_tickets_are_over),
    ("P5", _applied_runs_published_visits),
    ("approvals", _what_is_over_asks_nobody_to_pay),
    ("owners", _nothing_is_ownerless),
    ("A1", _chain_holds),
    ("A2", _every_change_has_one_entry),
)
