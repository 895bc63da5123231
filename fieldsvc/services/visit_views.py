"""Visits as people may see them: with the customer's name and address only where the permission allows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import joinedload, lazyload

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Erased, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.approvals import Approval
from fieldsvc.models.assets import Asset
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.customers import Customer, Site
from fieldsvc.models.inspections import Inspection
from fieldsvc.models.procedures import ChecklistAnswer
from fieldsvc.models.ratings import Rating
from fieldsvc.models.records import Consumption, Diagnosis, ServiceReport, SignOff
from fieldsvc.models.technicians import Technician
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.approvals import approvals_of
from fieldsvc.services.asset_history import PastVisit, histories_of
from fieldsvc.services.checklists import newest_answers
from fieldsvc.services.inspections import newest_inspections
from fieldsvc.services.outcomes import Notice, Outcome
from fieldsvc.services.photos import PhotoView, photos_of
from fieldsvc.services.scopes import sees_customer, visits_in_scope
from fieldsvc.services.service_reports import report_of, reports_of, sign_offs_of

Row = TypeVar("Row")

WITH_SURROUNDINGS = (
    joinedload(Visit.site).joinedload(Site.customer),
    joinedload(Visit.job_type),
    joinedload(Visit.ticket).joinedload(Ticket.asset),
)

# What a visit needs is not loaded where only who, when and where is shown.
WITHOUT_NEEDS = tuple(
    lazyload(one) for one in (Visit.windows, Visit.skills, Visit.parts, Visit.technician_rules, Visit.predecessors)
)

# A change at one visit, given the version it is meant for.
ChangesVisit = Callable[[UnitOfWork, int | None], object]
# The same for any visit, given its id too.
ChangesAnyVisit = Callable[[UnitOfWork, UUID, int | None], object]


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

    checklist: Sequence[ChecklistAnswer] = ()
    diagnoses: Sequence[Diagnosis] = ()
    consumptions: Sequence[Consumption] = ()
    photos: Sequence[PhotoView] = ()
    report: ServiceReport | None = None
    sign_off: SignOff | None = None
    approvals: Sequence[Approval] = ()
    inspection: Inspection | None = None
    history: Sequence[PastVisit] = ()
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
    query = select(Visit).where(visits_in_scope(actor, Action.VISIT_READ)).options(*WITH_SURROUNDINGS, *WITHOUT_NEEDS)
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
    visit = session.scalar(query.options(*WITH_SURROUNDINGS))
    if visit is None:
        raise NotFound(f"There is no visit {visit_id}.")
    return records_of(session, actor, now, [visit])[0]


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
    return replace(records_of(uow.session, uow.actor, uow.now, [visit])[0], notices=notices)


def get_report(session: OrmSession, actor: Actor, visit_id: UUID) -> ServiceReport:
    """Return the report that counts, with its very bytes."""
    visible = select(Visit.id).where(Visit.id == visit_id, visits_in_scope(actor, Action.EVIDENCE_READ))
    report = report_of(session, visit_id) if session.scalar(visible) is not None else None
    if report is None:
        raise NotFound(f"There is no report of a visit {visit_id}.")
    if not report.content:
        raise Erased("This report was erased with the customer it was for.")
    return report


def views_of(session: OrmSession, actor: Actor, now: datetime, visits: Iterable[Visit]) -> list[VisitView]:
    """Return visits as the actor sees them, with one query for the assignments of all."""
    shown = list(visits)
    query = (
        select(Assignment)
        .where(Assignment.visit_id.in_([visit.id for visit in shown]), Assignment.ended_at.is_(None))
        .order_by(Assignment.is_lead.desc(), Assignment.id)
        .options(joinedload(Assignment.technician).lazyload(Technician.skills), lazyload(Assignment.planned_parts))
    )
    by_visit: dict[UUID, list[Assignment]] = {}
    for one in session.scalars(query):
        by_visit.setdefault(one.visit_id, []).append(one)
    return [
        VisitView(visit, by_visit.get(visit.id, []), sees_customer(actor, visit.planned_start, now, visit.site.zone))
        for visit in shown
    ]


def records_of(session: OrmSession, actor: Actor, now: datetime, visits: Iterable[Visit]) -> list[VisitRecordView]:
    """Return visits with everything recorded at them, as the actor sees them; a query for each kind of record."""
    views = views_of(session, actor, now, visits)
    ids = [view.id for view in views]
    diagnoses = _by_visit(session, select(Diagnosis).where(Diagnosis.visit_id.in_(ids)).order_by(Diagnosis.id))
    consumptions = _by_visit(session, select(Consumption).where(Consumption.visit_id.in_(ids)).order_by(Consumption.id))
    ratings = _by_visit(session, select(Rating).where(Rating.visit_id.in_(ids)))
    answers = newest_answers(session, ids)
    approvals = approvals_of(session, [view.visit.ticket_id for view in views])
    photos = photos_of(session, ids)
    inspections = newest_inspections(session, ids)
    histories = histories_of(session, {view.asset.id for view in views if view.asset is not None})
    reports = reports_of(session, ids)
    sign_offs = sign_offs_of(session, [report.id for report in reports.values()])
    return [
        VisitRecordView(
            visit=view.visit,
            assignments=view.assignments,
            is_customer_shown=view.is_customer_shown,
            checklist=list(answers.get(view.id, {}).values()),
            diagnoses=diagnoses.get(view.id, []),
            consumptions=consumptions.get(view.id, []),
            photos=photos.get(view.id, []),
            report=reports.get(view.id),
            sign_off=sign_offs.get(view.id),
            approvals=approvals.get(view.visit.ticket_id, []),
            inspection=inspections.get(view.id),
            history=[one for one in histories.get(view.asset.id, ()) if one.visit_id != view.id] if view.asset else (),
            rating=next(iter(ratings.get(view.id, [])), None),
        )
        for view in views
    ]


def _by_visit(session: OrmSession, query: Select[Row]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = {}
    for row in session.scalars(query):
        found.setdefault(row.visit_id, []).append(row)  # type: ignore[attr-defined]  # records are of a visit
    return found
