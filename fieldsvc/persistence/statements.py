"""Statements that both databases have and SQL has not."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.models.base import Base

Item = TypeVar("Item")

_BATCH = 1000


def batched(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Give items in lists that are short enough for one statement's parameters."""
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        yield batch


def insert_or_leave(session: OrmSession, model: type[Base], unique: list[str], **values: Any) -> None:
    """Insert a row, or leave alone the one that has the same values in the unique columns."""
    insert: Any = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    session.execute(insert(model).values(**values).on_conflict_do_nothing(index_elements=unique))
