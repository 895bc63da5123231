"""Files that are brought in, and those that are given out."""

from api.schemas.base import StrictSchema
from api.schemas.fields import Choice, Flag, FlagInQuery, Id, Items, Nested, Text, Whole
from fieldsvc.domain.count_states import CountState
from fieldsvc.domain.imports import Encoding, ImportKind, SheetFormat

_LINES, _CENTS = 100_000, 2**63 - 1


class ImportQuery(StrictSchema):
    """What a file holds and how it is read."""

    what = Choice(ImportKind, required=True)
    dry_run = FlagInQuery(load_default=False, metadata={"description": "Say what would become of it, and do nothing."})
    encoding = Choice(
        Encoding,
        load_default=None,
        metadata={"description": "Of a CSV file; unsaid, the charset's, that of the file's mark, or UTF-8."},
    )


class ImportedCountSchema(StrictSchema):
    """A count that a file has made. count_id, number: none of a dry run."""

    location = Text(max_length=64, required=True, metadata={"description": "The code of the place."})
    count_id = Id(required=True, allow_none=True)
    number = Text(max_length=32, required=True, allow_none=True)
    lines = Whole(low=0, high=_LINES, required=True)
    differing_lines = Whole(low=0, high=_LINES, required=True)
    differing_cents = Whole(low=0, high=_CENTS, required=True)
    state = Choice(CountState, required=True, metadata={"description": "As it was when the file was brought in."})


class ImportSchema(StrictSchema):
    """What became of a file: of parts, lines that added, changed or left one; of counts, those that differed or not."""

    id = Id(required=True, allow_none=True)
    what = Choice(ImportKind, required=True)
    sha256 = Text(max_length=64, required=True)
    encoding = Choice(Encoding, required=True, allow_none=True)
    is_dry_run = Flag(required=True)
    is_repeat = Flag(required=True, metadata={"description": "The file was brought in before; nothing was done."})
    lines = Whole(low=0, high=_LINES, required=True)
    added = Whole(low=0, high=_LINES, required=True)
    changed = Whole(low=0, high=_LINES, required=True)
    unchanged = Whole(low=0, high=_LINES, required=True)
    counts = Items(Nested(ImportedCountSchema), max_items=_LINES, required=True)


class ExportQuery(StrictSchema):
    """As what kind of file."""

    format = Choice(SheetFormat, load_default=SheetFormat.CSV)
