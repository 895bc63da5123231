"""Columns of a file that is brought in: which there have to be, and how their cells are read, strictly."""

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fieldsvc.domain.cells import Cell, OddCell, shown_cell, split, text_of_cell
from fieldsvc.domain.errors import Fault
from fieldsvc.domain.texts import is_storable

ERROR_COLUMN = "error"

_WHOLE = re.compile(r"-?[0-9]{1,15}")
_GROUPED = re.compile(r"-?[0-9]{1,3}([., \u00a0'][0-9]{3})+")
_FRACTION = re.compile(r"-?[0-9]*[.,][0-9]+")
_SHOWN = 60


class Misread(Exception):
    """A cell that can't be taken for a value, with what to do about it."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Column:
    """One column. read: what makes a value of a cell, or raises Misread."""

    name: str
    read: Callable[[Cell], Any]
    is_required: bool = False


def text(max_length: int) -> Callable[[Cell], str]:
    """Read a text that has to be there."""

    def read(cell: Cell) -> str:
        found = _text(cell)
        if not 1 <= len(found) <= max_length:
            raise Misread("wrong_length", f"Write 1 to {max_length} characters, not {len(found)}.")
        return found

    return read


def optional_text(max_length: int) -> Callable[[Cell], str | None]:
    """Read a text; none from an empty cell."""
    read_text = text(max_length)
    return lambda cell: None if cell == "" else read_text(cell)


def texts(max_length: int, max_items: int) -> Callable[[Cell], list[str]]:
    """Read a list of texts between semicolons."""

    def read(cell: Cell) -> list[str]:
        items = split(_text(cell))
        if len(items) > max_items:
            raise Misread("wrong_length", f"Write at most {max_items} of them, not {len(items)}.")
        for place, item in enumerate(items):
            if len(item) > max_length:
                message = f"Item {place + 1} has {len(item)} characters, and may have {max_length}; ; is between items."
                raise Misread("wrong_length", message)
        twice = sorted({item for item in items if items.count(item) > 1}) if len(set(items)) < len(items) else []
        if twice:
            raise Misread("duplicate", f"{quoted(twice[0])} is named twice: name it once.")
        return items

    return read


def whole(low: int, high: int) -> Callable[[Cell], int]:
    """Read a whole number from low to high; what could be another one is asked about."""

    def read(cell: Cell) -> int:
        number = _whole(cell)
        if not low <= number <= high:
            raise Misread("out_of_range", f"Write a whole number from {low} to {high}, not {quoted(number)}.")
        return number

    return read


def optional_whole(low: int, high: int) -> Callable[[Cell], int | None]:
    """Read a whole number; none from an empty cell."""
    read_whole = whole(low, high)
    return lambda cell: None if cell == "" else read_whole(cell)


def flag(cell: Cell) -> bool:
    """Read true or false."""
    if isinstance(cell, bool):
        return cell
    word = cell.strip().casefold() if isinstance(cell, str) else ""
    if word not in ("true", "false"):
        raise Misread("wrong_type", f"Write true or false, not {quoted(cell)}.")
    return word == "true"


def quoted(cell: Cell) -> str:
    """Return a value as a message shows it."""
    shown = shown_cell(cell)
    return repr(shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…")


def suggestion(word: str, known: Sequence[str]) -> str:
    """Return what may have been meant, as the end of a sentence."""
    folded = {one.casefold(): one for one in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return f"; did you mean {quoted(folded[close[0]])}?" if close else "."


def header_faults(header: Sequence[Cell], columns: Sequence[Column]) -> Iterator[Fault]:
    """Say which columns are missing, there twice, or unknown."""
    names, known = header_names(header), [column.name for column in columns]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Fault("duplicate_column", "/lines/1", f"The column {quoted(name)} is there twice: keep one.")
        if name not in known and name != ERROR_COLUMN:
            near = suggestion(name, [one for one in known if one not in names])
            yield Fault("unknown_column", "/lines/1", f"There is no column {quoted(name)}{near}")
    for column in columns:
        if column.is_required and column.name not in names:
            yield Fault("missing_column", "/lines/1", f"Add the column {column.name!r}.")


def header_names(header: Sequence[Cell]) -> list[str]:
    """The names of a file's columns, in their order."""
    return [shown_cell(cell).strip() for cell in header]


def _text(cell: Cell) -> str:
    if isinstance(cell, OddCell):
        raise _odd(cell)
    if not isinstance(cell, str):
        message = (
            f"The cell holds the number {quoted(cell)}, and zeros before it may be lost: is that all of it?"
            " Format the column as text and write it out."
        )
        raise Misread("not_text", message)
    if not is_storable(cell):
        raise Misread("unreadable_text", "Take out the NUL or half character (lone surrogate): nothing can keep it.")
    return text_of_cell(cell)


def _whole(cell: Cell) -> int:
    if isinstance(cell, OddCell):
        raise _odd(cell)
    if isinstance(cell, bool):
        raise Misread("wrong_type", f"Write a whole number, not {quoted(cell)}.")
    if isinstance(cell, int):
        return cell
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 10**15:  # a workbook has no other numbers than these
            return int(cell)
        raise Misread("fraction", f"Is {cell!r} in other units? Write a whole number, without a fraction.")
    written = text_of_cell(cell).strip()
    if _WHOLE.fullmatch(written):
        return int(written)
    if _GROUPED.fullmatch(written):
        together = re.sub("[^0-9-]", "", written)
        message = f"Is {quoted(written)} {together}, or does it have a fraction? Write a whole number, digits only."
        raise Misread("ambiguous_number", message)
    if _FRACTION.fullmatch(written):
        message = f"Is {quoted(written)} in other units? Write a whole number, in the unit that the column names."
        raise Misread("fraction", message)
    if re.fullmatch("-?[0-9]+", written):
        raise Misread("out_of_range", f"Write a whole number of usual length: this one has {len(written)} digits.")
    if not written:
        raise Misread("missing_value", "Write a whole number: the cell is empty.")
    raise Misread("wrong_type", f"Write a whole number, digits only, not {quoted(written)}.")


def _odd(cell: OddCell) -> Misread:
    return Misread("not_a_value", f"The cell holds {cell.kind.value}, {quoted(cell)}: write what it stands for.")
