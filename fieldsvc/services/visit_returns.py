"""Visits that are not made as planned: turned back on the way, put off for another time, or cancelled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.catalogue import CancelReason, PostponeReason, TaskKind, TurnBackReason
from fieldsvc.domain.errors import Conflict, Fault, Invalid, TransitionRefused
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.roles import Role
from fieldsvc.domain.visit_states import AT_THE_SITE, PUBLISHED, STARTED, VISIT, VisitState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.visits import Visit, VisitWindow
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.outcomes import Outcome
from fieldsvc.services.scopes import load_visit, open_assignments, touch
from fieldsvc.services.tasks import finish_tasks
from fieldsvc.services.tickets import follow_visits
from fieldsvc.services.unplanning import give_up, take_off_plan
from fieldsvc.services.visit_drafts import Window, window_faults
from fieldsvc.services.visits import check_row, load_acting, windows_notice

_PUT_OFF_BY_CUSTOMER = "postponed_by_customer"


@dataclass(frozen=True, slots=True)
class Postponement:
    """Why a visit is put off. windows: when it suits the customer; None = as agreed so far, none = at any time."""

    reason: PostponeReason
    windows: Sequence[Window] | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Why there will be no visit. notice: who cancels with less than that to go is late."""

    reason: CancelReason
    notice: timedelta


def turn_back(
    uow: UnitOfWork,
    visit_id: UUID,
    reason: TurnBackReason,
    technician_id: UUID | None = None,
    version: int | None = None,
) -> Outcome:
    """Let a technician on the way not arrive: the visit is to be planned again.

    Of a crew whose lead is at the site already only this member is missing. technician_id: of a crew, whom the
    office means; None = the lead.
    """
    visit, assignment = load_acting(uow, visit_id, "abort_travel", version, technician_id)
    check_row(uow, assignment.state, "abort_travel")
    _check_who_says(uow, reason)
    data = {"technician_id": assignment.technician_id}
    if visit.state in AT_THE_SITE:
        released = give_up(uow, [assignment], "turned_back")
        touch(visit)
        details = data | {"released_units": released}
        uow.record(assignment, "crew_member_turned_back", reason=reason.value, data=details)
        return Outcome(visit)
    _refuse_if_at_the_site(uow, visit)
    if visit.state is not VisitState.EN_ROUTE:  # the lead has not left yet; what he has said yes to is given back too
        check_row(uow, visit.state, "postpone" if reason is TurnBackReason.DIVERTED else "decline")
    _return(uow, visit, "visit_turned_back", reason.value, data)
    return Outcome(visit, windows_notice(uow, visit))


def postpone_visit(uow: UnitOfWork, visit_id: UUID, wanted: Postponement, version: int | None = None) -> Outcome:
    """Take a visit that nobody has left for off the plan, to be made at another time.

    For a visit without a plan only the agreed windows change.
    """
    visit = load_visit(uow, visit_id, Action.VISIT_POSTPONE, version)
    is_planned = visit.state is not VisitState.UNSCHEDULED or wanted.windows is None
    if is_planned:
        VISIT.allowed(visit.state, "postpone", uow.actor.role)
        refuse_if_begun(uow, visit, "postpone")
    faults = _window_faults(uow, visit, wanted.windows)
    if faults:
        raise Invalid("The visit can't be put off like this.", faults=faults)
    if wanted.windows is not None:
        visit.windows = [
            VisitWindow(id=uow.new_id(), earliest=earliest, latest=latest) for earliest, latest in wanted.windows
        ]
        touch(visit)
        finish_tasks(uow, TaskKind.NEW_TIMES_NEEDED, visit)
    visit.arrival_window_start = visit.arrival_window_end = None
    data = {"windows": len(visit.windows)}
    if is_planned:
        by_customer = _PUT_OFF_BY_CUSTOMER if wanted.reason is PostponeReason.CUSTOMER else "postponed"
        _return(uow, visit, "visit_postponed", wanted.reason.value, data, ends_as=by_customer)
    else:
        uow.record(visit, "visit_windows_agreed", visit.state, visit.state, reason=wanted.reason.value, data=data)
    return Outcome(visit)


def cancel_visit(uow: UnitOfWork, visit_id: UUID, wanted: Cancellation, version: int | None = None) -> Outcome:
    """End a visit before anybody has arrived; late where less than the notice was given."""
    visit = load_visit(uow, visit_id, Action.VISIT_CANCEL, version)
    cancel(uow, visit, wanted)
    follow_visits(uow, visit.ticket)
    return Outcome(visit)


