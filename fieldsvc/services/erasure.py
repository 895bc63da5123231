"""Erasing a customer: the key goes, and with it everything it sealed; what is not sealed is blurred or taken out."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from fieldsvc.dispatching.storage import visits_of_snapshot
from fieldsvc.models.customers import Customer, CustomerLink, Site
from fieldsvc.models.keys import SealingKey
from fieldsvc.models.runs import OptimizationRun
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.types import keyring_of
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.ownership import forget_key
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.evidence import ERASED

# How far clocks may have been apart when a ticket was taken down and a run was asked for.
_CLOCKS = timedelta(days=1)


def erase_customer(uow: UnitOfWork, customer: Customer) -> None:
    """Destroy the customer's key, and those of all runs and answers that tell of him; no link of his opens any more.

    Rows, states and figures stay, and the evidence chain holds: it has commitments only.
    """
    customer.erased_at = uow.now
    customer.phone_index = customer.email_index = None
    for site in uow.session.scalars(select(Site).where(Site.customer_id == customer.id)):
        # A degree is a hundred kilometres: enough for figures by region, and nobody's house.
        site.latitude, site.longitude = float(round(site.latitude)), float(round(site.longitude))
    tickets = select(Ticket.id).where(Ticket.customer_id == customer.id)
    for link in uow.session.scalars(select(CustomerLink).where(CustomerLink.ticket_id.in_(tickets))):
        link.expires_at = min(link.expires_at, uow.now)
    uow.flush()  # what is still to be sealed is sealed before the key goes
    keys = [_key_of(uow, owner_id) for owner_id in (customer.id, *_runs_about(uow, customer))]
    keys += _shared_keys(uow, customer)
    keyring = keyring_of(uow.session.get_bind().dialect)
    for key in keys:
        key.wrapped, key.destroyed_at = None, uow.now
        keyring.forget(key.id)
        forget_key(uow.session, key.owner_id)
    uow.record(customer, ERASED, data={"keys": sorted(str(key.id) for key in keys)})


def _key_of(uow: UnitOfWork, owner_id: UUID) -> SealingKey:
    return uow.session.scalars(select(SealingKey).where(SealingKey.owner_id == owner_id).with_for_update()).one()


def _shared_keys(uow: UnitOfWork, customer: Customer) -> list[SealingKey]:
    shared = select(SealingKey).where(SealingKey.shared_by.is_not(None), SealingKey.wrapped.is_not(None))
    return [key for key in uow.session.scalars(shared) if str(customer.id) in (key.shared_by or ())]


def _runs_about(uow: UnitOfWork, customer: Customer) -> Sequence[UUID]:
    """The runs whose documents tell where the customer lives: those since the first report that planned a visit."""
    of_customer = select(Visit.id).join(Ticket, Ticket.id == Visit.ticket_id).where(Ticket.customer_id == customer.id)
    visits = set(uow.session.scalars(of_customer))
    first = uow.session.scalar(select(func.min(Ticket.recorded_at)).where(Ticket.customer_id == customer.id))
    if not visits or first is None:
        return []
    kept = select(SealingKey.owner_id).where(SealingKey.wrapped.is_not(None))
    readable = select(OptimizationRun.id).where(OptimizationRun.id.in_(kept))
    since = readable.where(OptimizationRun.requested_at >= first - _CLOCKS)
    found = []
    for run_id in uow.session.scalars(since.order_by(OptimizationRun.id)).all():
        snapshot = uow.session.scalar(select(OptimizationRun.snapshot).where(OptimizationRun.id == run_id))
        if snapshot and visits & visits_of_snapshot(snapshot):
            found.append(run_id)
    return found
