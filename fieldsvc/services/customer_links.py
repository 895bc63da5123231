"""Whether a customer can be reached by link."""

from uuid import UUID

from sqlalchemy import select

from fieldsvc.models.customers import CustomerLink
from fieldsvc.persistence.unit_of_work import UnitOfWork


def has_open_link(uow: UnitOfWork, ticket_id: UUID) -> bool:
    """Tell whether a ticket has a link that still confirms a report."""
    links = select(CustomerLink.id).where(
        CustomerLink.ticket_id == ticket_id, CustomerLink.expires_at > uow.now, CustomerLink.used_at.is_(None)
    )
    return uow.session.scalars(links.limit(1)).first() is not None
