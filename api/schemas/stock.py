"""What is on hand where."""

from api.schemas.base import EntitySchema, PageQuery
from api.schemas.fields import Flag, Id, Whole

_UNITS = 2**31


class BalanceSchema(EntitySchema):
    """Units of one part at one place; balancing places may be negative."""

    part_id = Id(required=True)
    location_id = Id(required=True)
    is_physical = Flag(required=True)
    on_hand = Whole(low=-_UNITS, high=_UNITS, required=True)
    reserved = Whole(low=0, high=_UNITS, required=True)


class StockQuery(PageQuery):
    """Which balances."""

    part_id = Id(load_default=None)
    location_id = Id(load_default=None)
