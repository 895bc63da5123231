"""Strict fields: a value is of its type or refused, nothing is converted or guessed, and every fault has a code."""

import re
from abc import ABC, abstractmethod
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate

from api.errors import FaultMessage
from fieldsvc.domain.texts import is_storable

_CODES = {
    "required": "missing_field",
    "null": "null_not_allowed",
    "too_large": "out_of_range",
    "unknown": "unknown_choice",
}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGITS = re.compile(r"-?[0-9]{1,18}")
_YEARS = range(1970, 2200)  # outside of it something was mistyped, and the ends of the calendar overflow


def fault(code: str, message: str) -> ValidationError:
    """Return a refusal of one value."""
    return ValidationError([FaultMessage(message, code)])


class Strict:
    """Gives the messages of a marshmallow field their codes."""

    def make_error(self, key: str, **values: Any) -> ValidationError:
        """Return marshmallow's own refusal with the code of its kind."""
        error: ValidationError = super().make_error(key, **values)  # type: ignore[misc]  # a mixin of Field
        code = _CODES.get(key, "wrong_type")
        return ValidationError([FaultMessage(str(message), code) for message in error.messages])


class _Scalar(Strict, ABC):
    """Lets a field say in one method what it takes."""

    @abstractmethod
    def read(self, value: object) -> Any:
        """Return the value as the field's type, or refuse it."""

    def _deserialize(self, value: Any, *_: object, **__: object) -> Any:
        return self.read(value)


class Text(_Scalar, fields.String):
    """Text of a limited length, without NUL and half characters, which databases and other programs choke on."""

    def __init__(self, *, max_length: int, min_length: int = 1, pattern: str | None = None, **options: Any) -> None:
        self._min_length, self._max_length = min_length, max_length
        self._pattern = None if pattern is None else re.compile(pattern)
        super().__init__(**options)
        limits: dict[str, Any] = {"minLength": min_length, "maxLength": max_length}
        self.metadata = {**limits, **({"pattern": f"^{pattern}$"} if pattern else {}), **self.metadata}

    def read(self, value: object) -> str:
        """Return the value, or refuse it."""
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if not is_storable(value):
            raise fault("unreadable_text", "A text may hold neither NUL nor half a character (a lone surrogate).")
        if not self._min_length <= len(value) <= self._max_length:
            message = f"{self._min_length} to {self._max_length} characters, not {len(value)}."
            raise fault("wrong_length", message)
        if self._pattern is not None and not self._pattern.fullmatch(value):
            raise fault("wrong_format", f"It has to look like {self._pattern.pattern}.")
        return value


class Whole(_Scalar, fields.Integer):
    """A whole number between two limits, both allowed. true, 1.0 and "1" are none."""

    def __init__(self, *, low: int, high: int, **options: Any) -> None:
        self._low, self._high = low, high
        super().__init__(strict=True, **options)
        self.metadata = {"minimum": low, "maximum": high, **self.metadata}

    def read(self, value: object) -> int:
        """Return the value, or refuse it."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        if not self._low <= value <= self._high:
            raise fault("out_of_range", f"A whole number from {self._low} to {self._high}, not {value}.")
        return value


class WholeInQuery(Whole):
    """A whole number in an address, where everything is text."""

    def read(self, value: object) -> int:
        """Return the value, or refuse it."""
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise self.make_error("invalid")
        return super().read(int(value))


class Decimal(_Scalar, fields.Float):
    """A finite number between two limits, both allowed; whole ones too."""

    def __init__(self, *, low: float, high: float, **options: Any) -> None:
        self._low, self._high = low, high
        super().__init__(**options)
        self.metadata = {"minimum": low, "maximum": high, **self.metadata}

    def read(self, value: object) -> float:
        """Return the value, or refuse it."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        if not self._low <= value <= self._high:  # NaN is not between any two numbers
            raise fault("out_of_range", f"A number from {self._low} to {self._high}.")
        return float(value)


