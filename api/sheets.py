"""Files of spreadsheets over HTTP: of what kind they are, in what encoding, and how they are given out."""

import codecs
from collections.abc import Iterable, Sequence

from flask import Response, request

from api.current import current_application
from api.errors import Refused
from fieldsvc.adapters.csv_files import write_csv
from fieldsvc.adapters.xlsx_files import write_xlsx
from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.domain.imports import Encoding, SheetFormat
from fieldsvc.services.stock_exports import Table
from fieldsvc.services.use_case import ReadCase, read

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET_TYPES = (CSV_TYPE, XLSX_TYPE)
_BYTES = {"schema": {"type": "string", "format": "binary"}}
SHEET_RESPONSES = {"200": {"description": "The file.", "content": {CSV_TYPE: _BYTES, XLSX_TYPE: _BYTES}}}
# Names that Python's codecs don't know as one of ours; GB18030 holds all of the older two.
_CHARSETS = {"gb2312": Encoding.GB18030, "gbk": Encoding.GB18030}


def stated_encoding(wanted: Encoding | None) -> Encoding | None:
    """Return the encoding that the query or the charset of the body says, None if neither does; refuse two."""
    charset = request.mimetype_params.get("charset")
    if charset is None:
        return wanted
    said = _encoding_of(charset)
    if wanted not in (None, said):
        message = f"The charset says {said.value}: say the same, or leave one of the two out."
        fault = Fault("contradictory_encoding", "/query/encoding", message)
        raise Invalid("Two encodings are stated.", faults=[fault])
    return said


def _encoding_of(charset: str) -> Encoding:
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):  # of a name with NUL
        name = ""
    known = _CHARSETS | {one.value: one for one in Encoding}
    if name not in known:
        raise Refused(415, "wrong_content_type", f"A charset that is read is one of {', '.join(Encoding)}.")
    return known[name]


def export(use_case: ReadCase[Table], wanted: SheetFormat) -> Response:
    """Return a table as a file of the kind that is wanted."""
    table = read(current_application().database, use_case, lambda made: made)
    if wanted is SheetFormat.CSV:
        return csv_response(table.title, table.header, table.rows)
    content = write_xlsx(table.title, table.header, table.rows)
    return Response(content, headers=_attached(f"{table.title}.xlsx"), content_type=XLSX_TYPE)


def csv_response(title: str, header: Sequence[str], rows: Iterable[Sequence[str | int]], status: int = 200) -> Response:
    """Return rows as a CSV file."""
    headers = _attached(f"{title}.csv")
    return Response(write_csv(header, rows), status, headers=headers, content_type=f"{CSV_TYPE}; charset=utf-8")


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
