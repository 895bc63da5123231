"""Texts as cells of a spreadsheet: none is run as a formula, and reading a cell gives back what was written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

# What spreadsheets take for the begin of a formula; the wide ones are the same signs of a Chinese keyboard.
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MARK = "'"
_BETWEEN, _LITERAL = ";", "\\"


class Odd(StrEnum):
    """What a cell of a workbook can be that is neither text nor a number nor true or false."""

    FORMULA = "a formula"
    MOMENT = "a date or a time"
    FAILED = "the failure of a formula"


@dataclass(frozen=True, slots=True)
class OddCell:
    """A cell that nobody can take for a value; shown: as it stands in the file."""

    kind: Odd
    shown: str


Cell = str | int | float | bool | OddCell


def safe_cell(text: str) -> str:
    """Return a text so that no spreadsheet runs it: with an apostrophe before what would begin a formula."""
    return _MARK + text if text.lstrip(_MARK).startswith(_RUNS) else text


def text_of_cell(cell: str) -> str:
    """Undo exactly what `safe_cell` did; any other text stays as it is."""
    begins = cell.startswith(_MARK) and cell.lstrip(_MARK).startswith(_RUNS)
    return cell.removeprefix(_MARK) if begins else cell


def shown_cell(cell: Cell) -> str:
    """Return any cell as text, for somebody who looks for what is wrong with it."""
    if isinstance(cell, OddCell):
        return cell.shown
    if isinstance(cell, bool):
        return str(cell).lower()
    return cell if isinstance(cell, str) else repr(cell)


def joined(items: Iterable[str]) -> str:
    """Return a list as one text, its items between semicolons; a backslash stands before what is meant as it is."""
    return _BETWEEN.join(_item(one) for one in items)


def _item(text: str) -> str:
    inner = text.strip()
    at = text.find(inner) if inner else len(text)
    outside = (*range(at), *range(at + len(inner), len(text)))  # blanks at its ends, which people do not mean
    return "".join(
        _LITERAL + sign if sign in (_BETWEEN, _LITERAL) or place in outside else sign for place, sign in enumerate(text)
    )


def split(text: str) -> list[str]:
    """Return the items of a text that `joined` or a person has made; blanks around them and empty ones are left out."""
    return [item for item in _items(text) if item]


def _items(text: str) -> Iterator[str]:
    item: list[str] = []
    meant = 0  # so many signs of the item stay whatever comes after them
    signs = iter(text)
    for sign in signs:
        if sign == _LITERAL:
            item.append(next(signs, _LITERAL))
            meant = len(item)
        elif sign == _BETWEEN:
            yield _trimmed(item, meant)
            item, meant = [], 0
        elif item or not sign.isspace():
            item.append(sign)
            meant = meant if sign.isspace() else len(item)
    yield _trimmed(item, meant)


def _trimmed(item: list[str], meant: int) -> str:
    return "".join(item[:meant])
