"""Solving a ticket from the desk: recorded, told in a short report, and confirmed or objected to by link."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import CancelReason, TaskKind
from fieldsvc.domain.errors import Conflict, Erased, Fault, Invalid, NotFound
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.short_report import Solved, short_report
from fieldsvc.domain.sign_off_states import SETTLED, SIGN_OFF, UNANSWERED, SignOffState
from fieldsvc.domain.ticket_states import TICKET
from fieldsvc.domain.visit_states import CLOSED, VisitState
from fieldsvc.models.customers import CustomerLink
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import Personal, UnitOfWork
from fieldsvc.services.customer_links import has_open_link
from fieldsvc.services.open_approvals import open_approvals
from fieldsvc.services.planned_reservations import settle_reservations
from fieldsvc.services.reopenings import reopen_more_urgently
from fieldsvc.services.scopes import load_ticket, load_ticket_with_visits, tickets_in_scope
from fieldsvc.services.short_reports import remotes_of
from fieldsvc.services.tasks import finish_ticket_tasks, raise_ticket_task
from fieldsvc.services.tickets import awaits_inspection, follow_visits
from fieldsvc.services.visit_returns import Cancellation, cancel

_MOST_OVERDUE = 1000
# What the event that tells of a short report says of it.
BOUND = ("ticket_id", "report_sha256", "resolution", "symptom", "cause", "action", "verification_passed")


def resolve_without_visit(
    uow: UnitOfWork, ticket_id: UUID, solved: Solved, version: int | None = None
) -> RemoteSolution:
    """Resolve a triaged ticket for which nobody is planned; visits that were only drafted are not wanted any more."""
    ticket, visits = load_ticket_with_visits(uow, ticket_id, Action.TICKET_TRIAGE, version)
    row = TICKET.allowed(ticket.state, "resolve_without_visit", uow.actor.role)
    told = SIGN_OFF.allowed(SignOffState.PENDING, "send", uow.actor.role)
    _check(uow, ticket, visits, solved)
    for visit in visits:
        if visit.state not in CLOSED:
            cancel(uow, visit, Cancellation(CancelReason.SOLVED_OTHERWISE, timedelta()), with_ticket=True)
    remote = _told(uow, ticket, solved, told.to)
    before, ticket.state, ticket.resolution = ticket.state, row.to, solved.resolution
    uow.record(ticket, "ticket_resolved_remotely", before, row.to, reason=solved.resolution.value)
    settle_reservations(uow, ticket)
    return remote


def get_remote(session: OrmSession, actor: Actor, ticket_id: UUID) -> RemoteSolution:
    """Return what was solved without a visit, to those who may read a ticket's evidence."""
    visible = select(Ticket.id).where(Ticket.id == ticket_id, tickets_in_scope(actor, Action.EVIDENCE_READ))
    of_ticket = remotes_of(ticket_id).where(RemoteSolution.ticket_id.in_(visible))
    remote = session.scalars(of_ticket.limit(1)).first()
    if remote is None:
        raise NotFound(f"Ticket {ticket_id} was not resolved without a visit.")
    if not remote.content:
        raise Erased("This report was erased with the customer it was for.")
    return remote


def confirm_remote(uow: UnitOfWork, remote: RemoteSolution, report_sha256: str, signer_name: str | None) -> None:
    """Take the customer's confirmation; a link confirms once."""
    ticket = load_ticket(uow, remote.ticket_id, Action.SIGN_OFF_CREATE)
    assert uow.actor.link_id is not None, "only a customer confirms by link"
    link = uow.get(CustomerLink, uow.actor.link_id, lock=True)
    if link.used_at is not None:
        raise Conflict("This link has confirmed a report already.", code="link_used")
    said = {"signer_name": signer_name, "method": "link", "signed_at": uow.now}
    _answer(uow, remote.id, report_sha256, "confirm", "report_confirmed", said)
    link.used_at = uow.now
    follow_visits(uow, ticket)


def object_to_remote(
    uow: UnitOfWork, remote: RemoteSolution, report_sha256: str, objection: str, window: timedelta
) -> None:
    """Let the customer object: before confirming, or for some time after it counts as accepted."""
    ticket = load_ticket(uow, remote.ticket_id, Action.SIGN_OFF_CREATE)
    if remote.state in SETTLED and uow.now > remote.state_since + window:
        end = (remote.state_since + window).isoformat(timespec="minutes")
        raise Conflict(f"This report was open to objections until {end}.", code="dispute_window_over")
    action = "object" if remote.state is SignOffState.PRESENTED else "dispute"
    said = {"objection": objection, "disputed_at": uow.now}
    _answer(uow, remote.id, report_sha256, action, "report_disputed", said)
    raise_ticket_task(uow, TaskKind.REPORT_DISPUTED, ticket)


