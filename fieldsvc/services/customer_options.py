"""Which things a customer can do now, as the tables of the life cycles have it; a try may still be refused."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.customer_options import CustomerOption
from fieldsvc.domain.roles import Role
from fieldsvc.domain.sign_off_states import SIGN_OFF
from fieldsvc.domain.ticket_states import TICKET
from fieldsvc.domain.visit_states import CLOSED, STARTED, VISIT, VisitState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.customers import CustomerLink
from fieldsvc.models.records import SignOff
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit


def options_of(
    session: OrmSession, actor: Actor, ticket: Ticket, sign_off: SignOff | RemoteSolution | None
) -> list[CustomerOption]:
    """Return what the customer of a link can do about a ticket; sign_off: of the report that counts."""
    states = dict(
        session.execute(select(Visit.id, Visit.state).where(Visit.ticket_id == ticket.id).order_by(Visit.id)).all()
    )
    has_begun = _has_begun(session, list(states))
    return [*_about_the_report(session, actor, sign_off, states), *_about_the_visit(ticket, states, has_begun)]


def _about_the_report(
    session: OrmSession, actor: Actor, sign_off: SignOff | RemoteSolution | None, states: Mapping[UUID, VisitState]
) -> Iterator[CustomerOption]:
    if sign_off is not None:
        link = session.get(CustomerLink, actor.link_id)
        is_unused = link is not None and link.used_at is None
        if is_unused and SIGN_OFF.permits(sign_off.state, "confirm", Role.CUSTOMER):
            yield CustomerOption.CONFIRM
        if _is_open_to_objections(sign_off, states):
            yield CustomerOption.DISPUTE
    if VisitState.COMPLETED in states.values():
        yield CustomerOption.RATE


def _is_open_to_objections(sign_off: SignOff | RemoteSolution, states: Mapping[UUID, VisitState]) -> bool:
    """Tell whether the customer can object; to what was solved without a visit already before confirming it."""
    can_dispute = SIGN_OFF.permits(sign_off.state, "dispute", Role.CUSTOMER)
    if isinstance(sign_off, RemoteSolution):
        return can_dispute or SIGN_OFF.permits(sign_off.state, "object", Role.CUSTOMER)
    return can_dispute and states.get(sign_off.visit_id) is VisitState.COMPLETED


def _about_the_visit(ticket: Ticket, states: Mapping[UUID, VisitState], has_begun: bool) -> Iterator[CustomerOption]:
    to_come = [state for state in states.values() if state not in CLOSED]
    is_movable = all(
        state is VisitState.UNSCHEDULED or VISIT.permits(state, "postpone", Role.CUSTOMER) for state in to_come
    )
    if to_come and is_movable and not has_begun:
        yield CustomerOption.POSTPONE
    made = [state for state in states.values() if state is not VisitState.CANCELLED]
    is_done = bool(made) and made[-1] is VisitState.COMPLETED
    if not has_begun and not is_done and TICKET.permits(ticket.state, "cancel", Role.CUSTOMER):
        yield CustomerOption.CANCEL


def _has_begun(session: OrmSession, visit_ids: Sequence[UUID]) -> bool:
    begun = select(Assignment.id).where(
        Assignment.visit_id.in_(visit_ids), Assignment.ended_at.is_(None), Assignment.state.in_(STARTED)
    )
    return session.scalars(begun.limit(1)).first() is not None
