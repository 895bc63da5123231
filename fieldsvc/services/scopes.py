"""Whose things: the permissions table's scopes as conditions of queries, and rows loaded through them.

A role without a row for an action is Forbidden; what lies outside the scope is NotFound, as if it did not exist.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.attributes import flag_modified

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import ChangedMeanwhile, Fault, Forbidden, Invalid, NotFound, TransitionRefused
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.permissions import Action, Scope, scope_for
from fieldsvc.domain.phone_commands import CLOCK_TOLERANCE, PHONE_SOURCES
from fieldsvc.domain.roles import Role
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.assignments import Assignment, PlannedRoute
from fieldsvc.models.base import Entity
from fieldsvc.models.customers import Customer
from fieldsvc.models.drawings import Drawing
from fieldsvc.models.job_types import JobType
from fieldsvc.models.purchasing import Supplier
from fieldsvc.models.stock import StockLocation
from fieldsvc.models.tasks import Task
from fieldsvc.models.technicians import Loan, Team, Technician
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork

# A technician sees who the customer is from the day before the visit to a week ahead.
CONTACT_DAYS_BACK, CONTACT_DAYS_AHEAD = 1, 7
# How far back something may be reported of a visit that nobody has been sent.
LONGEST_AGO = timedelta(days=7)
# Phones see dispatched and later.
_NOT_ON_PHONE = (VisitState.UNSCHEDULED, VisitState.PLANNED)


def scope_of(actor: Actor, action: Action) -> Scope:
    """Return whose things the actor may do this to, or refuse if the role never may."""
    scope = scope_for(action, actor.role)
    if scope is None:
        raise Forbidden(f"The role {actor.role.value} has no permission {action.value}.")
    return scope


def _own_visit_ids(actor: Actor) -> ColumnElement[bool]:
    own = select(Assignment.visit_id).where(
        Assignment.technician_id == actor.technician_id,
        Assignment.ended_at.is_(None),
        Assignment.state.not_in(_NOT_ON_PHONE),
    )
    return Visit.id.in_(own) if actor.technician_id is not None else false()


def visits_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Return the condition that holds for the visits the actor may do this to."""
    match scope_of(actor, action):
        case Scope.ALL:
            return true()
        case Scope.TEAM:
            return Visit.team_id.in_(actor.team_ids)
        case Scope.LINKED:
            return Visit.ticket_id == actor.link_ticket_id
        case Scope.OWN:
            return _own_visit_ids(actor)


def tickets_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Return the condition that holds for the tickets the actor may do this to."""
    match scope_of(actor, action):
        case Scope.ALL:
            return true()
        case Scope.TEAM:
            return Ticket.team_id.in_(actor.team_ids)
        case Scope.LINKED:
            return Ticket.id == actor.link_ticket_id
        case Scope.OWN:
            return Ticket.id.in_(select(Visit.ticket_id).where(_own_visit_ids(actor)))


def customers_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Return the condition that holds for the customers the actor may do this for; by link, only the own ticket's."""
    match scope_of(actor, action):
        case Scope.ALL:
            return true()
        case Scope.TEAM:
            return Customer.team_id.in_(actor.team_ids)
        case Scope.LINKED:
            return Customer.id.in_(select(Ticket.customer_id).where(Ticket.id == actor.link_ticket_id))
        case Scope.OWN:
            tickets = select(Visit.ticket_id).where(_own_visit_ids(actor))
            return Customer.id.in_(select(Ticket.customer_id).where(Ticket.id.in_(tickets)))


def technicians_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Return the condition that holds for the technicians the actor may do this to."""
    match scope_of(actor, action):
        case Scope.ALL:
            return true()
        case Scope.TEAM:
            return Technician.team_id.in_(actor.team_ids)
        case Scope.OWN:
            return Technician.id == actor.technician_id if actor.technician_id is not None else false()
        case Scope.LINKED:
            return false()


def works_for(team_ids: Collection[UUID], day: date) -> ColumnElement[bool]:
    """Return the condition for technicians who are planned by one of the teams on a day: its own, and on loan to it."""
    on_loan = select(Loan.technician_id).where(Loan.team_id.in_(team_ids), Loan.first_day <= day, Loan.last_day >= day)
    return or_(Technician.team_id.in_(team_ids), Technician.id.in_(on_loan))


def locations_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Return the condition for stock locations: a technician's are the own van and the team's warehouses."""
    match scope_of(actor, action):
        case Scope.ALL:
            return true()
        case Scope.TEAM:
            return StockLocation.is_physical & _of_teams_or_all(actor)
        case Scope.OWN:
            own_van = select(Technician.van_location_id).where(Technician.id == actor.technician_id)
            warehouses = (StockLocation.kind == LocationKind.WAREHOUSE) & _of_teams_or_all(actor)
            return or_(StockLocation.id.in_(own_van), warehouses)
        case Scope.LINKED:
            return false()


def _of_teams_or_all(actor: Actor) -> ColumnElement[bool]:
    return or_(StockLocation.team_id.in_(actor.team_ids), StockLocation.team_id.is_(None))


