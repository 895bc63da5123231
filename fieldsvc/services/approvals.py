"""Work and parts the customer has to pay for: offered with prices, and agreed to or not before they are done."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import joinedload

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.approval_states import APPROVAL, ApprovalState
from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.offers import MOST_CENTS, Offer, OfferLine
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.phone_commands import CLOCK_TOLERANCE, PHONE_SOURCES
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import OPEN
from fieldsvc.domain.visit_states import STARTED
from fieldsvc.models.approvals import Approval
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.stock import Part
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import Personal, UnitOfWork
from fieldsvc.services.open_approvals import open_approvals
from fieldsvc.services.scopes import load_ticket, load_visit, tickets_in_scope
from fieldsvc.services.tickets import follow_visits

# What the event of a request binds beside the lines.
BOUND_AT_BIRTH = ("ticket_id", "visit_id", "total_cents", "currency", "requested_at", "requested_by")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer says to an offer. method: drawn or typed on the technician's device, or link.

    offer_sha256: of what was read; None where the device that shows the offer has just made it.
    """

    is_approved: bool
    method: str
    offer_sha256: str | None = None
    signer_name: str | None = None
    strokes: Sequence[Sequence[Sequence[int]]] = ()
    reason: str | None = None


def request_approval(
    uow: UnitOfWork,
    ticket_id: UUID,
    lines: Sequence[OfferLine],
    currency: str,
    *,
    visit_id: UUID | None = None,
    version: int | None = None,
) -> Approval:
    """Ask the customer of an open ticket to pay for something."""
    ticket = load_ticket(uow, ticket_id, Action.APPROVAL_REQUEST, version)
    row = APPROVAL.allowed_at_birth("request", uow.actor.role)
    if ticket.state not in OPEN:
        raise Conflict(f"The ticket is {ticket.state}: nothing is done for it any more.", code="ticket_over")
    offer = Offer(ticket.number, currency, lines)
    faults = _offer_faults(uow, ticket, offer, visit_id)
    if faults:
        raise Invalid("This can't be offered.", faults=faults)
    approval = Approval(
        id=uow.new_id(),
        ticket=ticket,
        ticket_id=ticket.id,
        visit_id=visit_id,
        state=row.to,
        content={"lines": [asdict(line) for line in lines]},
        currency=currency,
        total_cents=offer.total_cents,
        requested_at=uow.occurred_at,
        requested_by=uow.actor.user_id,
    )
    uow.session.add(approval)
    bound = {name: getattr(approval, name) for name in BOUND_AT_BIRTH}
    offered = Personal(approval, approval.content | bound)
    data = {"ticket_id": ticket.id, "total_cents": offer.total_cents, "currency": currency}
    uow.record(approval, "approval_requested", None, row.to, data=data, personal=offered)
    return approval


def answer_approval(uow: UnitOfWork, approval_id: UUID, answer: Answer, version: int | None = None) -> Approval:
    """Take the customer's answer; of two at once the ticket's lock lets one win."""
    approval = _load(uow, approval_id, Action.APPROVAL_DECIDE, version)
    row = APPROVAL.allowed(
        approval.state,
        "approve" if answer.is_approved else "decline",
        uow.actor.role,
        on_behalf=uow.context.on_behalf,
    )
    if uow.actor.role is Role.TECHNICIAN and not _is_under_way(uow, approval):
        raise Conflict("The customer answers on the device while a visit is made.", code="visit_not_on_site")
    if answer.offer_sha256 is not None and answer.offer_sha256 != approval.offer_sha256:
        raise Conflict("This is not what is offered: read it again.", code="other_offer")
    faults = _answer_faults(uow, approval, answer)
    if faults:
        raise Invalid("This answer can't be taken.", faults=faults)
    said = {
        "decided_at": uow.occurred_at,
        "method": answer.method,
        "signer_name": answer.signer_name,
        "strokes": json.dumps(answer.strokes, separators=(",", ":")) if answer.strokes else None,
        "reason": answer.reason,
    }
    for name, value in said.items():
        setattr(approval, name, value)
    before, approval.state = approval.state, row.to
    data = {"ticket_id": approval.ticket_id, "total_cents": approval.total_cents}
    uow.record(approval, f"approval_{row.to.value}", before, row.to, data=data, personal=Personal(approval, said))
    follow_visits(uow, approval.ticket)
    return approval


def agree_at_site(
    uow: UnitOfWork, visit_id: UUID, lines: Sequence[OfferLine], currency: str, answer: Answer
) -> Approval:
    """Offer something at a visit and take the answer with it, as a phone without a network does."""
    visit = load_visit(uow, visit_id, Action.VISIT_TRANSITION)
    approval = request_approval(uow, visit.ticket_id, lines, currency, visit_id=visit_id)
    uow.flush()
    return answer_approval(uow, approval.id, answer)


def withdraw_approval(uow: UnitOfWork, approval_id: UUID, version: int | None = None) -> Approval:
    """Want no answer any more."""
    approval = _load(uow, approval_id, Action.APPROVAL_REQUEST, version)
    _withdraw(uow, approval, uow.actor.role)
    follow_visits(uow, approval.ticket)
    return approval


