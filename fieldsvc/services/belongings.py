"""What somebody has in hand: open tickets as their handler, and visits that are not over as their technician."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.roles import Role, stands_for
from fieldsvc.domain.ticket_states import OPEN
from fieldsvc.domain.visit_states import CLOSED
from fieldsvc.models.access import User
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit

_HANDLERS = frozenset({Role.AGENT, Role.DISPATCHER})


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


def may_handle(user: User) -> bool:
    """Tell whether a user can be the handler of a ticket."""
    return user.is_active and bool(stands_for(user.role) & _HANDLERS)
