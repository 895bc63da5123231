"""The epoch of a database: another one tells phones that an older backup was put in place of what they knew."""

from uuid import UUID

from sqlalchemy import select

from fieldsvc.models.evidence import ChangeCounter
from fieldsvc.persistence.unit_of_work import UnitOfWork


def current_epoch(uow: UnitOfWork) -> UUID:
    """Return the epoch; phones that know another one push again from the server's last number on."""
    epoch = uow.session.scalars(select(ChangeCounter.epoch)).one()
    assert epoch is not None, "a database begins with an epoch"
    return epoch


def begin_epoch(uow: UnitOfWork) -> UUID:
    """Begin a new epoch: an operator says that this database was restored from a backup."""
    counter = uow.session.scalars(select(ChangeCounter).with_for_update()).one()
    counter.epoch = uow.new_id()
    return counter.epoch
