"""Cancelling a ticket, and with it every visit that nobody has arrived for."""

from collections.abc import Sequence
from uuid import UUID

from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.ticket_states import TICKET
from fieldsvc.domain.visit_states import CLOSED, VisitState
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.approvals import withdraw_all
from fieldsvc.services.planned_reservations import settle_reservations
from fieldsvc.services.scopes import load_ticket_with_visits
from fieldsvc.services.visit_returns import Cancellation, cancel


def cancel_ticket(uow: UnitOfWork, ticket_id: UUID, wanted: Cancellation, version: int | None = None) -> Ticket:
    """End a ticket that is not wanted any more; refused while somebody is at the site."""
    ticket, visits = load_ticket_with_visits(uow, ticket_id, Action.TICKET_CANCEL, version)
    row = TICKET.allowed(ticket.state, "cancel", uow.actor.role)
    if _is_done(visits):
        raise Conflict("The work has been done: there is nothing to call off any more.", code="work_done")
    open_visits = [visit for visit in visits if visit.state not in CLOSED]
    for visit in open_visits:
        cancel(uow, visit, wanted, with_ticket=True)
    withdraw_all(uow, ticket)
    before, ticket.state = ticket.state, row.to
    data = {"visits": len(open_visits)}
    uow.record(ticket, "ticket_cancelled", before, row.to, reason=wanted.reason.value, data=data)
    settle_reservations(uow, ticket)
    return ticket


def _is_done(visits: Sequence[Visit]) -> bool:
    """Tell whether the newest visit that was not cancelled is completed: what is open then is not the work."""
    made = [visit for visit in visits if visit.state is not VisitState.CANCELLED]
    return bool(made) and made[-1].state is VisitState.COMPLETED
