"""Visits as people may see them: with the customer's name and address only where the permission allows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import joinedload

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.assets import Asset
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.customers import Customer, Site
from fieldsvc.models.ratings import Rating
from fieldsvc.models.records import Consumption, Diagnosis, ServiceReport, SignOff
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import sees_customer, visits_in_scope
from fieldsvc.services.service_reports import report_of, sign_off_of
from fieldsvc.services.visits import Notice, Outcome

_WITH_SURROUNDINGS = (
    joinedload(Visit.site).joinedload(Site.customer),
    joinedload(Visit.job_type),
    joinedload(Visit.ticket).joinedload(Ticket.asset),
)

# A change at one visit, given the version it is meant for.
ChangesVisit = Callable[[UnitOfWork, int | None], object]


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit as one actor sees it; assignments: those not given up, the lead's first."""

    visit: Visit
    assignments: Sequence[Assignment]
    is_customer_shown: bool

    @property
    def id(self) -> UUID:
        """Return the visit's id."""
        return self.visit.id

    @property
    def version(self) -> int:
        """Return the visit's version."""
        return self.visit.version

    @property
    def site(self) -> Site | None:
        """Return where it is, to those who may know."""
        return self.visit.site if self.is_customer_shown else None

    @property
    def customer(self) -> Customer | None:
        """Return whom it is for, to those who may know."""
        return self.visit.site.customer if self.is_customer_shown else None

    @property
    def asset(self) -> Asset | None:
        """Return what is to be worked on, if the ticket says so."""
        return self.visit.ticket.asset


@dataclass(frozen=True, slots=True)
class VisitRecordView(VisitView):
    """One visit with everything recorded at it. notices: what a change just made had to say."""

    diagnoses: Sequence[Diagnosis] = ()
    consumptions: Sequence[Consumption] = ()
    report: ServiceReport | None = None
    sign_off: SignOff | None = None
    rating: Rating | None = None
    notices: Sequence[Notice] = ()


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """Which visits. day: the day of an assignment, which is local to its team."""

    day: date | None = None
    state: VisitState | None = None
    technician_id: UUID | None = None
    ticket_id: UUID | None = None


def list_visits(
    session: OrmSession, actor: Actor, now: datetime, page: PageRequest, wanted: VisitFilter | None = None
) -> Page[VisitView]:
    """Return the visits the actor may see, in the order they were drafted."""
    wanted = wanted or VisitFilter()
    query = select(Visit).where(visits_in_scope(actor, Action.VISIT_READ)).options(*_WITH_SURROUNDINGS)
    if wanted.state is not None:
        query = query.where(Visit.state == wanted.state)
    if wanted.ticket_id is not None:
        query = query.where(Visit.ticket_id == wanted.ticket_id)
    if wanted.day is not None or wanted.technician_id is not None:
        assigned = select(Assignment.visit_id).where(Assignment.ended_at.is_(None))
        if wanted.day is not None:
            assigned = assigned.where(Assignment.day == wanted.day)
        if wanted.technician_id is not None:
            assigned = assigned.where(Assignment.technician_id == wanted.technician_id)
        query = query.where(Visit.id.in_(assigned))
    found = fetch_page(session, query, [Visit.id], page)
    return Page(views_of(session, actor, now, found.items), found.next_after)


def get_visit(session: OrmSession, actor: Actor, now: datetime, visit_id: UUID) -> VisitRecordView:
    """Return one visit the actor may see, with its record."""
    query = select(Visit).where(Visit.id == visit_id, visits_in_scope(actor, Action.VISIT_READ))
    visit = session.scalar(query.options(*_WITH_SURROUNDINGS))
    if visit is None:
        raise NotFound(f"There is no visit {visit_id}.")
    return _with_record(session, actor, now, visit)


def show_visit(uow: UnitOfWork, visit_id: UUID, outcome: object) -> VisitRecordView:
    """Return a visit after a change as the one who made it sees it, with what the change had to say.

    To whom it is nothing any more, after the change, it is shown without customer and record.
    """
    notices = outcome.notices if isinstance(outcome, Outcome) else ()
    visit = uow.get(Visit, visit_id)
    uow.flush()
    in_scope = select(Visit.id).where(Visit.id == visit_id, visits_in_scope(uow.actor, Action.VISIT_READ))
    if uow.session.scalar(in_scope) is None:
        return VisitRecordView(visit=visit, assignments=(), is_customer_shown=False, notices=notices)
    return _with_record(uow.session, uow.actor, uow.now, visit, notices)


def get_report(session: OrmSession, actor: Actor, visit_id: UUID) -> ServiceReport:
    """Return the report that counts, with its very bytes."""
    visible = select(Visit.id).where(Visit.id == visit_id, visits_in_scope(actor, Action.EVIDENCE_READ))
    report = report_of(session, visit_id) if session.scalar(visible) is not None else None
    if report is None:
        raise NotFound(f"There is no report of a visit {visit_id}.")
    return report


def views_of(session: OrmSession, actor: Actor, now: datetime, visits: Iterable[Visit]) -> list[VisitView]:
    """Return visits as the actor sees them, with one query for the assignments of all."""
    shown = list(visits)
    query = (
        select(Assignment)
        .where(Assignment.visit_id.in_([visit.id for visit in shown]), Assignment.ended_at.is_(None))
        .order_by(Assignment.is_lead.desc(), Assignment.id)
        .options(joinedload(Assignment.technician))
    )
    by_visit: dict[UUID, list[Assignment]] = {}
    for one in session.scalars(query):
        by_visit.setdefault(one.visit_id, []).append(one)
    return [
        VisitView(visit, by_visit.get(visit.id, []), sees_customer(actor, visit.planned_start, now, visit.site.zone))
        for visit in shown
    ]


def _with_record(
    session: OrmSession, actor: Actor, now: datetime, visit: Visit, notices: Sequence[Notice] = ()
) -> VisitRecordView:
    diagnoses = select(Diagnosis).where(Diagnosis.visit_id == visit.id).order_by(Diagnosis.id)
    consumptions = select(Consumption).where(Consumption.visit_id == visit.id).order_by(Consumption.id)
    view = views_of(session, actor, now, [visit])[0]
    return VisitRecordView(
        visit=view.visit,
        assignments=view.assignments,
        is_customer_shown=view.is_customer_shown,
        diagnoses=session.scalars(diagnoses).all(),
        consumptions=session.scalars(consumptions).all(),
        report=report_of(session, visit.id),
        sign_off=sign_off_of(session, visit.id),
        rating=session.scalars(select(Rating).where(Rating.visit_id == visit.id)).one_or_none(),
        notices=notices,
    )