def cancel(uow: UnitOfWork, visit: Visit, wanted: Cancellation, *, with_ticket: bool = False) -> None:
    """Cancel a locked visit, leaving its ticket to the caller.

    Whoever may cancel the ticket cancels what is only planned with it; who is on the way is turned back by those
    alone who may do that, also where a helper has left before the lead.
    """
    if with_ticket or visit.state in (*PUBLISHED, VisitState.EN_ROUTE):  # a helper may be there before the lead
        _refuse_if_at_the_site(uow, visit)
    has_begun = bool(_begun(uow, visit))
    role = Role.SYSTEM if with_ticket and not has_begun else uow.actor.role
    if has_begun:
        VISIT.allowed(VisitState.EN_ROUTE if visit.state in PUBLISHED else visit.state, "cancel_en_route", role)
    row = VISIT.allowed(visit.state, "cancel_en_route" if visit.state is VisitState.EN_ROUTE else "cancel", role)
    visit.is_late_cancel = has_begun or _is_short_notice(uow, visit, wanted.notice)
    visit.cancel_reason = wanted.reason
    finish_tasks(uow, TaskKind.NEW_TIMES_NEEDED, visit)
    data = {"released_units": take_off_plan(uow, visit, "cancelled"), "is_late": int(visit.is_late_cancel)}
    before, visit.state = visit.state, row.to
    uow.record(visit, "visit_cancelled", before, visit.state, reason=wanted.reason.value, data=data)


def _return(
    uow: UnitOfWork, visit: Visit, kind: str, reason: str, data: Mapping[str, object], ends_as: str = "turned_back"
) -> None:
    data = dict(data) | {"released_units": take_off_plan(uow, visit, ends_as)}
    before, visit.state = visit.state, VisitState.UNSCHEDULED
    uow.record(visit, kind, before, visit.state, reason=reason, data=data)
    follow_visits(uow, visit.ticket)


def _check_who_says(uow: UnitOfWork, reason: TurnBackReason) -> None:
    """Who is ill or stands with a broken van says so himself, or has it said for him; only the office diverts."""
    is_technicians = uow.actor.role is Role.TECHNICIAN or uow.context.on_behalf
    if is_technicians == (reason is TurnBackReason.DIVERTED):
        who = (
            "the office" if reason is TurnBackReason.DIVERTED else "a technician, or for a dispatcher on behalf of one"
        )
        raise TransitionRefused(f"To turn back as {reason.value} is for {who}.", code="transition_not_for_role")


def _begun(uow: UnitOfWork, visit: Visit) -> list[Assignment]:
    return [one for one in open_assignments(uow, visit.id) if one.state in STARTED]


def _refuse_if_at_the_site(uow: UnitOfWork, visit: Visit) -> None:
    if any(one.state in AT_THE_SITE for one in open_assignments(uow, visit.id)):
        raise Conflict(f"Somebody is at the site for visit {visit.number}: end that first.", code="visit_on_site")


def _is_short_notice(uow: UnitOfWork, visit: Visit, notice: timedelta) -> bool:
    """Whether the time planned is so near; also where the customer had it put off last, when it was."""
    if visit.planned_start is not None:
        return uow.now > visit.planned_start - notice
    newest = select(Assignment).where(Assignment.visit_id == visit.id).order_by(Assignment.id.desc()).limit(1)
    last = uow.session.scalars(newest).first()
    if last is None or last.ended_at is None or last.end_reason != _PUT_OFF_BY_CUSTOMER:
        return False
    return last.ended_at > last.planned_start - notice


def refuse_if_begun(uow: UnitOfWork, visit: Visit, action: str) -> None:
    if _begun(uow, visit):
        raise TransitionRefused(f"One of the crew is on the way already: {action} is not possible.")


def _window_faults(uow: UnitOfWork, visit: Visit, windows: Sequence[Window] | None) -> list[Fault]:
    if windows is None:
        agreed = [window.latest for window in visit.windows]
        if not agreed or max(agreed) > uow.now:
            return []
        message = "All times agreed so far have passed: name new ones, or none for any time."
        return [Fault("windows_over", "/windows", message)]
    return window_faults(uow.now, windows)
