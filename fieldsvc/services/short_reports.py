"""Which short report of what was solved without a visit counts."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.models.records import ServiceReport
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.models.visits import Visit


def newest_remote(session: OrmSession, ticket_id: UUID) -> RemoteSolution | None:
    """Return what was solved without a visit, if nothing was reported of a visit since."""
    of_ticket = select(RemoteSolution).where(RemoteSolution.ticket_id == ticket_id)
    newest = of_ticket.order_by(RemoteSolution.recorded_at.desc(), RemoteSolution.id.desc()).limit(1)
    remote = session.scalars(newest.execution_options(populate_existing=True)).first()
    if remote is None:
        return None
    since = select(func.max(ServiceReport.recorded_at)).join(Visit, Visit.id == ServiceReport.visit_id)
    reported = session.scalars(since.where(Visit.ticket_id == ticket_id)).one()
    return remote if reported is None or reported < remote.recorded_at else None