def load_visit(uow: UnitOfWork, visit_id: UUID, action: Action, version: int | None = None) -> Visit:
    """Return a visit of the actor's scope, locked until the end; with a version, refuse any other version of it."""
    in_scope = visits_in_scope(uow.actor, action)
    found = uow.find(Visit, visit_id, lock=True)
    # Asked after the lock is had, so that an assignment ended meanwhile counts.
    if found is None or uow.session.scalar(select(Visit.id).where(Visit.id == visit_id, in_scope)) is None:
        raise NotFound(f"There is no visit {visit_id}.")
    _check_time(uow, visit_id)
    return uow.get(Visit, visit_id, version=version)


def _check_time(uow: UnitOfWork, visit_id: UUID) -> None:
    """Refuse a moment the visit can't have been acted on: a plan that starts from it could not be made."""
    if uow.context.occurred_at is None or uow.context.source in PHONE_SOURCES:
        return
    if uow.occurred_at > uow.now + CLOCK_TOLERANCE:
        fault = Fault("in_the_future", "/occurred_at", "This has not happened yet; look at the device's clock.")
        raise Invalid("Something that is reported has happened.", faults=[fault])
    sent = [one.dispatched_at for one in open_assignments(uow, visit_id) if one.dispatched_at is not None]
    earliest = min(sent) - CLOCK_TOLERANCE if sent else uow.now - LONGEST_AGO
    if uow.occurred_at < earliest:
        what = "before the visit was dispatched" if sent else f"more than {LONGEST_AGO.days} days ago"
        fault = Fault("too_long_ago", "/occurred_at", f"This would have been {what}; look at the device's clock.")
        raise Invalid("What is reported can't have happened then.", faults=[fault])


def load_ticket(uow: UnitOfWork, ticket_id: UUID, action: Action, version: int | None = None) -> Ticket:
    """Return a ticket of the actor's scope, locked until the end; with a version, refuse any other version of it."""
    in_scope = tickets_in_scope(uow.actor, action)
    found = uow.find(Ticket, ticket_id, lock=True)
    if found is None or uow.session.scalar(select(Ticket.id).where(Ticket.id == ticket_id, in_scope)) is None:
        raise NotFound(f"There is no ticket {ticket_id}.")
    return uow.get(Ticket, ticket_id, version=version)


def load_ticket_with_visits(
    uow: UnitOfWork, ticket_id: UUID, action: Action, version: int | None = None
) -> tuple[Ticket, list[Visit]]:
    """Return a ticket of the actor's scope and all its visits, locked until the end, the oldest first.

    Visits before the ticket, as whatever changes a visit takes its ticket's lock after it.
    """
    known = select(Visit.id).where(Visit.ticket_id == ticket_id).order_by(Visit.id)
    visits = [uow.get(Visit, visit_id, lock=True) for visit_id in uow.session.scalars(known).all()]
    ticket = load_ticket(uow, ticket_id, action, version)
    if uow.session.scalars(known).all() != [visit.id for visit in visits]:
        raise ChangedMeanwhile("The ticket has got another visit meanwhile.")  # nobody drafts one without this lock
    return ticket, visits


def acting_assignment(uow: UnitOfWork, visit: Visit, technician_id: UUID | None = None) -> Assignment | None:
    """Return the assignment the actor acts in: a technician's own, for everybody else that named or the lead's."""
    open_ones = open_assignments(uow, visit.id)
    if uow.actor.role is Role.TECHNICIAN or technician_id is not None:
        whose = uow.actor.technician_id if uow.actor.role is Role.TECHNICIAN else technician_id
        return next((one for one in open_ones if one.technician_id == whose), None)
    return next((one for one in open_ones if one.is_lead), None)


def open_assignments(uow: UnitOfWork, visit_id: UUID) -> list[Assignment]:
    """Return the assignments of a visit that were not given up."""
    query = select(Assignment).where(Assignment.visit_id == visit_id, Assignment.ended_at.is_(None))
    query = query.order_by(Assignment.id).options(lazyload(Assignment.planned_parts))
    return list(uow.session.scalars(query.execution_options(populate_existing=True)))


def check_acts_in_the_field(uow: UnitOfWork, what: str) -> None:
    """Refuse anybody but a technician, and a dispatcher who says to act on the technician's behalf."""
    is_technician = uow.actor.role is Role.TECHNICIAN
    if is_technician == uow.context.on_behalf:
        raise TransitionRefused(
            f"{what} is for a technician, or for a dispatcher on behalf of one.", code="transition_not_for_role"
        )


def sees_customer(actor: Actor, day: datetime | None, now: datetime, zone: str) -> bool:
    """Tell whether the actor may read who the customer of a visit of the own scope is, and where.

    day: when the visit is planned.
    """
    scope = scope_for(Action.CUSTOMER_READ, actor.role)
    if scope is not Scope.OWN:
        return scope is not None
    if day is None:
        return False
    local = ZoneInfo(zone)
    away = day.astimezone(local).date() - now.astimezone(local).date()
    return timedelta(days=-CONTACT_DAYS_BACK) <= away <= timedelta(days=CONTACT_DAYS_AHEAD)


def zone_of(session: OrmSession, team_id: UUID) -> str:
    """Return the zone that says when a team's day begins."""
    return session.get_one(Team, team_id).zone


def touch(row: Entity) -> None:
    """Let a row have a new version although only rows below it change: its ETag stands for them too."""
    named: dict[type[Entity], str] = {
        PlannedRoute: "day",
        JobType: "code",
        Supplier: "code",
        Drawing: "model",
        Task: "kind",
    }
    flag_modified(row, named.get(type(row), "number"))