class Flag(_Scalar, fields.Boolean):
    """true or false."""

    def read(self, value: object) -> bool:
        """Return the value, or refuse it."""
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class FlagInQuery(Flag):
    """true or false in an address, where everything is text."""

    def read(self, value: object) -> bool:
        """Return the value, or refuse it."""
        return super().read({"true": True, "false": False}.get(value, value) if isinstance(value, str) else value)


class Id(_Scalar, fields.UUID):
    """A UUID in its usual spelling."""

    def read(self, value: object) -> UUID:
        """Return the value, or refuse it."""
        if not isinstance(value, str) or not _HEXADECIMAL.fullmatch(value):
            raise self.make_error("invalid_uuid")
        return UUID(value)


class Instant(_Scalar, fields.AwareDateTime):
    """An RFC 3339 time with its offset from UTC."""

    def read(self, value: object) -> datetime:
        """Return the value, or refuse it."""
        moment = _moment(value)
        if moment.year not in _YEARS:
            raise fault("out_of_range", f"A year from {_YEARS.start} to {_YEARS.stop - 1}.")
        return moment


class PhoneTime(Instant):
    """A time by the clock of a phone, which may stand anywhere: one that is out of reach counts as the nearest."""

    def read(self, value: object) -> datetime:
        """Return the value, or refuse it."""
        moment = _moment(value)
        if moment.year < _YEARS.start:
            return datetime(_YEARS.start, 1, 2, tzinfo=UTC)
        return moment if moment.year in _YEARS else datetime(_YEARS.stop - 1, 12, 30, tzinfo=UTC)


def _moment(value: object) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise fault("wrong_type", "A time with its offset, such as 2027-01-31T08:30:00+08:00.")
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise fault("wrong_time", "There is no such time.") from error


class Day(_Scalar, fields.Date):
    """A calendar day, YYYY-MM-DD."""

    def read(self, value: object) -> date:
        """Return the value, or refuse it."""
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise fault("wrong_type", "A day, such as 2027-01-31.")
        try:
            day = date.fromisoformat(value)
        except ValueError as error:
            raise fault("wrong_date", "There is no such day.") from error
        if day.year not in _YEARS:
            raise fault("out_of_range", f"A year from {_YEARS.start} to {_YEARS.stop - 1}.")
        return day


class Choice(_Scalar, fields.Enum[StrEnum]):
    """One of the values of an enumeration."""

    def __init__(self, kind: type[StrEnum], **options: Any) -> None:
        super().__init__(kind, by_value=Text(max_length=100), **options)

    def read(self, value: object) -> StrEnum:
        """Return the value, or refuse it."""
        try:
            chosen: StrEnum = self.enum(value if isinstance(value, str) else "")
        except ValueError as error:
            raise self.make_error("unknown", choices=self.choices_text) from error
        return chosen


class Items(Strict, fields.List[Any]):
    """A list with a limited number of items."""

    def __init__(self, item: fields.Field[Any], *, max_items: int, min_items: int = 0, **options: Any) -> None:
        limits = f"{min_items} to {max_items} items."
        too_many = FaultMessage(limits, "wrong_length")
        super().__init__(item, validate=validate.Length(min_items, max_items, error=too_many), **options)


class Nested(Strict, fields.Nested):
    """An object within an object."""


class FreeObject(Strict, fields.Dict):
    """A JSON object whose members are read later, by what another member says it is."""


class Written(Nested):
    """An object that was written already, by the same schema."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:  # type: ignore[override]  # bases name it in two ways
        return value


class ReadLater(Nested):
    """An object of which each item is read by itself, so that a fault of one is not one of all."""

    def _deserialize(self, value: Any, *_: object, **__: object) -> Any:
        if not isinstance(value, dict):
            raise fault("wrong_type", "This has to be a JSON object.")
        return value


class PlainJSON(Strict, fields.Raw):
    """JSON as it is stored; for answers only, where nobody has to check it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(dump_only=True, **options)
