"""What a scanned code stands for."""

from api.schemas.base import StrictSchema
from api.schemas.fields import Choice, Day, Flag, Id, Items, Nested, Text
from api.schemas.lots import LotPlaceSchema
from api.schemas.stock import BalanceSchema
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.services.scans import ScanKind


class ScanQuery(StrictSchema):
    """The code as it was read."""

    code = Text(max_length=80, required=True)


class ScannedPartSchema(StrictSchema):
    """The part that a code, or the serial it is, belongs to."""

    id = Id(required=True)
    number = Text(max_length=64, required=True)
    name_en = Text(max_length=200, required=True)
    name_zh = Text(max_length=200, required=True)
    unit = Text(max_length=16, required=True)
    is_serialised = Flag(required=True)


class ScannedLocationSchema(StrictSchema):
    """A place."""

    id = Id(required=True)
    code = Text(max_length=64, required=True)
    name = Text(max_length=200, required=True)
    kind = Choice(LocationKind, required=True)


class ScanSchema(StrictSchema):
    """What a code stands for. id: of the thing, a serial's part.

    location: of a serial, where the books have it (null = outside); of a document, where it is for. here: of a part,
    what there is where the caller may see. places, expires_on: the same of a lot, and its last day.
    """

    kind = Choice(ScanKind, required=True)
    id = Id(required=True)
    name = Text(max_length=200, required=True)
    state = Text(max_length=32, required=True, allow_none=True)
    part = Nested(ScannedPartSchema, required=True, allow_none=True)
    location = Nested(ScannedLocationSchema, required=True, allow_none=True)
    here = Items(Nested(BalanceSchema), max_items=10_000, required=True)
    places = Items(Nested(LotPlaceSchema), max_items=10_000, required=True)
    expires_on = Day(required=True, allow_none=True)
