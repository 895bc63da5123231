"""Tickets: reported, triaged, read, and moved along by what happens to their visits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import joinedload

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import Channel, Nature
from fieldsvc.domain.errors import Fault, Invalid, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action, Scope, scope_for
from fieldsvc.domain.roles import Role, handles_tickets
from fieldsvc.domain.sign_off_states import SETTLED, SignOffState
from fieldsvc.domain.ticket_states import OPEN, TICKET, TicketState
from fieldsvc.domain.urgency import VISIT_DEFAULTS, Urgency
from fieldsvc.domain.visit_states import PUBLISHED, STARTED, VisitState
from fieldsvc.models.assets import Asset
from fieldsvc.models.customers import Customer, Site
from fieldsvc.models.inspections import Inspection
from fieldsvc.models.job_types import JobType
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.belongings import release_unfit_handler
from fieldsvc.services.numbers import new_number
from fieldsvc.services.open_approvals import open_approvals
from fieldsvc.services.planned_reservations import settle_reservations
from fieldsvc.services.scopes import customers_in_scope, load_ticket, tickets_in_scope, touch, visits_in_scope
from fieldsvc.services.service_reports import sign_off_of
from fieldsvc.services.short_reports import newest_remote
from fieldsvc.services.visit_drafts import Window, draft_follow_up, draft_visit, inverted_windows

# How the system moves a ticket one state towards where its visits have it.
_FORWARD = {
    TicketState.TRIAGED: ("start", "ticket_started"),
    TicketState.IN_PROGRESS: ("resolve", "ticket_resolved"),
    TicketState.RESOLVED: ("close", "ticket_closed"),
    TicketState.WAITING: ("resume_in_progress", "ticket_resumed"),
}
_ORDER = (TicketState.TRIAGED, TicketState.IN_PROGRESS, TicketState.RESOLVED, TicketState.CLOSED)


@dataclass(frozen=True, slots=True)
class Report:
    """What a customer reports. reported_at: None = now; ticket_id: where the client made the id."""

    channel: Channel
    customer_id: UUID
    subject: str
    description: str
    nature: Nature | None = None
    site_id: UUID | None = None
    asset_id: UUID | None = None
    reported_at: datetime | None = None
    occurred_since: datetime | None = None
    ticket_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Triage:
    """What the desk decides about a report.

    site_id: where the report did not say. windows: what was promised to the customer, closed; none = any time.
    due_at: None = by the urgency, from the report on.
    """

    nature: Nature
    urgency: Urgency
    job_type_id: UUID
    site_id: UUID | None = None
    windows: Sequence[Window] = ()
    due_at: datetime | None = None


def report_ticket(uow: UnitOfWork, report: Report) -> Ticket:
    """Take down what a customer reports."""
    in_scope = and_(Customer.id == report.customer_id, customers_in_scope(uow.actor, Action.TICKET_CREATE))
    # Locked, so that nobody erases the customer while the ticket is taken down.
    customer = uow.session.scalar(select(Customer).where(in_scope).with_for_update(key_share=True))
    faults = _report_faults(uow, report, customer)
    if faults or customer is None:
        raise Invalid("The report can't be taken down like this.", faults=faults)
    ticket = Ticket(
        id=report.ticket_id or uow.new_id(),
        number=new_number(uow, "T"),
        customer_id=customer.id,
        site_id=report.site_id,
        asset_id=report.asset_id,
        team_id=customer.team_id,
        state=TicketState.NEW,
        channel=report.channel,
        nature=report.nature,
        subject=report.subject,
        description=report.description,
        reported_at=report.reported_at or uow.now,
        recorded_at=uow.now,
        occurred_since=report.occurred_since,
    )
    uow.session.add(ticket)
    uow.record(ticket, "ticket_reported", None, ticket.state, data={"channel": report.channel.value})
    return ticket


def triage_ticket(uow: UnitOfWork, ticket_id: UUID, triage: Triage, version: int | None = None) -> Ticket:
    """Decide what a report is, and draft its first visit."""
    ticket = load_ticket(uow, ticket_id, Action.TICKET_TRIAGE, version)
    row = TICKET.allowed(ticket.state, "triage", uow.actor.role)
    site_id = triage.site_id or ticket.site_id
    site = uow.find(Site, site_id) if site_id is not None else None
    job_type = uow.find(JobType, triage.job_type_id)
    faults = _triage_faults(triage, ticket, site, job_type)
    if faults or site is None or job_type is None:
        raise Invalid("The ticket can't be triaged like this.", faults=faults)
    defaults = VISIT_DEFAULTS[triage.urgency]
    before, ticket.state = ticket.state, row.to
    ticket.nature, ticket.urgency, ticket.site_id = triage.nature, triage.urgency, site.id
    ticket.due_at = triage.due_at or ticket.reported_at + defaults.due_after
    if ticket.handler_id is None and handles_tickets(uow.actor.role):
        ticket.handler_id = uow.actor.user_id
    data = {"nature": triage.nature.value, "urgency": triage.urgency.value, "job_type_id": job_type.id}
    uow.record(ticket, "ticket_triaged", before, row.to, data=data)
    draft_visit(uow, ticket, site, job_type, defaults, windows=triage.windows, due_at=ticket.due_at)
    return ticket


def follow_visits(uow: UnitOfWork, ticket: Ticket, *, settles: bool = True) -> None:
    """Move a ticket to where its visits have it, as the system: called by whatever changed a visit's state.

    settles: what the ticket holds and does not need is given up; a publication does that when all claims are met.

    A visit that ended incomplete, with none open beside it, gets a follow-up drafted here.
    """
    uow.flush()
    ticket = uow.get(Ticket, ticket.id, lock=True)
    goal = _goal_of(uow, ticket)
    while (step := _step_towards(ticket.state, goal)) is not None:
        action, kind = step
        row = TICKET.allowed(ticket.state, action, Role.SYSTEM)
        before, ticket.state = ticket.state, row.to
        uow.record(ticket, kind, before, row.to, source="system")
    if settles:
        settle_reservations(uow, ticket)


def revive_ticket(uow: UnitOfWork, ticket: Ticket) -> None:
    """Open a ticket again that was over, as the system: somebody is at the site all the same."""
    ticket = uow.get(Ticket, ticket.id, lock=True)
    if ticket.state in (TicketState.CANCELLED, TicketState.RESOLVED, TicketState.CLOSED):
        row = TICKET.allowed(ticket.state, "revive", Role.SYSTEM)
        before, ticket.state = ticket.state, row.to
        release_unfit_handler(uow, ticket)
        uow.record(ticket, "ticket_revived", before, row.to, reason="late_fact", source="system")


def _goal_of(uow: UnitOfWork, ticket: Ticket) -> TicketState:
    query = select(Visit.id, Visit.state, Visit.succeeds_id).where(Visit.ticket_id == ticket.id).order_by(Visit.id)
    visits = uow.session.execute(query).all()
    states = {state for _, state, _ in visits}
    if states & {*PUBLISHED, *STARTED}:
        return TicketState.IN_PROGRESS
    made_up_for = {earlier for _, _, earlier in visits}  # also by a visit that has been cancelled since
    left = [one for one, state, _ in visits if state is VisitState.INCOMPLETE and one not in made_up_for]
    if left and ticket.state in OPEN:
        for visit_id in left:
            draft_follow_up(uow, ticket, uow.get(Visit, visit_id))
        touch(ticket)
    completed = [one for one, state, _ in visits if state is VisitState.COMPLETED]
    remote = newest_remote(uow.session, ticket.id)
    if left or VisitState.UNSCHEDULED in states or not (completed or remote):
        return TicketState.TRIAGED
    if remote is not None:
        return _goal_by(remote.state)
    sign_off = sign_off_of(uow.session, completed[-1])
    if sign_off is not None and sign_off.state is SignOffState.UPHELD:
        return TicketState.TRIAGED
    if uow.session.scalars(open_approvals(ticket.id).limit(1)).first() is not None:
        return TicketState.IN_PROGRESS  # the customer has not said yet whether he pays for it
    if awaits_inspection(uow, completed[-1]):
        return TicketState.IN_PROGRESS
    return _goal_by(sign_off.state if sign_off is not None else SignOffState.PENDING)


def _goal_by(sign_off: SignOffState) -> TicketState:
    """Where what the customer says about the report that counts has a ticket of which nothing else is open."""
    if sign_off is SignOffState.UPHELD:
        return TicketState.TRIAGED  # it did not hold, and what was to repeat it has been cancelled
    return TicketState.CLOSED if sign_off in SETTLED else TicketState.RESOLVED


def awaits_inspection(uow: UnitOfWork, visit_id: UUID) -> bool:
    """Tell whether a second person has not found the work of a visit right that wants it."""
    if not uow.session.scalars(select(Visit.needs_inspection).where(Visit.id == visit_id)).one():
        return False
    found = select(Inspection.passed).where(Inspection.visit_id == visit_id).order_by(Inspection.id.desc()).limit(1)
    return uow.session.scalars(found).first() is not True


def _step_towards(state: TicketState, goal: TicketState) -> tuple[str, str] | None:
    if state is TicketState.WAITING:  # goes on waiting unless the work is done
        return _FORWARD[state] if goal in (TicketState.RESOLVED, TicketState.CLOSED) else None
    if state not in _ORDER or state is goal:
        return None
    if _ORDER.index(state) < _ORDER.index(goal):
        return _FORWARD[state]
    # Nothing leads back from resolved and closed but a reopening, which people decide.
    return ("fall_back", "ticket_fell_back") if state is TicketState.IN_PROGRESS else None


def list_tickets(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: TicketState | None = None,
    nature: Nature | None = None,
) -> Page[Ticket]:
    """Return the tickets the actor may see, the newest first."""
    query = select(Ticket).where(tickets_in_scope(actor, Action.TICKET_READ))
    if state is not None:
        query = query.where(Ticket.state == state)
    if nature is not None:
        query = query.where(Ticket.nature == nature)
    return fetch_page(session, query, [Ticket.recorded_at, Ticket.id], page, is_descending=True)


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as one actor sees it. customer: None for technicians, who learn it from their visits."""

    ticket: Ticket
    customer: Customer | None
    visits: Sequence[Visit]

    @property
    def id(self) -> UUID:
        """Return the ticket's id."""
        return self.ticket.id

    @property
    def version(self) -> int:
        """Return the ticket's version."""
        return self.ticket.version


