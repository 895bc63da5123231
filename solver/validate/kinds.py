"""The kinds of value a document holds. Each reads a value, notes its faults, and gives what can be used of it.

`read` answers None for a value that is wrong, so that later checks skip it and the reader goes on: every fault of
a document is reported at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from solver.validate.codes import FaultCode
from solver.validate.report import Place, Record, Report, listed, printable, shown, shown_text


class Kind(Protocol):
    """Reads one value."""

    def read(self, value: object, place: Place, report: Report) -> Any:
        """The value, or None with a fault in the report."""


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer from low to high; a bool is none, nor is 1.0."""

    low: int
    high: int

    def read(self, value: object, place: Place, report: Report) -> int | None:
        wanted = f"a whole number from {self.low} to {self.high}"
        if type(value) is not int:
            report.wrong_type(place, value, wanted)
            return None
        if not self.low <= value <= self.high:
            report.add(FaultCode.OUT_OF_RANGE, place, f"{place.name} is {shown(value)}; give {wanted}.")
            return None
        return value


@dataclass(frozen=True, slots=True)
class Degrees:
    """A finite number; what it may be is judged with its partner, in `places`."""

    def read(self, value: object, place: Place, report: Report) -> float | None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or abs(value) == float("inf") or value != value:  # type: ignore[arg-type]  # noqa: PLR0124
            report.wrong_type(place, value, "a finite number of degrees")
            return None
        return value  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Text:
    """A text that can be written as UTF-8; an id or name of a thing may not be empty."""

    may_be_empty: bool = False

    def read(self, value: object, place: Place, report: Report) -> str | None:
        if not isinstance(value, str):
            report.wrong_type(place, value, "text")
            return None
        if not value and not self.may_be_empty:
            report.add(FaultCode.EMPTY_TEXT, place, f"{place.name} is empty; give it at least one character.")
            return None
        if not value.isascii() and value.encode("utf-8", "ignore").decode() != value:
            report.add(
                FaultCode.UNREADABLE_TEXT,
                place,
                f"{place.name} holds half a character ({shown(value)}); repair its encoding.",
            )
            return None
        return value


