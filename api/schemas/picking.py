"""What a warehouse brings together for technicians."""

from api.schemas.base import StrictSchema
from api.schemas.fields import Day, Flag, Id, Instant, Items, Nested, Text, Whole
from api.schemas.lots import LOTS, LotUnitsSchema
from api.schemas.reservations import ReservationSchema

_UNITS, _LINES = 2**31, 100_000


class PickListsQuery(StrictSchema):
    """Of which warehouse, for which day; technician_id: of one only."""

    date = Day(required=True)
    location_id = Id(required=True)
    technician_id = Id(load_default=None)


class PickLineSchema(StrictSchema):
    """Units of a part for a visit. reserved, picked, waiting: of how many the warehouse has so much done.

    lots: of a part that has them, which were picked, and which to take for the rest.
    """

    part_id = Id(required=True)
    part_number = Text(max_length=64, required=True)
    name_en = Text(max_length=200, required=True)
    name_zh = Text(max_length=200, required=True)
    is_serialised = Flag(required=True)
    bin = Text(max_length=32, required=True, allow_none=True)
    visit_id = Id(required=True)
    visit_number = Text(max_length=32, required=True)
    quantity = Whole(low=1, high=_UNITS, required=True)
    reserved = Whole(low=0, high=_UNITS, required=True)
    picked = Whole(low=0, high=_UNITS, required=True)
    waiting = Whole(low=0, high=_UNITS, required=True)
    lots = Items(Nested(LotUnitsSchema), max_items=LOTS, required=True)


class PickListSchema(StrictSchema):
    """What one technician's day needs from there. fetched_at: when the plan has him there; null = it names no time."""

    technician_id = Id(required=True)
    technician = Text(max_length=200, required=True)
    fetched_at = Instant(required=True, allow_none=True)
    lines = Items(Nested(PickLineSchema), max_items=_LINES, required=True)


class WaveLineSchema(StrictSchema):
    """All units of a part that are still to be picked, for everybody."""

    part_id = Id(required=True)
    part_number = Text(max_length=64, required=True)
    bin = Text(max_length=32, required=True, allow_none=True)
    quantity = Whole(low=1, high=_UNITS, required=True)
    technicians = Whole(low=1, high=_UNITS, required=True)


class PickDaySchema(StrictSchema):
    """A warehouse's lists for a day, by when technicians come, and the same by bin: one walk for all."""

    location_id = Id(required=True)
    day = Day(required=True)
    lists = Items(Nested(PickListSchema), max_items=_LINES, required=True)
    wave = Items(Nested(WaveLineSchema), max_items=_LINES, required=True)


class TourSchema(StrictSchema):
    """Whose visits of which day. part_ids: which parts only; none = all."""

    location_id = Id(required=True)
    technician_id = Id(required=True)
    day = Day(required=True)
    part_ids = Items(Id(), max_items=1000, load_default=list)


class PickedSchema(StrictSchema):
    """What is set aside, or lies in its bin again."""

    reservations = Items(Nested(ReservationSchema), max_items=_LINES, required=True)


class PartSerialsSchema(StrictSchema):
    """The serials of the units of one part."""

    part_id = Id(required=True)
    serials = Items(Text(max_length=80, min_length=1), max_items=1000, required=True)


class VanLoadSchema(StrictSchema):
    """Whose visits of which day get what is reserved for them. serials: of serialised parts."""

    location_id = Id(required=True)
    technician_id = Id(required=True)
    day = Day(required=True)
    serials = Items(Nested(PartSerialsSchema), max_items=1000, load_default=list)


class BinSchema(StrictSchema):
    """Where in a warehouse a part lies; null = nowhere in particular."""

    location_id = Id(required=True)
    part_id = Id(required=True)
    bin = Text(max_length=32, min_length=1, required=True, allow_none=True)
