"""Further visits of a ticket, which the desk asks for: to try again, or to do something else as well."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fieldsvc.domain.errors import Fault, Invalid, TransitionRefused
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.urgency import VISIT_DEFAULTS, Urgency
from fieldsvc.models.customers import Site
from fieldsvc.models.job_types import JobType
from fieldsvc.models.tickets import Ticket
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import load_ticket, touch
from fieldsvc.services.visit_drafts import Window, draft_visit, window_faults

_OPEN_FOR_VISITS = (TicketState.TRIAGED, TicketState.IN_PROGRESS, TicketState.WAITING)


@dataclass(frozen=True, slots=True)
class WantedVisit:
    """What is to be done. windows: what was promised to the customer, closed; none = any time."""

    job_type_id: UUID
    windows: Sequence[Window] = ()


def add_visit(uow: UnitOfWork, ticket_id: UUID, wanted: WantedVisit, version: int | None = None) -> Ticket:
    """Draft one more visit for an open ticket that has been triaged."""
    ticket = load_ticket(uow, ticket_id, Action.TICKET_TRIAGE, version)
    if ticket.state not in _OPEN_FOR_VISITS or ticket.urgency is None or ticket.site_id is None:
        raise TransitionRefused(f"The ticket is {ticket.state}: a visit is added to one that is triaged and open.")
    job_type = uow.find(JobType, wanted.job_type_id)
    faults = window_faults(uow.now, wanted.windows)
    if job_type is None:
        faults.insert(0, Fault("unknown_job_type", "/job_type_id", "There is no such job type."))
    if faults or job_type is None:
        raise Invalid("The visit can't be added like this.", faults=faults)
    defaults = VISIT_DEFAULTS[Urgency(ticket.urgency)]
    due_at = ticket.due_at or uow.now + defaults.due_after
    site = uow.get(Site, ticket.site_id)
    draft_visit(uow, ticket, site, job_type, defaults, windows=wanted.windows, due_at=due_at)
    touch(ticket)
    return ticket
