"""Erasing a customer: the key goes, and with it everything it sealed; what is not sealed is blurred or taken out."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from fieldsvc.adapters.blobs import BlobStore
from fieldsvc.models.customers import Customer, CustomerLink, Site
from fieldsvc.models.keys import SealingKey
from fieldsvc.models.runs import RunCustomer
from fieldsvc.models.tickets import Ticket
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.ownership import forget_key
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.key_evidence import ERASED
from fieldsvc.services.photos import remove_erased


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
    keys = _keys_about(uow, customer)
    for key in keys:
        key.wrapped, key.destroyed_at = None, uow.now
        forget_key(uow.session, key.owner_id, uow.now)
    uow.record(customer, ERASED, data={"keys": sorted(str(key.id) for key in keys)})


def tidy_up(database: Database, store: BlobStore) -> None:
    """Let what erasures left behind go too, once they are committed: files nobody can read, traces in the database's.

    Safe to repeat, and looks at all erasures: one that was interrupted here is made up for by the next.
    """
    remove_erased(database, store)
    database.scrub()


def _keys_about(uow: UnitOfWork, customer: Customer) -> Sequence[SealingKey]:
    """The customer's own key and all that seal something that tells of him; locked in the order of their ids."""
    of_runs = select(RunCustomer.run_id).where(RunCustomer.customer_id == customer.id)
    shared = select(SealingKey.id, SealingKey.shared_by).where(
        SealingKey.shared_by.is_not(None), SealingKey.wrapped.is_not(None)
    )
    of_answers = [key_id for key_id, sharers in uow.session.execute(shared) if str(customer.id) in sharers]
    about = or_(SealingKey.owner_id == customer.id, SealingKey.owner_id.in_(of_runs), SealingKey.id.in_(of_answers))
    keys = select(SealingKey).where(about, SealingKey.wrapped.is_not(None)).order_by(SealingKey.id)
    return uow.session.scalars(keys.with_for_update()).all()