@dataclass(frozen=True, slots=True)
class Day:
    """An ISO date."""

    def read(self, value: object, place: Place, report: Report) -> str | None:
        if not isinstance(value, str):
            report.wrong_type(place, value, "a date as YYYY-MM-DD")
            return None
        try:
            good = date.fromisoformat(value).isoformat() == value
        except ValueError:
            good = False
        if not good:
            report.add(FaultCode.WRONG_DATE, place, f"{place.name} is {shown(value)}; give a date as YYYY-MM-DD.")
            return None
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, value: object, place: Place, report: Report) -> bool | None:
        if not isinstance(value, bool):
            report.wrong_type(place, value, "true or false")
            return None
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a list."""

    words: tuple[str, ...]

    def read(self, value: object, place: Place, report: Report) -> str | None:
        if not isinstance(value, str):
            report.wrong_type(place, value, f"one of {', '.join(self.words)}")
            return None
        if value not in self.words:
            hint = report.did_you_mean(value, self.words)
            report.add(
                FaultCode.UNKNOWN_CHOICE,
                place,
                f"{place.name} is {shown(value)}; choose one of {', '.join(self.words)}.{hint}",
            )
            return None
        return value


@dataclass(frozen=True, slots=True)
class Raw:
    """Anything but null; judged elsewhere."""

    wanted: str

    def read(self, value: object, place: Place, report: Report) -> object:
        if value is None:
            report.wrong_type(place, value, self.wanted)
        return value


@dataclass(frozen=True, slots=True)
class Version:
    """The one version that is read."""

    number: int

    def read(self, value: object, place: Place, report: Report) -> int | None:
        if type(value) is not int or value != self.number:
            report.add(
                FaultCode.WRONG_VERSION,
                place,
                f"The version is {shown(value)}; write the document as version {self.number} of the contract says.",
            )
            return None
        return value


@dataclass(frozen=True, slots=True)
class Nullable:
    """Null, or a value of the kind."""

    kind: Kind

    def read(self, value: object, place: Place, report: Report) -> Any:
        return None if value is None else self.kind.read(value, place, report)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one kind; wrong ones are None in the result, so that indices stay."""

    kind: Kind
    at_most: int | None = None
    unique: bool = False
    advice: str = "Split the problem."

    def read(self, value: object, place: Place, report: Report) -> list[Any] | None:
        if not isinstance(value, list):
            report.wrong_type(place, value, "a list")
            return None
        if self.at_most is not None and len(value) > self.at_most:
            report.add(
                FaultCode.TOO_MANY,
                place,
                f"{place.name} has {len(value)} entries; the limit is {self.at_most}. {self.advice}",
            )
            return None
        items = [self.kind.read(item, place.at(index), report) for index, item in enumerate(value)]
        if self.unique:
            self._note_twins(items, place, report)
        return items

    def _note_twins(self, items: list[Any], place: Place, report: Report) -> None:
        first: dict[str, int] = {}
        for index, item in enumerate(items):
            if item is not None and first.setdefault(item, index) != index:
                report.add(
                    FaultCode.DUPLICATE_ENTRY,
                    place.at(index),
                    f"{place.name} names {shown(item)} at {first[item]} and again at {index}; name it once.",
                )


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object from free names to values of one kind."""

    kind: Kind
    names_records: bool = False

    def read(self, value: object, place: Place, report: Report) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            report.wrong_type(place, value, "an object")
            return None
        result = {}
        for key, item in value.items():
            below = place.at(key if isinstance(key, str) else str(type(key).__name__))
            if Text().read(key, below, report) is None:
                continue
            inner = replace(below, record=printable(key)) if self.names_records else below
            result[key] = self.kind.read(item, inner, report)
        return result


@dataclass(frozen=True, slots=True)
class Pair:
    """A list of exactly two values."""

    first: Kind
    second: Kind

    def read(self, value: object, place: Place, report: Report) -> tuple[Any, Any] | None:
        if not isinstance(value, list) or len(value) != 2:
            report.wrong_type(place, value, "a list of exactly two values")
            return None
        return (
            self.first.read(value[0], place.at(0), report),
            self.second.read(value[1], place.at(1), report),
        )


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: its kind, and its default where it may be left out."""

    kind: Kind
    default: object = None
    required: bool = False


Also = Callable[[Record, Place, Report], None]
"""A check of one record in itself, after its fields were read."""


def _nothing_else(record: Record, place: Place, report: Report) -> None:
    pass


@dataclass(frozen=True, slots=True)
class RecordOf:
    """An object with known fields. `id_field`: the field whose value faults in it carry as their record."""

    fields: Mapping[str, Field]
    id_field: str | None = None
    also: Also = _nothing_else

    def read(self, value: object, place: Place, report: Report) -> Record | None:
        if not isinstance(value, dict):
            report.wrong_type(place, value, f"an object with {listed(self.fields)}")
            return None
        own_id = value.get(self.id_field) if self.id_field else None
        if isinstance(own_id, str) and own_id:
            place = replace(place, record=printable(own_id))
        self._note_unknown(value, place, report)
        record = Record((name, self._field(value, name, place, report)) for name in self.fields)
        record.wrong = frozenset(
            name
            for name, own in record.items()
            if own is None and (value.get(name) is not None or self.fields[name].required)
        )
        self.also(record, place, report)
        return record

    def _field(self, value: dict[Any, Any], name: str, place: Place, report: Report) -> Any:
        known = self.fields[name]
        if name in value:
            return known.kind.read(value[name], place.at(name), report)
        if known.required:
            report.add(FaultCode.MISSING_FIELD, place, f"The field {name} is missing; add it.")
        return known.default

    def _note_unknown(self, value: dict[Any, Any], place: Place, report: Report) -> None:
        for key in value:
            if key in self.fields:
                continue
            if not isinstance(key, str):
                report.wrong_type(place.at(type(key).__name__), key, "a text as key")
                continue
            hint = report.did_you_mean(key, self.fields)
            report.add(
                FaultCode.UNKNOWN_FIELD,
                place.at(key),
                f"There is no field {shown_text(key)} here; correct its name or remove it.{hint}",
            )
