"""Which short report of what was solved without a visit counts."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.models.records import ServiceReport
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.models.visits import Visit


def remotes_of(ticket_id: UUID) -> Select[RemoteSolution]:
    """Return the query for what was solved of a ticket without a visit, the newest first."""
    of_ticket = select(RemoteSolution).where(RemoteSolution.ticket_id == ticket_id)
    return of_ticket.order_by(RemoteSolution.recorded_at.desc(), RemoteSolution.id.desc())


def newest_remote(session: OrmSession, ticket_id: UUID) -> RemoteSolution | None:
    """Return what was solved without a visit, if nothing was reported of a visit since."""
    remote = session.scalars(remotes_of(ticket_id).limit(1).execution_options(populate_existing=True)).first()
    if remote is None:
        return None
    since = select(func.max(ServiceReport.recorded_at)).join(Visit, Visit.id == ServiceReport.visit_id)
    reported = session.scalars(since.where(Visit.ticket_id == ticket_id)).one()
    return remote if reported is None or reported < remote.recorded_at else None
