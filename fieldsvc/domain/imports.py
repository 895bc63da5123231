"""What can be brought in as a file, and the rows of one, before anybody knows what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fieldsvc.domain.cells import Cell

# A header and 30,000 lines of ten columns: a workbook of that size takes ten seconds.
MAX_ROWS, MAX_COLUMNS, MAX_CELLS = 30_001, 50, 300_010


class ImportKind(StrEnum):
    """What the lines of a file are."""

    PARTS = "parts"
    COUNTS = "counts"


class Encoding(StrEnum):
    """How the bytes of a CSV file stand for characters."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    GB18030 = "gb18030"


class SheetFormat(StrEnum):
    """Files that spreadsheets read and write."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the file, the first one being number 1; an empty cell is the empty text."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The header and the rows that are not blank. encoding: that a CSV file was read in."""

    header: tuple[Cell, ...]
    rows: Sequence[Row]
    encoding: Encoding | None = None
