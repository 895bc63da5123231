"""Units on their way from one place to another."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Day, Id, Instant, Items, Nested, Text, Whole
from api.schemas.lots import LOTS, NamedLotSchema
from fieldsvc.domain.transfer_states import TransferState

_LINES = 200


class UnitsSchema(StrictSchema):
    """Units of one part. serials: one for each unit of a serialised part."""

    part_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, required=True)
    serials = Items(Text(max_length=80, min_length=1), max_items=1000, load_default=list)


class CountedUnitsSchema(UnitsSchema):
    """Units of one part as they were counted; there may be none."""

    quantity = Whole(low=0, high=100_000, required=True)


class DeliveredUnitsSchema(UnitsSchema):
    """Units of one part as they have come. lots: of a part that has them, which, and when those expire."""

    lots = Items(Nested(NamedLotSchema), max_items=LOTS, load_default=list)


class CountedLotsSchema(CountedUnitsSchema):
    """Units of one part as they were counted. lots: of a part that has them; `unknown` where nobody can tell."""

    lots = Items(Nested(NamedLotSchema), max_items=LOTS, load_default=list)


class TransferRequestSchema(StrictSchema):
    """What is to be brought from where to where; each part once."""

    from_location_id = Id(required=True)
    to_location_id = Id(required=True)
    lines = Items(Nested(UnitsSchema), max_items=_LINES, required=True)


class ReceiptSchema(StrictSchema):
    """What has arrived, of the parts of which it is not what was shipped."""

    counted = Items(Nested(CountedUnitsSchema), max_items=_LINES, load_default=list)


class TransferLineSchema(StrictSchema):
    """Units of one part. received_quantity, received_serials: as they were counted where they arrived."""

    part_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, required=True)
    serials = Items(Text(max_length=80), max_items=1000, required=True)
    received_quantity = Whole(low=0, high=100_000, required=True, allow_none=True)
    received_serials = Items(Text(max_length=80), max_items=1000, required=True, allow_none=True)


class TransferSchema(EntitySchema):
    """Units on their way from one place to another; those of a shipped one are in transit.

    technician_id, day: whose visits of a day they were handed over for.
    """

    from_location_id = Id(required=True)
    to_location_id = Id(required=True)
    state = Choice(TransferState, required=True)
    drafted_at = Instant(required=True)
    shipped_at = Instant(required=True, allow_none=True)
    received_at = Instant(required=True, allow_none=True)
    technician_id = Id(required=True, allow_none=True)
    day = Day(required=True, allow_none=True)
    lines = Items(Nested(TransferLineSchema), max_items=_LINES, required=True)


class TransfersQuery(PageQuery):
    """Which transfers. location_id: to or from there."""

    state = Choice(TransferState, load_default=None)
    location_id = Id(load_default=None)
