"""Rows of a file one by one, as long as they are no more than is read."""

from collections.abc import Iterable, Sequence

from fieldsvc.domain.cells import Cell
from fieldsvc.domain.errors import TooLarge, Unreadable
from fieldsvc.domain.imports import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Encoding, Row, Sheet


def sheet_of(rows: Iterable[Sequence[Cell]], encoding: Encoding | None = None) -> Sheet:
    """Return the rows as a sheet; blank ones are counted and left out."""
    header: tuple[Cell, ...] | None = None
    kept: list[Row] = []
    cells = 0
    for number, given in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise TooLarge(f"The file has more than {MAX_ROWS - 1} lines below its header: split it.")
        row = _without_end(given)
        if len(row) > MAX_COLUMNS:
            raise TooLarge(f"Row {number} has more than {MAX_COLUMNS} columns: leave the others out.")
        cells += len(row)
        if cells > MAX_CELLS:
            raise TooLarge(f"The file has more than {MAX_CELLS} cells: split it.")
        if header is None:
            header = row
        elif row:
            kept.append(Row(number, row))
    if not header:
        raise Unreadable("The first row has to name the columns, and it is empty.")
    return Sheet(header, kept, encoding)


def _without_end(row: Sequence[Cell]) -> tuple[Cell, ...]:
    """The row without the blank cells after its last one that is not."""
    last = next((place for place in range(len(row), 0, -1) if not _is_blank(row[place - 1])), 0)
    return tuple(row[:last])


def _is_blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.strip()
