"""Sending visits out: from then on the phones of those who make them show them."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.permissions import Action
from fieldsvc.domain.roles import Role
from fieldsvc.domain.visit_states import VISIT, VisitState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.procedures import Procedure
from fieldsvc.models.technicians import Loan, Shift, Team, Technician
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.outcomes import Outcome
from fieldsvc.services.procedures import newest_procedures
from fieldsvc.services.scopes import load_visit, open_assignments


def dispatch_visit(uow: UnitOfWork, visit_id: UUID, version: int | None = None) -> Outcome:
    """Send a planned visit out now."""
    visit = load_visit(uow, visit_id, Action.VISIT_DISPATCH, version)
    VISIT.allowed(visit.state, "dispatch", uow.actor.role)
    _send(uow, visit)
    return Outcome(visit)


def due_visits(session: OrmSession, now: datetime, from_hour: int) -> list[UUID]:
    """Planned visits whose hour to be sent out has come: today's, and from that hour on the next working day's."""
    found: list[UUID] = []
    for team in session.scalars(select(Team).order_by(Team.id)):
        first, last = _days(session, team, now, from_hour)
        query = select(Visit.id).join(Assignment, Assignment.visit_id == Visit.id)
        own = query.where(
            Visit.team_id == team.id,
            Visit.state == VisitState.PLANNED,
            Assignment.ended_at.is_(None),
            Assignment.day.between(first, last),
        )
        found += session.scalars(own.distinct().order_by(Visit.id))
    return found


def dispatch_due(uow: UnitOfWork, visit_id: UUID, from_hour: int) -> bool:
    """Send a visit out if it is still planned and its hour has come; tell whether it was."""
    visit = uow.find(Visit, visit_id, lock=True)
    if visit is None or visit.state is not VisitState.PLANNED:
        return False
    first, last = _days(uow.session, uow.get(Team, visit.team_id), uow.now, from_hour)
    if not any(first <= one.day <= last for one in open_assignments(uow, visit.id)):
        return False
    _send(uow, visit)
    return True


def send_out(
    uow: UnitOfWork, visit: Visit, assignments: Iterable[Assignment], procedure: Procedure | None, role: Role
) -> None:
    """Let everybody who makes a planned visit see it, with the procedure that holds now."""
    before = visit.state
    visit.state = VISIT.allowed(before, "dispatch", role).to
    visit.procedure_id = None if procedure is None else procedure.id
    for one in assignments:
        one.state, one.dispatched_at = VisitState.DISPATCHED, uow.now
        one.first_dispatched_at = one.first_dispatched_at or uow.now
    uow.record(visit, "visit_dispatched", before, visit.state)


def _send(uow: UnitOfWork, visit: Visit) -> None:
    procedure = newest_procedures(uow.session, {visit.job_type_id}).get(visit.job_type_id)
    send_out(uow, visit, open_assignments(uow, visit.id), procedure, uow.actor.role)


def _days(session: OrmSession, team: Team, now: datetime, from_hour: int) -> tuple[date, date]:
    """The days whose visits are out by now: from that hour on, by the team's clock, its next working day too."""
    local = now.astimezone(ZoneInfo(team.zone))
    today = local.date()
    if local.hour < from_hour:
        return today, today
    on_loan = exists().where(
        Loan.technician_id == Technician.id,
        Loan.team_id == team.id,
        Loan.first_day <= Shift.day,
        Loan.last_day >= Shift.day,
    )
    works = (Technician.team_id == team.id) | on_loan
    shifts = select(func.min(Shift.day)).join(Technician).where(Technician.is_active, works, Shift.day > today)
    return today, session.scalar(shifts) or today
