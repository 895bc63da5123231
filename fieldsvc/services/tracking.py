"""What a customer sees by link: how far the visit is, and the report to confirm."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import CancelReason, PostponeReason
from fieldsvc.domain.customer_options import CustomerOption, PartOfDay
from fieldsvc.domain.errors import Erased, NotFound, TransitionRefused
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.roles import Role
from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import CLOSED, VisitState
from fieldsvc.models.approvals import Approval
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.customers import Customer, CustomerLink
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.models.technicians import Technician
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.approvals import Answer, answer_approval, approvals_of
from fieldsvc.services.customer_options import options_of
from fieldsvc.services.disputes import dispute_by_link
from fieldsvc.services.ratings import rate_by_link
from fieldsvc.services.remote_solutions import confirm_remote, object_to_remote
from fieldsvc.services.scopes import load_ticket, tickets_in_scope, zone_of
from fieldsvc.services.service_reports import report_of, reported_visit_id, sign_off_of
from fieldsvc.services.short_reports import newest_remote
from fieldsvc.services.sign_offs import confirm_by_link
from fieldsvc.services.ticket_cancellations import cancel_ticket
from fieldsvc.services.use_case import WriteCase
from fieldsvc.services.visit_drafts import Window
from fieldsvc.services.visit_returns import Cancellation, Postponement, postpone_visit

PURPOSE = "tracking"
ByLink = WriteCase["Progress"]
_TOKEN_BYTES = 32
# A customer learns who comes when the phone does, not what is still being planned.
_ANNOUNCED = frozenset(VisitState) - {VisitState.UNSCHEDULED, VisitState.PLANNED, VisitState.CANCELLED}


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link with its token, which is not kept: this is the only time it is seen."""

    link: CustomerLink
    token: str
    public_url: str = ""

    @property
    def url(self) -> str:
        """Return the address of the customer's page."""
        return f"{self.public_url}/track/{self.token}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a ticket is, without anything that tells who the customer is or where.

    technician: the first name of who comes. report_sha256: of the report that may be confirmed or was. zone: of the
    site, or of the team while none is known. options: what can be done. approvals: what is asked to be paid for.
    """

    ticket_number: str
    ticket_state: TicketState
    zone: str
    options: Sequence[CustomerOption] = ()
    approvals: Sequence[Approval] = ()
    visit_state: VisitState | None = None
    window_start: datetime | None = None
    window_end: datetime | None = None
    planned_arrival: datetime | None = None
    technician: str | None = None
    sign_off_state: SignOffState | None = None
    report_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class LinkedReport:
    """The customer's copy of a report: of a visit, or of what was solved without one, which is not printed."""

    content: bytes
    sha256: str
    media_type: str
    report_version: int
    recorded_at: datetime
    is_printable: bool = True


def create_link(uow: UnitOfWork, ticket_id: UUID, lives_s: int, public_url: str = "") -> NewLink:
    """Make a link that opens a ticket's progress and confirms one report."""
    ticket = load_ticket(uow, ticket_id, Action.LINK_CREATE)
    if uow.get(Customer, ticket.customer_id).erased_at is not None:
        raise Erased("This customer was erased: there is nobody to send a link to.")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    link = CustomerLink(
        id=uow.new_id(),
        token_hash=_hash(token),
        purpose=PURPOSE,
        ticket_id=ticket.id,
        created_at=uow.now,
        expires_at=uow.now + timedelta(seconds=lives_s),
    )
    uow.session.add(link)
    uow.record(link, "customer_link_created", data={"ticket_id": ticket.id})
    return NewLink(link, token, public_url)


def customer_by_link(session: OrmSession, token: str, now: datetime) -> Actor:
    """Return the customer who holds a link; a link that never was and one that has expired look the same."""
    query = select(CustomerLink).where(CustomerLink.token_hash == _hash(token), CustomerLink.expires_at > now)
    link = session.scalar(query.where(CustomerLink.purpose == PURPOSE))
    if link is None:
        raise NotFound("This link does not open anything (any more).")
    return Actor(Role.CUSTOMER, link_id=link.id, link_ticket_id=link.ticket_id)


def track(session: OrmSession, actor: Actor) -> Progress:
    """Return how far the linked ticket is."""
    query = select(Ticket).where(tickets_in_scope(actor, Action.TRACKING_READ))
    ticket = session.scalars(query).one()
    newest = select(Visit).where(Visit.ticket_id == ticket.id, Visit.state != VisitState.CANCELLED)
    visit = session.scalars(newest.order_by(Visit.id.desc()).limit(1)).first()
    reported_id = reported_visit_id(session, ticket.id)
    remote = newest_remote(session, ticket.id)
    sign_off = remote or (sign_off_of(session, reported_id) if reported_id is not None else None)
    zone = ticket.site.zone if ticket.site is not None else zone_of(session, ticket.team_id)
    options = options_of(session, actor, ticket, sign_off)
    approvals = approvals_of(session, [ticket.id]).get(ticket.id, [])
    if visit is None:
        state, sha256 = (sign_off.state, sign_off.report_sha256) if sign_off else (None, None)
        return Progress(
            ticket.number, ticket.state, zone, options, approvals, sign_off_state=state, report_sha256=sha256
        )
    arrival, name = _announcement(session, visit)
    return Progress(
        ticket_number=ticket.number,
        ticket_state=ticket.state,
        zone=zone,
        options=options,
        approvals=approvals,
        visit_state=visit.state,
        window_start=visit.arrival_window_start,
        window_end=visit.arrival_window_end,
        planned_arrival=arrival,
        technician=name,
        sign_off_state=sign_off.state if sign_off else None,
        report_sha256=sign_off.report_sha256 if sign_off else None,
    )


