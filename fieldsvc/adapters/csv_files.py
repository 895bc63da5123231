"""CSV files: read in the encoding that was stated, written so that spreadsheets know theirs."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from fieldsvc.adapters.sheet_rows import sheet_of
from fieldsvc.domain.cells import safe_cell
from fieldsvc.domain.errors import Fault, Unreadable
from fieldsvc.domain.imports import Encoding, Sheet

_MARKS = {
    codecs.BOM_UTF8: Encoding.UTF_8,
    codecs.BOM_UTF16_LE: Encoding.UTF_16,
    codecs.BOM_UTF16_BE: Encoding.UTF_16,
}
_MAX_CELL = 2_000_000
_OTHERS = ";\t|"


def read_csv(content: bytes, stated: Encoding | None) -> Sheet:
    """Return the rows of a file, its cells as they stand there, or refuse what is no CSV in its encoding."""
    encoding = stated or _marked(content) or Encoding.UTF_8
    sheet = sheet_of(_rows(_decoded(content, encoding, is_stated=stated is not None)), encoding)
    header = sheet.header
    if len(header) == 1 and any(sign in str(header[0]) for sign in _OTHERS):
        message = f"The header {str(header[0])[:60]!r} has no comma: save the file with commas between its columns."
        raise Unreadable("The file is not separated by commas.", faults=[Fault("not_separated", "/lines/1", message)])
    return sheet


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """Return a file in UTF-8 that says so by its mark, its texts so that no spreadsheet runs them."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(header)
    writer.writerows([safe_cell(one) if isinstance(one, str) else one for one in row] for row in rows)
    # Half a character, which a refused file can have, has no bytes in UTF-8.
    return written.getvalue().encode("utf-8-sig", errors="replace")


def _marked(content: bytes) -> Encoding | None:
    return next((encoding for mark, encoding in _MARKS.items() if content.startswith(mark)), None)


def _decoded(content: bytes, encoding: Encoding, *, is_stated: bool) -> str:
    codec = "utf-8-sig" if encoding is Encoding.UTF_8 else encoding.value
    if encoding is Encoding.UTF_16 and _marked(content) is not Encoding.UTF_16:
        # Without it Python would take the order of bytes of this machine.
        raise _undecodable(encoding, "its first two bytes do not say in which order the others are", is_stated)
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise _undecodable(encoding, f"{error.reason} at byte {error.start}", is_stated) from error


def _undecodable(encoding: Encoding, why: str, is_stated: bool) -> Unreadable:
    how = "as was stated" if is_stated else "as nothing else was stated, neither by the request nor by the file"
    choices = ", ".join(one.value for one in Encoding)
    message = f"Tried {encoding.value}, {how}: {why}. Say which it is with ?encoding= one of {choices}."
    return Unreadable("The file can't be decoded.", faults=[Fault("undecodable", "/query/encoding", message)])


def _rows(text: str) -> Iterator[list[str]]:
    csv.field_size_limit(_MAX_CELL)  # of the whole process; what csv has by itself is less than a list of models
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        message = f"{error} in line {reader.line_num}: see to its quotation marks and commas."
        fault = Fault("unreadable_csv", f"/lines/{reader.line_num}", message)
        raise Unreadable("The file is no CSV.", faults=[fault]) from error
