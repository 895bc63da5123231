"""Exploded drawings."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Id, Items, Nested, Text, Whole

_MOST = 500


class DrawingPositionSchema(StrictSchema):
    """A number in the picture that stands for a part; x, y: where, in thousandths of its width and height."""

    number = Text(max_length=16, required=True)
    part_id = Id(required=True)
    x = Whole(low=0, high=1000, required=True)
    y = Whole(low=0, high=1000, required=True)


class DrawingRequestSchema(StrictSchema):
    """A drawing of a model of assets; its picture is put to `/drawings/{id}/picture`."""

    model = Text(max_length=120, required=True)
    name_en = Text(max_length=200, required=True)
    name_zh = Text(max_length=200, required=True)
    positions = Items(Nested(DrawingPositionSchema), max_items=_MOST, load_default=list)


class DrawingChangesSchema(StrictSchema):
    """What is to be different; what is not named stays. positions: all that there are from now on."""

    model = Text(max_length=120)
    name_en = Text(max_length=200)
    name_zh = Text(max_length=200)
    positions = Items(Nested(DrawingPositionSchema), max_items=_MOST)


class DrawingSchema(EntitySchema):
    """A picture of a model with numbered positions. media_type, sha256: null until the picture has come."""

    model = Text(max_length=120, required=True)
    name_en = Text(max_length=200, required=True)
    name_zh = Text(max_length=200, required=True)
    media_type = Text(max_length=32, required=True, allow_none=True)
    sha256 = Text(max_length=64, required=True, allow_none=True)
    positions = Items(Nested(DrawingPositionSchema), max_items=_MOST, required=True)


class DrawingsQuery(PageQuery):
    """Which drawings. part_id: those in which it has a position."""

    model = Text(max_length=120, load_default=None)
    part_id = Id(load_default=None)
