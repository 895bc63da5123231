"""Which version of a visit's report counts, and what the customer said about it."""

from collections.abc import Collection
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


def reports_of(session: OrmSession, visit_ids: Collection[UUID]) -> dict[UUID, ServiceReport]:
    """Return by visit the version that counts of each that has one, without its content."""
    query = select(ServiceReport).where(ServiceReport.visit_id.in_(visit_ids), ~ServiceReport.is_after_signature)
    in_order = query.order_by(ServiceReport.report_version).options(defer(ServiceReport.content))
    return {report.visit_id: report for report in session.scalars(in_order)}  # the newest is the last


def sign_offs_of(session: OrmSession, report_ids: Collection[UUID]) -> dict[UUID, SignOff]:
    """Return by visit what customers said about reports, as it stands now."""
    query = select(SignOff).where(SignOff.report_id.in_(report_ids))
    found = session.scalars(query.execution_options(populate_existing=True))
    return {sign_off.visit_id: sign_off for sign_off in found}


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
