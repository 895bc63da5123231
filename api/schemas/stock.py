"""What is on hand where, and what moved."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Flag, Id, Instant, Items, Nested, Text, Whole
from api.schemas.lots import LOTS, LotUnitsSchema, NamedLotSchema
from fieldsvc.domain.ledger import MoveReason

_UNITS = 2**31
CENTS = 2_000_000_000


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


class DeliverySchema(StrictSchema):
    """Units of one part that a supplier brought."""

    part_id = Id(required=True)
    location_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, required=True)
    serials = Items(
        Text(max_length=80, min_length=1),
        max_items=1000,
        load_default=list,
        metadata={"description": "One for each unit of a serialised part."},
    )
    lots = Items(
        Nested(NamedLotSchema),
        max_items=LOTS,
        load_default=list,
        metadata={"description": "Of which lots the units are, where the part has lots; none that has expired."},
    )
    unit_cost_cents = Whole(
        low=0,
        high=CENTS,
        load_default=None,
        allow_none=True,
        metadata={"description": "What one unit has cost; null = what the catalogue says."},
    )


class MoveSchema(StrictSchema):
    """One row of the ledger. reverses_id: the move that this one takes back."""

    id = Id(required=True)
    part_id = Id(required=True)
    quantity = Whole(low=1, high=_UNITS, required=True)
    from_location_id = Id(required=True)
    to_location_id = Id(required=True)
    reason = Choice(MoveReason, required=True)
    serial = Text(max_length=80, required=True, allow_none=True)
    visit_id = Id(required=True, allow_none=True)
    reverses_id = Id(required=True, allow_none=True)
    value_cents = Whole(
        low=-(2**63),
        high=2**63 - 1,
        required=True,
        metadata={"description": "What it added to what all stock is worth; 0 for moves within."},
    )
    occurred_at = Instant(required=True)
    recorded_at = Instant(required=True)


class ListedMoveSchema(StrictSchema):
    """One row of the ledger. value_cents: as of a move; null for who is not to know what parts cost."""

    id = Id(required=True, attribute="move.id")
    part_id = Id(required=True, attribute="move.part_id")
    quantity = Whole(low=1, high=_UNITS, required=True, attribute="move.quantity")
    from_location_id = Id(required=True, attribute="move.from_location_id")
    to_location_id = Id(required=True, attribute="move.to_location_id")
    reason = Choice(MoveReason, required=True, attribute="move.reason")
    serial = Text(max_length=80, required=True, allow_none=True, attribute="move.serial")
    visit_id = Id(required=True, allow_none=True, attribute="move.visit_id")
    reverses_id = Id(required=True, allow_none=True, attribute="move.reverses_id")
    value_cents = Whole(low=-(2**63), high=2**63 - 1, required=True, allow_none=True)
    occurred_at = Instant(required=True, attribute="move.occurred_at")
    recorded_at = Instant(required=True, attribute="move.recorded_at")
    lots = Items(Nested(LotUnitsSchema), max_items=LOTS, required=True)


class MovesSchema(StrictSchema):
    """What was booked."""

    moves = Items(Nested(MoveSchema), max_items=1000, required=True)


class MovesQuery(StockQuery):
    """Which moves."""

    serial = Text(max_length=80, load_default=None)
    lot_id = Id(load_default=None)


class ValueSchema(StrictSchema):
    """What all units of a part are worth together, in cents."""

    part_id = Id(required=True)
    units = Whole(low=0, high=_UNITS, required=True)
    value_cents = Whole(low=0, high=2**63 - 1, required=True)


class ValuesQuery(PageQuery):
    """Of which part."""

    part_id = Id(load_default=None)
