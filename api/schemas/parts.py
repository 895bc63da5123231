"""The catalogue of parts."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Flag, Id, Items, Text, Whole

_CENTS = 2_000_000_000
_MODELS = {"description": "Models of assets that it fits."}
_CRITICALITY = {"description": "2 without it an asset stands still; 1 works badly; 0 it can wait."}
_SHELF_LIFE = {"description": "How long a lot without a day may be used once it has come; null = for ever."}
_SUBSTITUTES = {"description": "Parts that can take its place, the best first."}


class PartRequestSchema(StrictSchema):
    """A part as it is added."""

    number = Text(max_length=64, min_length=1, required=True)
    name_en = Text(max_length=200, min_length=1, required=True)
    name_zh = Text(max_length=200, min_length=1, required=True)
    unit = Text(max_length=16, min_length=1, load_default="piece")
    barcode = Text(max_length=64, min_length=1, load_default=None, allow_none=True)
    is_serialised = Flag(load_default=False)
    has_lots = Flag(load_default=False)
    shelf_life_days = Whole(low=1, high=36_500, load_default=None, allow_none=True, metadata=_SHELF_LIFE)
    unit_cost_cents = Whole(low=0, high=_CENTS, required=True)
    price_cents = Whole(low=0, high=_CENTS, required=True)
    criticality = Whole(low=0, high=2, load_default=0, metadata=_CRITICALITY)
    models = Items(Text(max_length=120, min_length=1), max_items=1000, load_default=list, metadata=_MODELS)
    substitutes = Items(Id(), max_items=50, load_default=list, metadata=_SUBSTITUTES)


class PartChangesSchema(StrictSchema):
    """What is to be different; what is not named stays."""

    number = Text(max_length=64, min_length=1)
    name_en = Text(max_length=200, min_length=1)
    name_zh = Text(max_length=200, min_length=1)
    unit = Text(max_length=16, min_length=1)
    barcode = Text(max_length=64, min_length=1, allow_none=True)
    is_serialised = Flag()
    has_lots = Flag()
    shelf_life_days = Whole(low=1, high=36_500, allow_none=True, metadata=_SHELF_LIFE)
    unit_cost_cents = Whole(low=0, high=_CENTS)
    price_cents = Whole(low=0, high=_CENTS)
    criticality = Whole(low=0, high=2, metadata=_CRITICALITY)
    models = Items(Text(max_length=120, min_length=1), max_items=1000, metadata=_MODELS)
    substitutes = Items(Id(), max_items=50, metadata=_SUBSTITUTES)


class PartSchema(EntitySchema):
    """A part of the catalogue. Money in cents."""

    number = Text(max_length=64, required=True, attribute="part.number")
    name_en = Text(max_length=200, required=True, attribute="part.name_en")
    name_zh = Text(max_length=200, required=True, attribute="part.name_zh")
    unit = Text(max_length=16, required=True, attribute="part.unit")
    barcode = Text(max_length=64, required=True, allow_none=True, attribute="part.barcode")
    is_serialised = Flag(required=True, attribute="part.is_serialised")
    has_lots = Flag(required=True, attribute="part.has_lots")
    shelf_life_days = Whole(
        low=1, high=36_500, required=True, allow_none=True, attribute="part.shelf_life_days", metadata=_SHELF_LIFE
    )
    unit_cost_cents = Whole(low=0, high=_CENTS, required=True, attribute="part.unit_cost_cents")
    price_cents = Whole(low=0, high=_CENTS, required=True, attribute="part.price_cents")
    criticality = Whole(low=0, high=2, required=True, attribute="part.criticality", metadata=_CRITICALITY)
    models = Items(Text(max_length=120), max_items=1000, required=True, metadata=_MODELS)
    substitutes = Items(Id(), max_items=50, required=True, metadata=_SUBSTITUTES)


class PartsQuery(PageQuery):
    """Which parts."""

    number = Text(max_length=64, load_default=None)
    barcode = Text(max_length=64, load_default=None)
    model = Text(max_length=120, load_default=None)
    words = Text(max_length=64, min_length=1, load_default=None)
