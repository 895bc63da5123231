"""Whose data a row holds, and with which key it is sealed before it is written."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, null, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapper, aliased, object_mapper
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE
from uuid_utils.compat import uuid7

from fieldsvc.models.approvals import Approval
from fieldsvc.models.assignments import Decline
from fieldsvc.models.base import Base
from fieldsvc.models.customers import Customer, Site
from fieldsvc.models.devices import PhoneCommand
from fieldsvc.models.documents import ServiceDocument
from fieldsvc.models.inspections import Inspection
from fieldsvc.models.keys import SealingKey
from fieldsvc.models.photos import Blob, Photo
from fieldsvc.models.privacy import PrivacyRequest
from fieldsvc.models.procedures import ChecklistAnswer
from fieldsvc.models.ratings import Rating
from fieldsvc.models.records import Diagnosis, ServiceReport, SignOff
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.models.rmas import Rma
from fieldsvc.models.runs import OptimizationRun
from fieldsvc.models.sealing import COMPANY, DataKey, Keyring
from fieldsvc.models.tasks import Task
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.types import Owned, Sealed, keyring_of, owned
from fieldsvc.models.visits import Visit

# Each row's data belongs to whoever the row above it belongs to: the column that names it, and its table.
_ABOVE: Mapping[type[Base], tuple[str | None, type[Base] | None]] = {
    Customer: ("id", None),
    OptimizationRun: ("id", None),
    Site: ("customer_id", None),
    Ticket: ("customer_id", None),
    PrivacyRequest: (None, None),  # has to be understood after the customer is erased
    Visit: ("ticket_id", Ticket),
    Task: ("ticket_id", Ticket),
    Rma: ("ticket_id", Ticket),
    Approval: ("ticket_id", Ticket),
    RemoteSolution: ("ticket_id", Ticket),
    Diagnosis: ("visit_id", Visit),
    ServiceReport: ("visit_id", Visit),
    SignOff: ("visit_id", Visit),
    ServiceDocument: ("visit_id", Visit),
    Rating: ("visit_id", Visit),
    ChecklistAnswer: ("visit_id", Visit),
    Inspection: ("visit_id", Visit),
    Photo: ("visit_id", Visit),
    Blob: ("visit_id", Visit),
    Decline: ("visit_id", Visit),
    PhoneCommand: ("visit_id", Visit),
}


def owner_of(session: OrmSession, row: Base) -> UUID:
    """Return the id of the customer or run a row's data belongs to; what belongs to neither is the company's."""
    column, above = _ABOVE[type(row)]
    if column is None:
        return COMPANY
    row_id: UUID | None = getattr(row, column)
    if above is None:
        assert row_id is not None, "ids are given before a row is stored"
        return row_id
    return COMPANY if row_id is None else _owner_above(session, above, row_id)


def key_for(session: OrmSession, owner_id: UUID, shared_by: Sequence[UUID] | None = None) -> DataKey:
    """Return the key of an owner, made if there was none yet.

    After it was destroyed, a key that nobody keeps: what still comes in about somebody who was erased is never read.
    """
    in_use: dict[UUID, DataKey] = session.info.setdefault("keys", {})
    if owner_id in in_use:
        return in_use[owner_id]
    keyring = keyring_of(session.get_bind().dialect)
    query = select(SealingKey.id, SealingKey.wrapped).where(SealingKey.owner_id == owner_id)
    stored = session.execute(query).first() or _made(session, keyring, owner_id, shared_by)
    if stored is None:  # another transaction was faster
        stored = session.execute(query).one()
    if stored.wrapped is None:
        key = DataKey.made(stored.id)
    else:
        key = keyring.sealer.unwrap(stored.id, stored.wrapped)
        keyring.learn(key)  # before anybody else can see that it is stored
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


def note_customer(session: OrmSession, row: Base) -> None:
    """Remember whose data a transaction has had in its hands."""
    customer_id = row.id if isinstance(row, Customer) else getattr(row, "customer_id", None)
    if isinstance(row, Customer | Site | Ticket) and customer_id is not None:
        session.info.setdefault("customers", set()).add(customer_id)


def key_of_all(session: OrmSession) -> DataKey:
    """Return the key for what tells of everybody whose data a transaction has had in its hands.

    That of the one customer, one that goes with the first of several who is erased, or the company's.
    """
    seen: set[UUID] = session.info.get("customers", set())
    if not seen:
        return key_for(session, COMPANY)
    query = select(Customer.id, Customer.erased_at).where(Customer.id.in_(seen)).order_by(Customer.id)
    if len(seen) > 1:  # nobody of them is erased before the key they share is there to be found
        query = query.with_for_update(read=True)
    customers = session.execute(query).all()
    erased_before = [one.id for one in customers if one.erased_at not in (None, session.info.get("erased_at"))]
    living = [one.id for one in customers if one.erased_at is None]
    if erased_before:
        return key_for(session, erased_before[0])
    if len(living) > 1:
        return key_for(session, uuid4(), shared_by=living)
    return key_for(session, living[0] if living else COMPANY)


def forget_key(session: OrmSession, owner_id: UUID, erased_at: datetime) -> None:
    """Let the rest of a transaction do without the key of an owner that it has destroyed."""
    session.info.get("keys", {}).pop(owner_id, None)
    session.info["erased_at"] = erased_at  # what is said of this erasure is the company's


def rows_about(customer_id: UUID) -> Iterator[tuple[type[Base], ColumnElement[bool]]]:
    """Give every table that holds something of a customer, with the condition for the customer's rows."""
    for model in _ABOVE:
        condition = _belongs_to(model, customer_id)
        if condition is not None:
            yield model, condition


