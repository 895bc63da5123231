"""Whether every sealed value is sealed with its owner's key, and every key that is gone was destroyed by an erasure."""

import base64
import binascii
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import LargeBinary, Text, select, type_coerce
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.models.approvals import Approval
from fieldsvc.models.base import Base
from fieldsvc.models.customers import Customer
from fieldsvc.models.evidence import Event
from fieldsvc.models.keys import SealingKey
from fieldsvc.models.records import SignOff
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.models.sealing import COMPANY, key_id_of
from fieldsvc.models.types import SealedText
from fieldsvc.persistence.ownership import owner_column, sealed_columns

# The event that says of a customer which keys were destroyed.
ERASED = "personal_data_erased"


def key_faults(session: OrmSession) -> Iterator[str]:
    """Return a sentence for each value under another key than its owner's, and for each key that is not as was said.

    Who destroys a key, or puts a value under one that is destroyed, would make it read as erased.
    """
    owners = {row.id: row.owner_id for row in session.execute(select(SealingKey.id, SealingKey.owner_id))}
    for model, names in sealed_columns():
        yield from _value_faults(session, model, names, owners)
    yield from _event_faults(session, owners)
    yield from _erasure_faults(session)


def _value_faults(
    session: OrmSession, model: type[Base], names: tuple[str, ...], owners: dict[UUID, UUID]
) -> Iterator[str]:
    columns = [getattr(model, name) for name in names]
    raw = [type_coerce(one, Text if isinstance(one.type, SealedText) else LargeBinary) for one in columns]
    table = model.__table__
    for row_id, owner, *values in session.execute(select(table.c.id, owner_column(model), *raw)):
        for name, value in zip(names, values, strict=True):
            if value is not None and owners.get(_key_id(value) or COMPANY) != (owner or COMPANY):
                yield f"{name} of {model.__tablename__} {row_id} is not sealed with its owner's key."


def _event_faults(session: OrmSession, owners: dict[UUID, UUID]) -> Iterator[str]:
    """Compare the keys of what events say of people: of those who signed, and who agreed to pay."""
    rows = select(Event.change_no, Event.entity_id, type_coerce(Event.personal, LargeBinary)).where(
        Event.personal.is_not(None)
    )
    whose: dict[UUID, UUID] = {}
    for model in (SignOff, RemoteSolution, Approval):
        owned = select(model.id, owner_column(model).label("owner"))
        whose.update((row.id, row.owner) for row in session.execute(owned))
    for change_no, entity_id, value in session.execute(rows):
        if owners.get(_key_id(value) or COMPANY) != whose.get(entity_id):
            yield f"What event {change_no} says of a person is not sealed with that person's key."


def _erasure_faults(session: OrmSession) -> Iterator[str]:
    """Compare the keys that were destroyed, and the customers who were erased, with the erasures the chain tells of."""
    events = session.execute(select(Event.entity_id, Event.data).where(Event.kind == ERASED)).all()
    said = {UUID(key) for _, data in events for key in data["keys"]}
    destroyed = set(session.scalars(select(SealingKey.id).where(SealingKey.wrapped.is_(None))))
    yield from (f"Key {key} was destroyed, and no erasure says so." for key in sorted(destroyed - said))
    yield from (
        f"Key {key} was destroyed by an erasure, and is there again or gone." for key in sorted(said - destroyed)
    )
    erased = {customer_id for customer_id, _ in events}
    marked = set(session.scalars(select(Customer.id).where(Customer.erased_at.is_not(None))))
    for customer_id in sorted(erased ^ marked):
        yield f"Customer {customer_id} is marked as erased without an erasure, or the other way round."


def _key_id(value: bytes | str) -> UUID | None:
    """The id a sealed value begins with; None where it is none."""
    if isinstance(value, str):
        try:
            value = base64.b64decode(value[:24], altchars=b"-_", validate=True)
        except binascii.Error:
            return None
    return key_id_of(value) if len(value) >= len(COMPANY.bytes) else None
