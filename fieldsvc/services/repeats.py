"""Whether an answer that was given once may be given again: what it shows has to be in the caller's scope still."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import NotFound
from fieldsvc.domain.permissions import Action
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.services.approvals import check_approval_in_scope
from fieldsvc.services.counts import get_count
from fieldsvc.services.purchase_orders import get_order
from fieldsvc.services.replenishment import get_proposal
from fieldsvc.services.reservations import get_reservation
from fieldsvc.services.rmas import get_rma
from fieldsvc.services.runs import get_run
from fieldsvc.services.scopes import tickets_in_scope, visits_in_scope
from fieldsvc.services.tasks import get_task
from fieldsvc.services.transfers import get_transfer


def check_still_in_scope(session: OrmSession, actor: Actor, action: Action, ids: Mapping[str, UUID]) -> None:
    """Refuse what an address names if the actor may no longer do this to it.

    ids: by the names addresses use; others than those looked at here are the actor's own or public.
    """
    visit_id, ticket_id, run_id = ids.get("visit_id"), ids.get("ticket_id"), ids.get("run_id")
    task_id, approval_id = ids.get("task_id"), ids.get("approval_id")
    reservation_id, transfer_id = ids.get("reservation_id"), ids.get("transfer_id")
    if visit_id is not None:
        visits = select(Visit.id).where(Visit.id == visit_id, visits_in_scope(actor, action))
        if session.scalar(visits) is None:
            raise NotFound(f"There is no visit {visit_id}.")
    if ticket_id is not None:
        tickets = select(Ticket.id).where(Ticket.id == ticket_id, tickets_in_scope(actor, action))
        if session.scalar(tickets) is None:
            raise NotFound(f"There is no ticket {ticket_id}.")
    if run_id is not None:
        get_run(session, actor, run_id)
    if task_id is not None:
        get_task(session, actor, task_id)
    if approval_id is not None:
        check_approval_in_scope(session, actor, approval_id, action)
    if reservation_id is not None:
        get_reservation(session, actor, reservation_id)
    if "count_id" in ids:
        get_count(session, actor, ids["count_id"])
    if "proposal_id" in ids:
        get_proposal(session, actor, ids["proposal_id"])
    if "rma_id" in ids:
        get_rma(session, actor, ids["rma_id"])
    if "order_id" in ids:
        get_order(session, actor, ids["order_id"])
    if transfer_id is not None:
        get_transfer(session, actor, transfer_id)