def owner_column(model: type[Base]) -> ColumnElement[Any]:
    """Return whose the rows of a table are, as a column of a query over it; null where they are the company's."""
    column, above = _ABOVE[model]
    if column is None:
        return null()
    if above is None:
        return cast(ColumnElement[Any], getattr(model, column))
    parent = aliased(above)
    below = cast(ColumnElement[Any], getattr(model, column))
    return select(_owner_in(parent, above)).where(parent.id == below).scalar_subquery()  # type: ignore[attr-defined]


def _owner_in(rows: Any, model: type[Base]) -> ColumnElement[Any]:
    column, above = _ABOVE[model]
    assert column is not None, "nothing hangs below what is the company's"
    below = cast(ColumnElement[Any], getattr(rows, column))
    if above is None:
        return below
    parent = aliased(above)
    return select(_owner_in(parent, above)).where(parent.id == below).scalar_subquery()  # type: ignore[attr-defined]


def sealed_columns() -> Iterator[tuple[type[Base], tuple[str, ...]]]:
    """Give every table that knows whose its rows are, with the names of its sealed columns."""
    for model in _ABOVE:
        names = _sealed_names(model.__mapper__)
        if names:
            yield model, names


def _belongs_to(model: type[Base], customer_id: UUID) -> ColumnElement[bool] | None:
    column, above = _ABOVE[model]
    if column is None or model is OptimizationRun:
        return None
    if above is None:
        return cast(ColumnElement[bool], getattr(model, column) == customer_id)
    condition = _belongs_to(above, customer_id)
    assert condition is not None, "what hangs below something hangs below a customer"
    return cast(ColumnElement[bool], getattr(model, column).in_(select(above.__table__.c.id).where(condition)))


def _made(
    session: OrmSession, keyring: Keyring, owner_id: UUID, shared_by: Sequence[UUID] | None
) -> Row[UUID, str | None] | None:
    """Store a new key and return it, or None where another transaction was faster."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql_insert if is_postgresql else sqlite_insert
    key = DataKey.made(uuid7())
    sharers = None if shared_by is None else [str(one) for one in shared_by]
    made = insert(SealingKey).values(id=key.id, owner_id=owner_id, wrapped=keyring.sealer.wrap(key), shared_by=sharers)
    return session.execute(made.on_conflict_do_nothing().returning(SealingKey.id, SealingKey.wrapped)).first()


def _owner_above(session: OrmSession, model: type[Base], row_id: UUID) -> UUID:
    """Return the owner of a row above; of one that is stored only the column that names the next is read."""
    pending = (row for row in session.new if isinstance(row, model) and getattr(row, "id", None) == row_id)
    if (row := next(pending, None)) is not None:
        return owner_of(session, row)
    column, above = _ABOVE[model]
    assert column is not None, "nothing hangs on a row that is the company's"
    table = model.__table__
    next_id: UUID | None = session.scalar(select(table.c[column]).where(table.c["id"] == row_id))
    if next_id is None:
        return COMPANY
    return next_id if above is None else _owner_above(session, above, next_id)


def _unsealed(row: Base, name: str) -> Any:
    added = get_history(row, name, PASSIVE_NO_INITIALIZE).added  # what was not loaded was not changed
    value = added[0] if added else None
    return None if isinstance(value, Owned) else value


@cache
def _sealed_names(mapper: Mapper[Any]) -> tuple[str, ...]:
    return tuple(one.key for one in mapper.column_attrs if isinstance(one.columns[0].type, Sealed))
