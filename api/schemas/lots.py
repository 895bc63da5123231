"""Lots of parts."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Day, FlagInQuery, Id, Items, Nested, Text, Whole

LOTS = 1000
_CODE = r"\S(.*\S)?"
_UNITS = 2**31


class NamedLotSchema(StrictSchema):
    """Units of one lot. expires_on: the last day on which they may be used; null = as the books have it."""

    code = Text(max_length=64, pattern=_CODE, required=True)
    quantity = Whole(low=1, high=100_000, required=True)
    expires_on = Day(load_default=None, allow_none=True)


class LotUnitsSchema(StrictSchema):
    """Units of one lot, as the books have them."""

    code = Text(max_length=64, required=True)
    quantity = Whole(low=0, high=_UNITS, required=True)
    expires_on = Day(required=True, allow_none=True)


class LotDrawSchema(StrictSchema):
    """Units of a lot that there is."""

    lot_id = Id(required=True)
    quantity = Whole(low=1, high=_UNITS, required=True)


class LotPlaceSchema(StrictSchema):
    """What there is of a lot at one place."""

    location_id = Id(required=True)
    on_hand = Whole(low=0, high=_UNITS, required=True)


class LotSchema(EntitySchema):
    """Units of a part that were made together, and where they are. expires_on: null = they may be used for ever."""

    part_id = Id(required=True, attribute="lot.part_id")
    code = Text(max_length=64, required=True, attribute="lot.code")
    expires_on = Day(required=True, allow_none=True, attribute="lot.expires_on")
    places = Items(Nested(LotPlaceSchema), max_items=100_000, required=True)


class LotChangeSchema(StrictSchema):
    """The last day on which a lot may be used; null = for ever."""

    expires_on = Day(required=True, allow_none=True)


class LotsQuery(PageQuery):
    """Which lots. location_id: with units there; in_stock: with units anywhere; expires_before: before this day."""

    part_id = Id(load_default=None)
    location_id = Id(load_default=None)
    code = Text(max_length=64, load_default=None)
    expires_before = Day(load_default=None)
    in_stock = FlagInQuery(load_default=False)
