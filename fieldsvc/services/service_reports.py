"""Which version of a visit's report counts, and what the customer said about it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import defer

from fieldsvc.models.records import ServiceReport, SignOff
from fieldsvc.models.visits import Visit


def report_of(session: OrmSession, visit_id: UUID) -> ServiceReport | None:
    """Return the newest version that was not added after a signature, without its content."""
    query = select(ServiceReport).where(ServiceReport.visit_id == visit_id, ~ServiceReport.is_after_signature)
    newest = query.order_by(ServiceReport.report_version.desc()).limit(1)
    return session.scalars(newest.options(defer(ServiceReport.content))).first()


def sign_off_of(session: OrmSession, visit_id: UUID) -> SignOff | None:
    """Return the customer's statement about that version, as it stands now."""
    report = report_of(session, visit_id)
    if report is None:
        return None
    query = select(SignOff).where(SignOff.report_id == report.id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def reported_visit_id(session: OrmSession, ticket_id: UUID) -> UUID | None:
    """Return the newest visit of a ticket that has a report: the one a customer is asked about."""
    query = select(Visit.id).join(ServiceReport, ServiceReport.visit_id == Visit.id)
    return session.scalars(query.where(Visit.ticket_id == ticket_id).order_by(Visit.id.desc()).limit(1)).first()