def confirm_report(uow: UnitOfWork, report_sha256: str, signer_name: str | None) -> Progress:
    """Take the customer's confirmation, and return how far the ticket is with it."""
    _check_still_opens(uow)
    remote = _remote(uow.session, uow.actor)
    if remote is None:
        confirm_by_link(uow, report_sha256, signer_name)
    else:
        confirm_remote(uow, remote, report_sha256, signer_name)
    return track(uow.session, uow.actor)


def answer_by_link(uow: UnitOfWork, approval_id: UUID, answer: Answer) -> Progress:
    """Take the customer's answer to an offer, and return how far the ticket is with it."""
    _check_still_opens(uow)
    answer_approval(uow, approval_id, answer)
    return track(uow.session, uow.actor)


def rate_visit(uow: UnitOfWork, stars: int, comment: str | None) -> Progress:
    """Take the customer's rating, and return how far the ticket is with it."""
    _check_still_opens(uow)
    rate_by_link(uow, stars, comment)
    return track(uow.session, uow.actor)


def dispute_report(uow: UnitOfWork, report_sha256: str, objection: str, window: timedelta) -> Progress:
    """Take the customer's objection, and return how far the ticket is with it."""
    _check_still_opens(uow)
    remote = _remote(uow.session, uow.actor)
    if remote is None or remote.report_sha256 != report_sha256:  # of a visit of before
        dispute_by_link(uow, report_sha256, objection, window)
    else:
        object_to_remote(uow, remote, report_sha256, objection, window)
    return track(uow.session, uow.actor)


def postpone_by_link(uow: UnitOfWork, windows: Sequence[Window]) -> Progress:
    """Let the customer name other times for the visit to come, and return how far the ticket is with it."""
    _check_still_opens(uow)
    open_visits = select(Visit.id).where(Visit.ticket_id == uow.actor.link_ticket_id, Visit.state.not_in(CLOSED))
    visit_id = uow.session.scalars(open_visits.order_by(Visit.id.desc()).limit(1)).first()
    if visit_id is None:
        raise TransitionRefused("No visit is to come that could be put off.", code="no_visit_to_come")
    postpone_visit(uow, visit_id, Postponement(PostponeReason.CUSTOMER, windows))
    return track(uow.session, uow.actor)


def postpone_to_day(uow: UnitOfWork, day: date, part: PartOfDay) -> Progress:
    """Let the customer name a day, and when on it, by the clocks at the site."""
    zone, (begins, ends) = ZoneInfo(track(uow.session, uow.actor).zone), part.hours
    return postpone_by_link(uow, [(datetime.combine(day, begins, zone), datetime.combine(day, ends, zone))])


def cancel_by_link(uow: UnitOfWork, notice: timedelta) -> Progress:
    """Let the customer call everything off, and return how far the ticket is with it."""
    _check_still_opens(uow)
    assert uow.actor.link_ticket_id is not None
    cancel_ticket(uow, uow.actor.link_ticket_id, Cancellation(CancelReason.CUSTOMER, notice))
    return track(uow.session, uow.actor)


def read_linked_report(session: OrmSession, actor: Actor) -> LinkedReport:
    """Return the customer's own copy of the report that counts."""
    ticket = session.scalars(select(Ticket).where(tickets_in_scope(actor, Action.EVIDENCE_READ))).one()
    remote = newest_remote(session, ticket.id)
    if remote is not None:
        return LinkedReport(remote.content, remote.report_sha256, "text/plain", 1, remote.recorded_at, False)
    visit_id = reported_visit_id(session, ticket.id)
    report = report_of(session, visit_id) if visit_id is not None else None
    if report is None:
        raise NotFound("No report was presented yet.")
    return LinkedReport(report.content, report.sha256, report.media_type, report.report_version, report.recorded_at)


def given_name(name: str) -> str:
    """Return what a technician is called by: the first word, or what follows a Chinese family name."""
    first = next(iter(name.split(maxsplit=1)), name)
    is_chinese = all("\u4e00" <= character <= "\u9fff" for character in first)
    return first[1:] if is_chinese and len(first) > 1 else first


def _remote(session: OrmSession, actor: Actor) -> RemoteSolution | None:
    assert actor.link_ticket_id is not None, "a link opens a ticket"
    return newest_remote(session, actor.link_ticket_id)


def _check_still_opens(uow: UnitOfWork) -> None:
    """Refuse a link whose customer was erased since it was looked up; nobody is erased while this goes on."""
    assert uow.actor.link_ticket_id is not None, "a link opens a ticket"
    of_ticket = select(Ticket.customer_id).where(Ticket.id == uow.actor.link_ticket_id)
    customer = uow.get(Customer, uow.session.scalars(of_ticket).one(), lock=True)
    if customer.erased_at is not None:
        raise NotFound("This link does not open anything (any more).")


def _announcement(session: OrmSession, visit: Visit) -> tuple[datetime | None, str | None]:
    if visit.state not in _ANNOUNCED:
        return None, None
    query = select(Assignment.planned_arrival, Technician.name).join(
        Technician, Technician.id == Assignment.technician_id
    )
    lead = query.where(Assignment.visit_id == visit.id, Assignment.ended_at.is_(None), Assignment.is_lead)
    row = session.execute(lead).first()
    return (row[0], given_name(row[1])) if row is not None else (None, None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