def withdraw_all(uow: UnitOfWork, ticket: Ticket) -> None:
    """Want no answers any more, as the system, as the ticket is over; the ticket has to be locked."""
    for approval in uow.session.scalars(open_approvals(ticket.id).with_for_update()):
        _withdraw(uow, approval, Role.SYSTEM)


def list_approvals(session: OrmSession, actor: Actor, ticket_id: UUID, page: PageRequest) -> Page[Approval]:
    """Return what the customer of a ticket was asked to pay for, the oldest first."""
    visible = select(Ticket.id).where(Ticket.id == ticket_id, tickets_in_scope(actor, Action.TICKET_READ))
    if session.scalar(visible) is None:
        raise NotFound(f"There is no ticket {ticket_id}.")
    query = select(Approval).where(Approval.ticket_id == ticket_id).options(joinedload(Approval.ticket))
    return fetch_page(session, query, [Approval.id], page)


def approvals_of(session: OrmSession, ticket_ids: Sequence[UUID]) -> dict[UUID, list[Approval]]:
    """Return by ticket what its customer was asked to pay for and was not withdrawn, the oldest first."""
    query = select(Approval).where(Approval.ticket_id.in_(ticket_ids), Approval.state != ApprovalState.WITHDRAWN)
    found: dict[UUID, list[Approval]] = {}
    for approval in session.scalars(query.order_by(Approval.id).options(joinedload(Approval.ticket))):
        found.setdefault(approval.ticket_id, []).append(approval)
    return found


def check_approval_in_scope(session: OrmSession, actor: Actor, approval_id: UUID, action: Action) -> None:
    """Refuse an approval of a ticket that is not the actor's."""
    query = select(Approval.id).join(Ticket, Ticket.id == Approval.ticket_id)
    if session.scalar(query.where(Approval.id == approval_id, tickets_in_scope(actor, action))) is None:
        raise NotFound(f"There is no approval {approval_id}.")


def _load(uow: UnitOfWork, approval_id: UUID, action: Action, version: int | None) -> Approval:
    """Return an approval of the actor's scope, its ticket locked before it, as everywhere."""
    check_approval_in_scope(uow.session, uow.actor, approval_id, action)
    of_ticket = select(Approval.ticket_id).where(Approval.id == approval_id)
    load_ticket(uow, uow.session.scalars(of_ticket).one(), action)
    return uow.get(Approval, approval_id, lock=True, version=version)


def _withdraw(uow: UnitOfWork, approval: Approval, role: Role) -> None:
    row = APPROVAL.allowed(approval.state, "withdraw", role)
    before, approval.state = approval.state, row.to
    uow.record(approval, "approval_withdrawn", before, row.to, data={"ticket_id": approval.ticket_id})


def _offer_faults(uow: UnitOfWork, ticket: Ticket, offer: Offer, visit_id: UUID | None) -> list[Fault]:
    faults, lines = [], offer.lines
    if not lines:
        faults.append(Fault("nothing_offered", "/lines", "Name what is to be paid for."))
    named = {UUID(line.part_id) for line in lines if line.part_id is not None}
    known = {str(part) for part in uow.session.scalars(select(Part.id).where(Part.id.in_(named)))}
    for index, line in enumerate(lines):
        if line.part_id is not None and line.part_id not in known:
            faults.append(Fault("unknown_part", f"/lines/{index}/part_id", "There is no such part."))
    if offer.total_cents > MOST_CENTS:
        faults.append(Fault("sum_too_large", "/lines", "The sum of the lines is larger than can be stored."))
    visit = uow.find(Visit, visit_id) if visit_id is not None else None
    if visit_id is not None and (visit is None or visit.ticket_id != ticket.id):
        faults.append(Fault("unknown_visit", "/visit_id", "This ticket has no such visit."))
    return faults


def _is_under_way(uow: UnitOfWork, approval: Approval) -> bool:
    """Tell whether the actor has set off for, or is at, a visit of the ticket."""
    begun = select(Assignment.id).join(Visit, Visit.id == Assignment.visit_id)
    mine = (Assignment.technician_id == uow.actor.technician_id, Assignment.ended_at.is_(None))
    begun = begun.where(*mine, Assignment.state.in_(STARTED), Visit.ticket_id == approval.ticket_id)
    return uow.session.scalars(begun.limit(1)).first() is not None


def _answer_faults(uow: UnitOfWork, approval: Approval, answer: Answer) -> list[Fault]:
    faults = []
    is_told_by_phone = uow.context.source in PHONE_SOURCES
    earliest, latest = approval.requested_at - CLOCK_TOLERANCE, uow.now + CLOCK_TOLERANCE
    if not is_told_by_phone and not earliest <= uow.occurred_at <= latest:
        message = "This would have been before it was asked, or has not happened yet; look at the device's clock."
        faults.append(Fault("wrong_moment", "/occurred_at", message))
    has_name = bool(answer.signer_name and answer.signer_name.strip())
    if uow.actor.role is not Role.CUSTOMER and answer.is_approved and not has_name:
        faults.append(Fault("missing_field", "/signer_name", "Whoever agrees on the device says who it is."))
    if answer.is_approved and answer.method == "drawn" and not any(answer.strokes):
        faults.append(Fault("strokes_missing", "/strokes", "A drawn signature consists of strokes."))
    return faults