def get_ticket(session: OrmSession, actor: Actor, ticket_id: UUID) -> TicketView:
    """Return one ticket the actor may see; a technician sees of its visits the own ones."""
    query = select(Ticket).where(Ticket.id == ticket_id, tickets_in_scope(actor, Action.TICKET_READ))
    ticket = session.scalar(query.options(joinedload(Ticket.customer), joinedload(Ticket.site)))
    if ticket is None:
        raise NotFound(f"There is no ticket {ticket_id}.")
    return _view_of(session, actor, ticket)


def show_ticket(uow: UnitOfWork, ticket: Ticket) -> TicketView:
    """Return a ticket after a change as the one who made it sees it."""
    uow.flush()  # a new row finds the rows it refers to only once it is sent
    return _view_of(uow.session, uow.actor, ticket)


def _view_of(session: OrmSession, actor: Actor, ticket: Ticket) -> TicketView:
    """Return a ticket as the actor sees it."""
    visits = select(Visit).where(Visit.ticket_id == ticket.id, visits_in_scope(actor, Action.VISIT_READ))
    is_known = scope_for(Action.CUSTOMER_READ, actor.role) in (Scope.TEAM, Scope.ALL)
    customer = ticket.customer if is_known else None
    return TicketView(ticket, customer, session.scalars(visits.order_by(Visit.id)).all())


