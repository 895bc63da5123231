"""Fetches one page of a query by its sort keys, which an index can serve at any depth."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.models.types import UTCDateTime

Row = TypeVar("Row")

_MAX_DIGITS = 18  # of 64 bits


def fetch_page(
    session: OrmSession,
    query: Select[Row],
    keys: Sequence[InstrumentedAttribute[Any]],
    request: PageRequest,
    *,
    is_descending: bool = False,
) -> Page[Row]:
    """Return one page of a query over one entity, sorted by keys; the last key has to be unique, none null."""
    if request.after is not None:
        position = tuple_(
            *(literal(value, key.type) for key, value in zip(keys, _parse(keys, request.after), strict=True))
        )
        query = query.where(tuple_(*keys) < position if is_descending else tuple_(*keys) > position)
    ordered = query.order_by(*(key.desc() if is_descending else key.asc() for key in keys))
    rows = session.scalars(ordered.limit(request.limit + 1)).all()
    if len(rows) <= request.limit:
        return Page(rows)
    items = rows[: request.limit]
    return Page(items, tuple(_as_text(getattr(items[-1], key.key)) for key in keys))


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)  # a datetime is a date too


def _parse(keys: Sequence[InstrumentedAttribute[Any]], after: tuple[str, ...]) -> list[object]:
    try:
        return [_value(key, text) for key, text in zip(keys, after, strict=True)]
    except (ValueError, OverflowError) as error:
        fault = Fault("invalid_cursor", "/query/cursor", "This cursor was not given out for this list.")
        raise Invalid("The cursor does not fit this list.", faults=[fault]) from error


def _value(key: InstrumentedAttribute[Any], text: str) -> object:
    if isinstance(key.type, UTCDateTime):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("a time without a zone")
        return moment.astimezone(UTC)
    kind = key.type.python_type
    if kind is date:
        return date.fromisoformat(text)
    if kind is int and len(text) > _MAX_DIGITS:
        raise ValueError("a number no column holds")
    return kind(text)  # UUID, int, str or a value list: each reads its own text
