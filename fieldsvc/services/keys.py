"""The system's keys are changed: every data key is wrapped anew, and what those seal is left alone."""

from uuid import UUID

from sqlalchemy import select

from fieldsvc.models.keys import SealingKey
from fieldsvc.persistence.database import Database

_AT_ONCE = 500


def rotate_keys(database: Database) -> int:
    """Wrap all data keys with the first of the system's keys, some at a time, and return how many.

    Safe to break off and to repeat: each is readable before and after.
    """
    rotated, last = 0, UUID(int=0)
    while True:
        with database.unit_of_work() as uow:
            due = select(SealingKey).where(SealingKey.id > last, SealingKey.wrapped.is_not(None))
            keys = uow.session.scalars(due.order_by(SealingKey.id).limit(_AT_ONCE).with_for_update()).all()
            for key in keys:
                assert key.wrapped is not None, "a destroyed key is never taken"
                key.wrapped = database.sealer.wrap(database.sealer.unwrap(key.id, key.wrapped))
            uow.commit()
        if not keys:
            return rotated
        rotated, last = rotated + len(keys), keys[-1].id
