"""What somebody has in hand: open tickets as their handler, and visits that are not over as their technician."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.roles import Role, handles_tickets
from fieldsvc.domain.ticket_states import OPEN
from fieldsvc.domain.visit_states import CLOSED
from fieldsvc.models.access import User
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Belongings:
    """Ids of what somebody has in hand."""

    tickets: Sequence[UUID]
    visits: Sequence[UUID]


def belongings_of(session: OrmSession, user: User, first_day: date | None = None) -> Belongings:
    """Return what a user has in hand; with a day, of the visits only those from that day on."""
    handled = select(Ticket.id).where(Ticket.handler_id == user.id, Ticket.state.in_(OPEN)).order_by(Ticket.id)
    made = select(Assignment.visit_id).where(
        Assignment.technician_id == user.technician_id,
        Assignment.ended_at.is_(None),
        Assignment.finished_at.is_(None),
        Assignment.state.not_in(CLOSED),
    )
    if first_day is not None:
        made = made.where(Assignment.day >= first_day)
    visits = select(Visit.id).where(Visit.id.in_(made)).order_by(Visit.id)
    return Belongings(
        session.scalars(handled).all(), session.scalars(visits).all() if user.technician_id is not None else ()
    )


def may_handle(user: User, team_id: UUID) -> bool:
    """Tell whether a user can be the handler of a team's ticket: one of its agents and dispatchers, or a supervisor."""
    is_seen = user.team_id == team_id or user.role is Role.SUPERVISOR
    return user.is_active and is_seen and handles_tickets(user.role)


def release_unfit_handler(uow: UnitOfWork, ticket: Ticket) -> None:
    """Let a ticket that is open again be nobody's where its handler can't care for it any more."""
    handler = uow.find(User, ticket.handler_id) if ticket.handler_id is not None else None
    if handler is not None and not may_handle(handler, ticket.team_id):
        ticket.handler_id = None