def decide_objection(
    uow: UnitOfWork, ticket_id: UUID, reason: str, *, is_upheld: bool, version: int | None = None
) -> RemoteSolution:
    """Let the desk uphold an objection, which reopens the ticket, or dismiss it."""
    ticket = load_ticket(uow, ticket_id, Action.DISPUTE_DECIDE, version)
    remote = _objected_to(uow, ticket_id)
    if remote is None:
        raise Conflict("No report was presented yet.", code="no_report_presented")
    row = SIGN_OFF.allowed(remote.state, "uphold" if is_upheld else "dismiss", uow.actor.role)
    said = {"decision": reason, "decided_at": uow.now}
    _move(uow, remote, row.to, f"dispute_{row.to.value}", said)
    finish_ticket_tasks(uow, TaskKind.REPORT_DISPUTED, ticket)
    if is_upheld:
        reopen_more_urgently(uow, ticket)
    follow_visits(uow, ticket)
    return remote


def overdue_remotes(session: OrmSession, deadline: datetime) -> Sequence[UUID]:
    """Return short reports of before a moment that nobody has answered."""
    due = select(RemoteSolution.id).where(RemoteSolution.state.in_(UNANSWERED), RemoteSolution.state_since <= deadline)
    return session.scalars(due.order_by(RemoteSolution.id).limit(_MOST_OVERDUE)).all()


def expire_remote(uow: UnitOfWork, remote_id: UUID, deadline: datetime) -> bool:
    """Let a short report that nobody has answered count as accepted, as the system; False if somebody has."""
    ticket = uow.get(Ticket, uow.get(RemoteSolution, remote_id).ticket_id, lock=True)
    remote = uow.get(RemoteSolution, remote_id, lock=True)
    if remote.state not in UNANSWERED or remote.state_since > deadline:
        return False
    row = SIGN_OFF.allowed(remote.state, "expire", uow.actor.role)
    _move(uow, remote, row.to, "report_accepted_tacitly", {})
    follow_visits(uow, ticket)
    return True


def _check(uow: UnitOfWork, ticket: Ticket, visits: Sequence[Visit], solved: Solved) -> None:
    if uow.session.scalars(open_approvals(ticket.id).limit(1)).first() is not None:
        raise Conflict("The customer has not said yet whether he pays for something.", code="approval_open")
    if any(awaits_inspection(uow, visit.id) for visit in visits if visit.state is VisitState.COMPLETED):
        raise Conflict("A second person has not found the work of a visit right yet.", code="inspection_open")
    if not has_open_link(uow, ticket.id):
        raise Conflict("The customer has no link that is still open; make one first.", code="no_customer_link")
    if not solved.verification_passed and not solved.verification_reason:
        fault = Fault("verification_reason_missing", "/verification_reason", "The test failed: give the reason.")
        raise Invalid("A failed test needs a reason.", faults=[fault])


def _told(uow: UnitOfWork, ticket: Ticket, solved: Solved, state: SignOffState) -> RemoteSolution:
    content = short_report(ticket.number, str(ticket.subject), solved).encode()
    remote = RemoteSolution(
        id=uow.new_id(),
        ticket_id=ticket.id,
        state=state,
        **asdict(solved),
        content=content,
        report_sha256=hashlib.sha256(content).hexdigest(),
        state_since=uow.now,
        recorded_at=uow.now,
        recorded_by=uow.actor.user_id,
    )
    uow.session.add(remote)
    data = {name: getattr(remote, name) for name in BOUND}
    uow.record(remote, "report_sent", SignOffState.PENDING, state, data=data)
    return remote


def _answer(
    uow: UnitOfWork, remote_id: UUID, report_sha256: str, action: str, kind: str, said: Mapping[str, object]
) -> None:
    remote = uow.get(RemoteSolution, remote_id, lock=True)
    if remote.report_sha256 != report_sha256:
        raise Conflict("Another report has been sent since; read it first.", code="other_report")
    _move(uow, remote, SIGN_OFF.allowed(remote.state, action, uow.actor.role).to, kind, said)


def _move(uow: UnitOfWork, remote: RemoteSolution, to: SignOffState, kind: str, said: Mapping[str, object]) -> None:
    for name, value in said.items():
        setattr(remote, name, value)
    before, remote.state, remote.state_since = remote.state, to, uow.now
    data = {"ticket_id": remote.ticket_id, "report_sha256": remote.report_sha256}
    personal = Personal(remote, said) if said else None
    uow.record(remote, kind, before, to, data=data, personal=personal)


def _objected_to(uow: UnitOfWork, ticket_id: UUID) -> RemoteSolution | None:
    """Return the short report that is objected to, whatever was reported since; else the newest."""
    found = uow.session.scalars(remotes_of(ticket_id).execution_options(populate_existing=True)).all()
    disputed = (one for one in found if one.state is SignOffState.DISPUTED)
    return next(disputed, found[0] if found else None)
