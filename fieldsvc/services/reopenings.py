"""What was done did not hold: the ticket is open again, and more urgent."""

from fieldsvc.domain.ticket_states import OPEN, TICKET
from fieldsvc.domain.urgency import VISIT_DEFAULTS, Urgency, VisitDefaults, raised
from fieldsvc.models.tickets import Ticket
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.belongings import release_unfit_handler


def reopen_more_urgently(uow: UnitOfWork, ticket: Ticket) -> VisitDefaults:
    """Open a locked ticket again, or only raise the urgency of one that is open; return what its visits begin with."""
    urgency = raised(Urgency(ticket.urgency or Urgency.NORMAL))
    defaults = VISIT_DEFAULTS[urgency]
    due_at, data = uow.now + defaults.due_after, {"urgency": urgency.value}
    if ticket.state in OPEN:
        due_at = min(due_at, ticket.due_at or due_at)
        uow.record(ticket, "ticket_urgency_raised", ticket.state, ticket.state, data=data)
    else:
        row = TICKET.allowed(ticket.state, "reopen", uow.actor.role)
        before, ticket.state = ticket.state, row.to
        release_unfit_handler(uow, ticket)
        uow.record(ticket, "ticket_reopened", before, row.to, data=data)
    ticket.urgency, ticket.due_at = urgency, due_at
    return defaults
