"""Handing over or erasing what is kept about a customer: one person asks, another approves."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.privacy_states import PRIVACY_REQUEST, PrivacyKind, PrivacyState
from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.models.customers import Customer
from fieldsvc.models.privacy import PrivacyRequest
from fieldsvc.models.records import SignOff
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.erasure import erase_customer
from fieldsvc.services.scopes import scope_of

# How long an approved export can be fetched.
EXPORT_KEPT = timedelta(days=7)
_OVER = (TicketState.CLOSED, TicketState.REJECTED, TicketState.CANCELLED)


@dataclass(frozen=True, slots=True)
class PrivacyWish:
    """What is asked for, of whom, and why."""

    customer_id: UUID
    kind: PrivacyKind
    reason: str  # without names: it is kept when the customer is erased


def request_privacy(uow: UnitOfWork, wish: PrivacyWish) -> PrivacyRequest:
    """Ask for an export or an erasure; nothing happens before somebody else approves it."""
    scope_of(uow.actor, Action.PRIVACY_MANAGE)
    assert uow.actor.user_id is not None, "only users ask"
    row = PRIVACY_REQUEST.allowed_at_birth("request", uow.actor.role)
    customer = uow.find(Customer, wish.customer_id, lock=True)
    if customer is None:
        fault = Fault("unknown_customer", "/customer_id", "There is no such customer.")
        raise Invalid("The request can't be taken down like this.", faults=[fault])
    _check_not_erased(customer)
    open_ones = select(PrivacyRequest.id).where(
        PrivacyRequest.customer_id == customer.id,
        PrivacyRequest.kind == wish.kind,
        PrivacyRequest.state == PrivacyState.REQUESTED,
    )
    if uow.session.scalars(open_ones).first() is not None:
        raise Conflict("The same has been asked for already and waits for approval.", code="privacy_request_open")
    request = PrivacyRequest(
        id=uow.new_id(),
        customer_id=customer.id,
        kind=wish.kind,
        state=row.to,
        reason=wish.reason,
        requested_by=uow.actor.user_id,
        requested_at=uow.now,
    )
    uow.session.add(request)
    data = {"customer_id": customer.id, "kind": wish.kind.value}
    uow.record(request, "privacy_requested", None, row.to, data=data)
    return request


def approve_privacy(uow: UnitOfWork, request_id: UUID, version: int | None = None) -> PrivacyRequest:
    """Approve what somebody else has asked for; an erasure is carried out with it, and there is no way back."""
    request, customer = _load(uow, request_id, version)
    row = PRIVACY_REQUEST.allowed(request.state, "approve", uow.actor.role)
    if request.requested_by == uow.actor.user_id:
        raise Conflict("Another person than who asked has to approve it.", code="needs_other_person")
    _check_not_erased(customer)
    if request.kind is PrivacyKind.ERASURE:
        _check_nothing_open(uow, customer)
    _decide(uow, request, row.to, "privacy_approved")
    if request.kind is PrivacyKind.ERASURE:
        erase_customer(uow, customer)
    return request


def withdraw_privacy(uow: UnitOfWork, request_id: UUID, version: int | None = None) -> PrivacyRequest:
    """Take a request back, by whoever: nothing is done."""
    request, _ = _load(uow, request_id, version)
    row = PRIVACY_REQUEST.allowed(request.state, "withdraw", uow.actor.role)
    _decide(uow, request, row.to, "privacy_withdrawn")
    return request


def get_privacy_request(session: OrmSession, actor: Actor, request_id: UUID) -> PrivacyRequest:
    """Return one request."""
    scope_of(actor, Action.PRIVACY_MANAGE)
    request = session.get(PrivacyRequest, request_id)
    if request is None:
        raise NotFound(f"There is no privacy request {request_id}.")
    return request


def list_privacy_requests(
    session: OrmSession, actor: Actor, page: PageRequest, *, state: PrivacyState | None = None
) -> Page[PrivacyRequest]:
    """Return requests, the newest first."""
    scope_of(actor, Action.PRIVACY_MANAGE)
    query = select(PrivacyRequest)
    if state is not None:
        query = query.where(PrivacyRequest.state == state)
    return fetch_page(session, query, [PrivacyRequest.id], page, is_descending=True)


def _load(uow: UnitOfWork, request_id: UUID, version: int | None) -> tuple[PrivacyRequest, Customer]:
    """The request and its customer, both locked, the customer first as wherever tickets are reported."""
    scope_of(uow.actor, Action.PRIVACY_MANAGE)
    customer = uow.get(Customer, uow.get(PrivacyRequest, request_id).customer_id, lock=True)
    return uow.get(PrivacyRequest, request_id, lock=True, version=version), customer


def _decide(uow: UnitOfWork, request: PrivacyRequest, state: PrivacyState, kind: str) -> None:
    before, request.state = request.state, state
    request.decided_by, request.decided_at = uow.actor.user_id, uow.now
    uow.record(request, kind, before, state, data={"customer_id": request.customer_id, "kind": request.kind.value})


def _check_not_erased(customer: Customer) -> None:
    if customer.erased_at is not None:
        raise Conflict("This customer was erased: nothing is kept any more.", code="customer_erased")


def _check_nothing_open(uow: UnitOfWork, customer: Customer) -> None:
    """Refuse while something goes on that needs the customer's data."""
    tickets = select(Ticket.number).where(Ticket.customer_id == customer.id, Ticket.state.not_in(_OVER))
    if numbers := uow.session.scalars(tickets.order_by(Ticket.id).limit(20)).all():
        detail = f"Close or cancel first: {', '.join(numbers)}."
        raise Conflict(detail, code="customer_has_open_tickets")
    disputed = (
        select(Ticket.number)
        .join(Visit, Visit.ticket_id == Ticket.id)
        .join(SignOff, SignOff.visit_id == Visit.id)
        .where(Ticket.customer_id == customer.id, SignOff.state == SignOffState.DISPUTED)
    )
    remote = (
        select(Ticket.number)
        .join(RemoteSolution, RemoteSolution.ticket_id == Ticket.id)
        .where(Ticket.customer_id == customer.id, RemoteSolution.state == SignOffState.DISPUTED)
    )
    if numbers := uow.session.scalars(disputed.union(remote).limit(20)).all():
        detail = f"Decide first about the objections to {', '.join(numbers)}."
        raise Conflict(detail, code="customer_has_open_disputes")
