"""Whose data a row holds, and with which key it is sealed before it is written."""

from collections.abc import Mapping
from functools import cache
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.orm import Mapper, object_mapper
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm.attributes import get_history

from fieldsvc.models.assignments import Decline
from fieldsvc.models.base import Base
from fieldsvc.models.customers import Customer, Site
from fieldsvc.models.devices import PhoneCommand
from fieldsvc.models.keys import SealingKey
from fieldsvc.models.ratings import Rating
from fieldsvc.models.records import Diagnosis, ServiceReport, SignOff
from fieldsvc.models.runs import OptimizationRun
from fieldsvc.models.sealing import COMPANY, DataKey
from fieldsvc.models.tasks import Task
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.types import Owned, Sealed, keyring_of, owned
from fieldsvc.models.visits import Visit

# Each row's data belongs to whoever the row above it belongs to: the column that names it, and its table.
_ABOVE: Mapping[type[Base], tuple[str, type[Base] | None]] = {
    Customer: ("id", None),
    OptimizationRun: ("id", None),
    Site: ("customer_id", None),
    Ticket: ("customer_id", None),
    Visit: ("ticket_id", Ticket),
    Task: ("ticket_id", Ticket),
    Diagnosis: ("visit_id", Visit),
    ServiceReport: ("visit_id", Visit),
    SignOff: ("visit_id", Visit),
    Rating: ("visit_id", Visit),
    Decline: ("visit_id", Visit),
    PhoneCommand: ("visit_id", Visit),
}


def owner_of(session: OrmSession, row: Base) -> UUID:
    """Return the id of the customer or run a row's data belongs to; what belongs to neither is the company's."""
    column, above = _ABOVE[type(row)]
    row_id: UUID | None = getattr(row, column)
    if above is None:
        assert row_id is not None, "ids are given before a row is stored"
        return row_id
    found = None if row_id is None else _row(session, above, row_id)
    return COMPANY if found is None else owner_of(session, found)


def key_for(session: OrmSession, owner_id: UUID) -> DataKey:
    """Return the key of an owner, made if there was none yet.

    After it was destroyed, a key that nobody keeps: what still comes in about somebody who was erased is never read.
    """
    in_use: dict[UUID, DataKey] = session.info.setdefault("keys", {})
    if owner_id in in_use:
        return in_use[owner_id]
    keyring = keyring_of(session.get_bind().dialect)
    stored = session.execute(select(SealingKey.id, SealingKey.wrapped).where(SealingKey.owner_id == owner_id)).first()
    if stored is None:
        key = DataKey.made(uuid4())
        session.add(SealingKey(id=key.id, owner_id=owner_id, wrapped=keyring.sealer.wrap(key)))
        keyring.learn(key)
    elif stored.wrapped is None:
        key = DataKey.made(stored.id)
    else:
        key = keyring.sealer.unwrap(stored.id, stored.wrapped)
    in_use[owner_id] = key
    return key


def seal_pending(session: OrmSession, *_: object) -> None:
    """Give what is about to be written of personal data the key of its owner."""
    for row in list(chain(session.new, session.dirty)):
        changed = {
            name: value for name in _sealed_names(object_mapper(row)) if (value := _unsealed(row, name)) is not None
        }
        if changed:
            key = key_for(session, owner_of(session, row))
            for name, value in changed.items():
                setattr(row, name, owned(value, key))


def customers_of(session: OrmSession) -> set[UUID]:
    """Return the customers whose data a transaction has in its hands."""
    rows = list(session.identity_map.values())
    customers = {row.id for row in rows if isinstance(row, Customer)}
    return customers | {row.customer_id for row in rows if isinstance(row, Site | Ticket)}


def ensure_company_key(connection: Connection) -> None:
    """Make the company's key where there is none: before anything runs, so that nobody has to make it twice."""
    if connection.scalar(select(func.count()).where(SealingKey.owner_id == COMPANY)):
        return
    key = DataKey.made(uuid4())
    wrapped = keyring_of(connection.dialect).sealer.wrap(key)
    connection.execute(insert(SealingKey).values(id=key.id, owner_id=COMPANY, wrapped=wrapped))


def _row(session: OrmSession, model: type[Base], row_id: UUID) -> Base | None:
    pending = (row for row in session.new if isinstance(row, model) and getattr(row, "id", None) == row_id)
    return next(pending, None) or session.get(model, row_id)


def _unsealed(row: Base, name: str) -> Any:
    added = get_history(row, name).added
    value = added[0] if added else None
    return None if isinstance(value, Owned) else value


@cache
def _sealed_names(mapper: Mapper[Any]) -> tuple[str, ...]:
    return tuple(one.key for one in mapper.column_attrs if isinstance(one.columns[0].type, Sealed))
