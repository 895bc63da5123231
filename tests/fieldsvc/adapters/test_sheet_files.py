"""Files of spreadsheets, also made to do harm: read as they are, or refused by name, and never more than is allowed."""

import io
import tracemalloc
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from fieldsvc.adapters.csv_files import read_csv, write_csv
from fieldsvc.adapters.xlsx_files import read_xlsx, write_xlsx
from fieldsvc.domain.cells import Odd, OddCell, text_of_cell
from fieldsvc.domain.errors import DomainError, Invalid, TooLarge, Unreadable
from fieldsvc.domain.imports import MAX_COLUMNS, MAX_ROWS, Encoding, Sheet

HEADER = ["number", "name"]
GOOD = write_xlsx("parts", HEADER, [["007", "=x"], ["008", "y"]])
SHEET = "xl/worksheets/sheet1.xml"
TEXTS = st.text(
    st.one_of(st.sampled_from("\t\r\n'=;_x0041_\x01\ufffe\uffff\x7f ,\""), st.characters(exclude_categories=["Cs"])),
    min_size=1,
).filter(lambda text: bool(text.strip()) and "\0" not in text)


def with_part(name: str, content: str | bytes, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The good workbook with one of its parts in another form."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as good, zipfile.ZipFile(made, "w", packing) as packed:
        for one in good.namelist():
            if one != name:
                packed.writestr(one, good.read(one))
        packed.writestr(name, content)
    return made.getvalue()


def sheet_xml(rows: str) -> str:
    names = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return f"<worksheet {names}><sheetData>{rows}</sheetData></worksheet>"


def plain(sheet: Sheet) -> list[list[object]]:
    return [[text_of_cell(cell) if isinstance(cell, str) else cell for cell in row.cells] for row in sheet.rows]


@given(st.lists(st.tuples(TEXTS, st.integers(0, 10**9), TEXTS), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read(rows: list[tuple[str, int, str]]) -> None:
    header = ["a", "b", "c"]
    assert plain(read_xlsx(write_xlsx("x", header, rows), "x")) == [list(row) for row in rows]
    assert plain(read_csv(write_csv(header, rows), None)) == [[a, str(b), c] for a, b, c in rows]


def test_rows_keep_their_numbers() -> None:
    sheet = read_csv(b"a,b\n\n , \nx,\n", None)
    assert [(row.number, row.cells) for row in sheet.rows] == [(4, ("x",))]


@pytest.mark.parametrize(
    "content", [b'a,b\n"x,1\n', b'a\n"x"y\n', b"", b"\n\n", b"\xff\xfea\x00b", b"\xef\xbb\xbf\xff"]
)
def test_no_csv(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read_csv(content, None)


@pytest.mark.parametrize("encoding", list(Encoding))
@given(st.binary(max_size=60))
@settings(deadline=None)
def test_any_bytes_are_read_or_refused(encoding: Encoding, content: bytes) -> None:
    for stated in (encoding, None):
        try:
            read_csv(b"a,b\n" + content, stated)
        except DomainError as error:
            assert isinstance(error, Unreadable | TooLarge)  # noqa: PT017 -- whether it is refused depends on the bytes


def test_half_characters_can_be_given_back() -> None:
    assert write_csv(["a"], [["\ud800"]]).endswith(b"?\r\n")


def test_too_many_columns_rows_and_cells() -> None:
    for content in (
        ",".join("x" * 100_000),
        "a\n" + "x\n" * MAX_ROWS,
        ",".join("x" * 50) + "\n" + ("y," * 50 + "\n") * 6_100,
    ):
        with pytest.raises(TooLarge):
            read_csv(content.encode(), None)


@pytest.mark.parametrize(
    "rows",
    [
        "<row>" + "<c><v>1</v></c>" * 100_000 + "</row>",
        "<row>" + "<c><v>1</v></c>" * (MAX_COLUMNS + 1) + "</row>",
        '<row r="1"><c><v>1</v></c></row><row r="2000000000"><c><v>1</v></c></row>',
        ("<row>" + "<c><v>1</v></c>" * 50 + "</row>") * 6_100,
        "<row><c><v>1</v></c></row>" + " " * 61_000_000,
        "<row><c " + " ".join(f'a{place}=""' for place in range(60_000)) + "/></row>",
    ],
)
def test_workbooks_that_unpack_to_more_than_is_read(rows: str) -> None:
    content = with_part(SHEET, sheet_xml(rows))
    assert len(content) < 1_000_000
    with pytest.raises(TooLarge):
        read_xlsx(content, "parts")


def test_a_bomb_takes_no_more_memory_than_its_largest_part() -> None:
    bomb = with_part(SHEET, sheet_xml("<row>" + "<c/>" * 14_000_000 + "</row>"))
    tracemalloc.start()
    with pytest.raises(TooLarge):
        read_xlsx(bomb, "parts")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000_000


@pytest.mark.parametrize("name", ["xl/styles.xml", "xl/workbook.xml", "xl/media/picture.png"])
def test_parts_that_are_held_as_a_whole_are_small(name: str) -> None:
    with pytest.raises(TooLarge):
        read_xlsx(with_part(name, "<a/>" * 600_000), "parts")


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + sheet_xml("<row><c><v>&b;</v></c></row>")
    for part in (SHEET, "xl/workbook.xml", "xl/styles.xml"):
        with pytest.raises(Unreadable):
            read_xlsx(with_part(part, bomb), "parts")


@pytest.mark.parametrize(
    "rows", ["<row><c><v>" + "9" * 5000 + "</v></c></row>", "<row><c t='s'><v>7</v></c></row>", "<row"]
)
def test_damaged_cells(rows: str) -> None:
    with pytest.raises(Unreadable):
        read_xlsx(with_part(SHEET, sheet_xml(rows)), "parts")


def test_half_characters_and_odd_cells_are_shown_as_they_are() -> None:
    cells = (
        '<c t="inlineStr"><is><t>a_xD800_</t></is></c><c><f>1+1</f><v>2</v></c><c t="e"><v>#N/A</v></c>'
        '<c><v>1E3</v></c><c t="b"><v>1</v></c>'
    )
    assert read_xlsx(with_part(SHEET, sheet_xml(f"<row>{cells}</row>")), "parts").header == (
        "a\ud800",
        OddCell(Odd.FORMULA, "=1+1"),
        OddCell(Odd.FAILED, "#N/A"),
        1000.0,
        True,
    )


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_damaged_workbook_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    content = bytearray(GOOD)
    for place, byte in changes:
        content[place] = byte
    try:
        read_xlsx(bytes(content), "parts")
    except DomainError as error:
        assert isinstance(error, Unreadable | TooLarge | Invalid)  # noqa: PT017 -- it depends on the bytes


def test_which_sheet_is_meant() -> None:
    made, written = Workbook(), io.BytesIO()
    made.active.append(["other"])  # type: ignore[union-attr]  # a new workbook has a sheet
    made.create_sheet("Parts").append(["number"])
    made.save(written)
    assert read_xlsx(written.getvalue(), "parts").header == ("number",)
    with pytest.raises(Invalid) as refused:
        read_xlsx(written.getvalue(), "counts")
    assert "'Sheet', 'Parts'" in refused.value.faults[0].message


def test_a_cell_that_would_be_cut_off_is_refused() -> None:
    with pytest.raises(Invalid):
        write_xlsx("x", ["a"], [["x" * 32_768]])
