"""Lending a technician to another team for some days."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.technicians import Loan, Team, Technician
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.publication_lock import hold_publications
from fieldsvc.services.scopes import technicians_in_scope
from fieldsvc.services.technicians import get_technician


def lend_technician(uow: UnitOfWork, technician_id: UUID, team_id: UUID, first_day: date, last_day: date) -> Loan:
    """Give a technician a second team from the first to the last day."""
    technician = _locked(uow, technician_id)
    team = uow.find(Team, team_id)
    faults = []
    if team is None or team.id == technician.team_id:
        faults.append(Fault("unknown_team", "/team_id", "There is no other team with this id."))
    if last_day < first_day:
        faults.append(Fault("days_inverted", "/last_day", "The loan ends before it begins."))
    if team is not None and last_day < uow.now.astimezone(ZoneInfo(team.zone)).date():
        faults.append(Fault("day_over", "/last_day", "This day has passed."))
    if faults:
        raise Invalid("The technician can't be lent like this.", faults=faults)
    same_days = select(Loan.id).where(
        Loan.technician_id == technician_id, Loan.first_day <= last_day, Loan.last_day >= first_day
    )
    if uow.session.scalars(same_days.limit(1)).first() is not None:
        raise Conflict("On some of these days the technician is lent already.", code="loan_overlaps")
    loan = Loan(id=uow.new_id(), technician_id=technician_id, team_id=team_id, first_day=first_day, last_day=last_day)
    uow.session.add(loan)
    data = {"technician_id": technician_id, "team_id": team_id, "first_day": first_day, "last_day": last_day}
    uow.record(loan, "technician_lent", data=data)
    return loan


def end_loan(uow: UnitOfWork, technician_id: UUID, loan_id: UUID) -> None:
    """Take a loan back, unless visits of the other team are planned with the technician or were made."""
    hold_publications(uow)  # nobody plans with it while it ends
    _locked(uow, technician_id)
    loan = uow.get(Loan, loan_id, lock=True)
    if loan.technician_id != technician_id:
        raise NotFound(f"There is no loan {loan_id}.")
    used = (
        select(Visit.number)
        .join(Assignment, Assignment.visit_id == Visit.id)
        .where(
            Assignment.technician_id == technician_id,
            Assignment.ended_at.is_(None),
            Assignment.day.between(loan.first_day, loan.last_day),
            Visit.team_id == loan.team_id,
        )
    )
    number = uow.session.scalars(used.limit(1)).first()
    if number is not None:
        raise Conflict(f"Visit {number} of the other team is on the technician's plan.", code="loan_in_use")
    uow.session.delete(loan)
    uow.record(loan, "loan_ended", data={"technician_id": technician_id, "team_id": loan.team_id})


def list_loans(session: OrmSession, actor: Actor, technician_id: UUID, page: PageRequest) -> Page[Loan]:
    """Return to whom a technician is and was lent, in the order of the days."""
    get_technician(session, actor, technician_id)
    query = select(Loan).where(Loan.technician_id == technician_id)
    return fetch_page(session, query, [Loan.first_day, Loan.id], page)


def _locked(uow: UnitOfWork, technician_id: UUID) -> Technician:
    visible = select(Technician.id).where(
        Technician.id == technician_id, technicians_in_scope(uow.actor, Action.TECHNICIAN_LEND)
    )
    if uow.session.scalar(visible) is None:
        raise NotFound(f"There is no technician {technician_id}.")
    return uow.get(Technician, technician_id, lock=True)
