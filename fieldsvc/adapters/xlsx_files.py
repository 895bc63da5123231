"""XLSX workbooks: one sheet is read, as values only, and no more of it than a file may have."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from fieldsvc.adapters.sheet_rows import sheet_of
from fieldsvc.domain.cells import Cell, Odd, OddCell, safe_cell
from fieldsvc.domain.errors import Fault, Invalid, TooLarge, Unreadable
from fieldsvc.domain.imports import MAX_COLUMNS, Sheet

# What is in a row or a shared string is read bit by bit or counted; all else openpyxl holds as a tree.
_MAX_UNPACKED, _MAX_TREE, _MAX_ENTRIES = 60_000_000, 2_000_000, 1000
# A row is held as a tree until its end; all tags and attributes together are those of as many cells as may be.
_MAX_MARKS_OF_ROW, _MAX_MARKS = 50_000, 4_000_000
_END_OF_ROW = re.compile(rb"</[^<>]{0,40}row\s*>")
_COUNTED = ("xl/worksheets/", "xl/sharedStrings")
_MAX_CELL = 32_767
# What XML can't hold, CR, which it reads as LF, and what would be read back as one of these.
_WRITTEN_APART = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_READ_APART = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ODD = {"f": Odd.FORMULA, "d": Odd.MOMENT, "e": Odd.FAILED}
# A file that somebody has made up fails in openpyxl wherever it first is not as expected.
_NOT_AS_EXPECTED = (
    InvalidFileException,
    ParseError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    EOFError,
    NotImplementedError,  # packed in a way that zipfile does not know
    RuntimeError,  # with a password
)


def read_xlsx(content: bytes, wanted: str) -> Sheet:
    """Return the rows of the only sheet, or of the one that is called as wanted."""
    try:
        _check_size(content)
        workbook = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        try:
            return sheet_of(_rows(_chosen(workbook, wanted)))
        finally:
            workbook.close()
    except _NOT_AS_EXPECTED as error:
        raise Unreadable("The file is no XLSX workbook, or is damaged: save it anew.") from error


def write_xlsx(title: str, header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """Return a workbook of one sheet; its texts are marked as such, so that no zeros are lost and nothing is run."""
    # Before anything is opened, as a text that does not fit ends it.
    said = [[_said(one) if isinstance(one, str) else one for one in row] for row in rows]
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title)
    sheet.append(list(header))
    for row in said:
        sheet.append([_text_cell(sheet, one) if isinstance(one, str) else one for one in row])
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def _check_size(content: bytes) -> None:
    """Refuse by what the parts of the workbook say they unpack to; zipfile never unpacks more than they say."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
        in_trees = sum(one.file_size for one in parts if not one.filename.startswith(_COUNTED))
        unpacked = sum(one.file_size for one in parts)
        if len(parts) > _MAX_ENTRIES or unpacked > _MAX_UNPACKED or in_trees > _MAX_TREE:
            message = f"Unpacked the workbook has {unpacked} bytes, more than is read: leave out all but the cells."
            raise TooLarge(message)
        marks = 0
        for one in parts:
            if one.filename.startswith(_COUNTED):
                marks += _count_marks(one.filename, packed.read(one))
    if marks > _MAX_MARKS:
        raise TooLarge(f"The workbook has more cells than are read ({marks} tags and attributes): split it.")


def _count_marks(name: str, xml: bytes) -> int:
    """How many tags and attributes a part has at most; those of one row are no more than can be held at once."""
    begin = marks = 0
    for end in (*(found.start() for found in _END_OF_ROW.finditer(xml)), len(xml)):
        of_row = xml.count(b"<", begin, end) + xml.count(b"=", begin, end)
        if name.startswith(_COUNTED[0]) and of_row > _MAX_MARKS_OF_ROW:
            raise TooLarge("A row of the workbook has more cells than are read: leave the others out.")
        begin, marks = end, marks + of_row
    return marks


def _chosen(workbook: Any, wanted: str) -> Any:
    sheets = workbook.worksheets
    named = [one for one in sheets if one.title.strip().casefold() == wanted]
    found = named or sheets
    if len(found) == 1:
        return found[0]
    names = ", ".join(repr(one.title[:31]) for one in sheets[:10])
    fault = Fault(
        "several_sheets", "", f"There are {len(sheets)} sheets ({names}): call the one that is meant {wanted}."
    )
    raise Invalid("Nobody knows which sheet is meant.", faults=[fault])


def _rows(sheet: Any) -> Iterator[list[Cell]]:
    # One column more than may be, so that it is found; what is farther right is not even made.
    for row in sheet.iter_rows(max_col=MAX_COLUMNS + 1):
        yield [_cell(one) for one in row]


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in _ODD:
        shown = getattr(value, "text", None) or value  # of a formula over several cells
        return OddCell(_ODD[cell.data_type], str(shown))
    if isinstance(value, bool | int | float):
        return value
    return _READ_APART.sub(lambda found: chr(int(found[1], 16)), str(value))


def _said(text: str) -> str:
    said = _WRITTEN_APART.sub(lambda found: f"_x{ord(found[0]):04X}_", safe_cell(text))
    if len(said) > _MAX_CELL:  # openpyxl would cut it off
        message = f"A cell has {len(said)} characters, and one of a workbook holds {_MAX_CELL}: ask for CSV."
        raise Invalid("This does not fit into a workbook.", faults=[Fault("wrong_length", "/query/format", message)])
    return said


def _text_cell(sheet: Any, said: str) -> Any:
    cell = WriteOnlyCell(sheet, said)
    cell.data_type = "s"  # it takes texts such as #N/A for something else
    cell.number_format = "@"
    return cell
