"""The lines of a file that is brought in, as values, and all that is wrong with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fieldsvc.domain.cells import shown_cell, text_of_cell
from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.domain.imports import Row, Sheet
from fieldsvc.services.import_columns import ERROR_COLUMN, Column, Misread, header_faults, header_names

# More than anybody reads; the file of errors has all of them.
_NAMED = 999
_SUGGESTIONS = 20
_MAX_FOUND = 1900


class ImportRefused(Invalid):
    """A file has faults and none of it was brought in. lines: the file once more, with what is wrong as a column."""

    default_code: ClassVar[str] = "import_refused"

    def __init__(self, faults: Sequence[Fault], lines: "Lines") -> None:
        self.lines = lines
        named = list(faults[:_NAMED])
        if len(faults) > _NAMED:
            message = f"{len(faults) - _NAMED} more faults are not named here; the file of errors has all of them."
            named.append(Fault("more_faults", "", message))
        count = f"{len(faults)} faults" if len(faults) != 1 else "1 fault"
        super().__init__(f"The file has {count}, and nothing of it was brought in.", faults=named)


@dataclass(frozen=True, slots=True)
class Line:
    """One line. values: by column, those that could be read."""

    row: Row
    values: dict[str, Any]

    @property
    def number(self) -> int:
        """Of the row in the file; the header is row 1."""
        return self.row.number


@dataclass
class Lines:
    """What was read of a file, and the faults that were found up to now."""

    sheet: Sheet
    key: str
    lines: list[Line] = field(default_factory=list)
    header_faults: list[Fault] = field(default_factory=list)
    _by_line: dict[int, list[Fault]] = field(default_factory=dict)
    _suggestions_left: int = _SUGGESTIONS

    def note(self, line: Line, code: str, column: str, message: str) -> None:
        """Say that a line has a fault; it begins with what the line is about."""
        said = line.values.get(self.key)
        whose = f"{said[:64]}: " if isinstance(said, str) else ""
        pointer = f"/lines/{line.number}/{column}" if column else f"/lines/{line.number}"
        self._by_line.setdefault(line.number, []).append(Fault(code, pointer, (whose + message)[:_MAX_FOUND]))

    def may_suggest(self) -> bool:
        """Tell whether to look for what may have been meant, which takes long and soon tells nothing new."""
        self._suggestions_left -= 1
        return self._suggestions_left >= 0

    def refuse_faults(self) -> None:
        """Raise with all faults, in the order of the lines, if there are any."""
        faults = self.header_faults + [one for number in sorted(self._by_line) for one in self._by_line[number]]
        if faults:
            raise ImportRefused(faults, self)

    def error_rows(self) -> Iterator[list[str]]:
        """The file as texts, header first, with a column that says of each line what is wrong with it."""
        names = header_names(self.sheet.header)
        kept = [place for place, name in enumerate(names) if name != ERROR_COLUMN]
        said = "; ".join(fault.message for fault in self.header_faults)
        yield [*(names[place] for place in kept), ERROR_COLUMN]
        if said:
            yield [*("" for _ in kept), said]
        for row in self.sheet.rows:
            cells = [text_of_cell(shown_cell(cell)) for cell in row.cells]
            cells += [""] * (len(names) - len(cells))
            found = self._by_line.get(row.number, ())
            about = " | ".join(f"{fault.pointer.rsplit('/', 1)[-1]}: {fault.message}" for fault in found)
            yield [*(cells[place] for place in kept), about, *cells[len(names) :]]


def read_lines(sheet: Sheet, columns: Sequence[Column], key: str) -> Lines:
    """Read all cells of a file. key: the column that says what a line is about."""
    found = Lines(sheet, key, header_faults=list(header_faults(sheet.header, columns)))
    if any(fault.code in ("duplicate_column", "missing_column") for fault in found.header_faults):
        return found  # what the cells are nobody knows
    names = header_names(sheet.header)
    by_place = {names.index(column.name): column for column in columns if column.name in names}
    for row in sheet.rows:
        if all(
            cell == "" for place, cell in enumerate(row.cells) if place >= len(names) or names[place] != ERROR_COLUMN
        ):
            continue  # a line that has nothing but an error is about the header
        _read_line(found, row, by_place, len(names))
    return found


def _read_line(found: Lines, row: Row, by_place: dict[int, Column], width: int) -> None:
    line = Line(row, {})
    misread: list[tuple[str, Misread]] = []
    for place, column in by_place.items():
        try:
            line.values[column.name] = column.read(row.cells[place] if place < len(row.cells) else "")
        except Misread as error:
            misread.append((column.name, error))
    for name, wrong in misread:  # by now the line can say what it is about
        found.note(line, wrong.code, name, wrong.message)
    if len(row.cells) > width:
        message = f"The line has {len(row.cells)} cells and the header {width}: quote what has a comma in it."
        found.note(line, "too_many_cells", "", message)
    found.lines.append(line)