def _report_faults(uow: UnitOfWork, report: Report, customer: Customer | None) -> list[Fault]:
    if customer is None:
        return [Fault("unknown_customer", "/customer_id", "There is no such customer.")]
    if customer.erased_at is not None:
        return [Fault("customer_erased", "/customer_id", "This customer was erased; take the report for a new one.")]
    faults = []
    site = uow.find(Site, report.site_id) if report.site_id is not None else None
    if report.site_id is not None and (site is None or site.customer_id != customer.id):
        faults.append(Fault("unknown_site", "/site_id", "This customer has no such site."))
    asset = uow.find(Asset, report.asset_id) if report.asset_id is not None else None
    if report.asset_id is not None and (asset is None or site is None or asset.site_id != site.id):
        faults.append(Fault("unknown_asset", "/asset_id", "There is no such asset at the given site."))
    for name, moment in (("reported_at", report.reported_at), ("occurred_since", report.occurred_since)):
        if moment is not None and moment > uow.now:
            faults.append(Fault("in_the_future", f"/{name}", "This has not happened yet."))
    return faults


def _triage_faults(triage: Triage, ticket: Ticket, site: Site | None, job_type: JobType | None) -> list[Fault]:
    faults = []
    if site is None or site.customer_id != ticket.customer_id:
        faults.append(Fault("site_needed", "/site_id", "Name a site of this customer: the report has none that fits."))
    if job_type is None:
        faults.append(Fault("unknown_job_type", "/job_type_id", "There is no such job type."))
    faults += inverted_windows(triage.windows)
    if triage.due_at is not None and triage.due_at < ticket.reported_at:
        faults.append(Fault("due_before_report", "/due_at", "This is due before it was reported."))
    return faults
