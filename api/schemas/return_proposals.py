"""What is to be brought back from vans."""

from api.schemas.base import StrictSchema
from api.schemas.fields import Id, Items, Nested, Text, Whole, WholeInQuery
from api.schemas.transfers import TransferSchema

_UNITS, _LINES = 2**31, 100_000


class ReturnProposalsQuery(StrictSchema):
    """From which van; without it, from any that the caller may see. restock_days, service_percent: as of van levels."""

    location_id = Id(load_default=None)
    restock_days = WholeInQuery(low=1, high=90, load_default=7)
    service_percent = WholeInQuery(low=1, high=99, load_default=90)


class ReturnProposalSchema(StrictSchema):
    """Units on a van that no visit there needs, and the warehouse they came from.

    serials: of a serialised part, one for each unit as far as the books know them.
    """

    from_location_id = Id(required=True)
    to_location_id = Id(required=True)
    part_id = Id(required=True)
    quantity = Whole(low=1, high=_UNITS, required=True)
    serials = Items(Text(max_length=80), max_items=_LINES, required=True)


class ReturnProposalsSchema(StrictSchema):
    """What is to be brought back, van by van."""

    items = Items(Nested(ReturnProposalSchema), max_items=_LINES, required=True)


class ReturnRequestSchema(StrictSchema):
    """From which van. part_ids: which parts only; none = all that is proposed."""

    location_id = Id(required=True)
    part_ids = Items(Id(), max_items=200, load_default=list)
    restock_days = Whole(low=1, high=90, load_default=7)
    service_percent = Whole(low=1, high=99, load_default=90)


class DraftedReturnsSchema(StrictSchema):
    """The transfers that were drafted: one for each warehouse."""

    transfers = Items(Nested(TransferSchema), max_items=_LINES, required=True)
