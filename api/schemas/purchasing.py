"""Suppliers, and what is ordered from them."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Day, Flag, Id, Instant, Items, Nested, Text, Whole
from api.schemas.stock import CENTS
from api.schemas.transfers import DeliveredUnitsSchema
from fieldsvc.domain.purchase_order_states import PurchaseOrderState

_LINES, _OFFERS, _DAYS = 200, 1000, 1000
_OWN_NUMBER = {"description": "The supplier's own."}
_OWN_LEAD_TIME = {"description": "null = the supplier's."}


class SupplierPartSchema(StrictSchema):
    """A part as a supplier sells it."""

    part_id = Id(required=True)
    number = Text(max_length=64, min_length=1, required=True, metadata=_OWN_NUMBER)
    unit_cost_cents = Whole(low=0, high=CENTS, required=True)
    minimum_quantity = Whole(low=1, high=100_000, load_default=1)
    lead_time_days = Whole(low=0, high=_DAYS, load_default=None, allow_none=True, metadata=_OWN_LEAD_TIME)


class SupplierRequestSchema(StrictSchema):
    """Somebody who sells parts. lead_time_days: from the order to the delivery, as a rule."""

    code = Text(max_length=64, min_length=1, required=True)
    name = Text(max_length=200, min_length=1, required=True)
    lead_time_days = Whole(low=0, high=_DAYS, required=True)
    is_active = Flag(load_default=True)
    parts = Items(Nested(SupplierPartSchema), max_items=_OFFERS, load_default=list)


class SupplierChangesSchema(StrictSchema):
    """What is to be different; what is not named stays. parts: all that is sold from now on."""

    code = Text(max_length=64, min_length=1)
    name = Text(max_length=200, min_length=1)
    lead_time_days = Whole(low=0, high=_DAYS)
    is_active = Flag()
    parts = Items(Nested(SupplierPartSchema), max_items=_OFFERS)


class SupplierSchema(EntitySchema):
    """Somebody who sells parts. is_active: orders may go there."""

    code = Text(max_length=64, required=True)
    name = Text(max_length=200, required=True)
    lead_time_days = Whole(low=0, high=_DAYS, required=True)
    is_active = Flag(required=True)
    parts = Items(Nested(SupplierPartSchema), max_items=_OFFERS, required=True)


class SuppliersQuery(PageQuery):
    """Which suppliers. part_id: those who sell it."""

    part_id = Id(load_default=None)


class OrderLineRequestSchema(StrictSchema):
    """Units of one part; what is left out is as the supplier sells it."""

    part_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, required=True)
    unit_cost_cents = Whole(low=0, high=CENTS, load_default=None, allow_none=True)
    expected_on = Day(load_default=None, allow_none=True)


class OrderRequestSchema(StrictSchema):
    """What is wanted from whom, and where it is to be brought; each part once."""

    supplier_id = Id(required=True)
    location_id = Id(required=True)
    lines = Items(Nested(OrderLineRequestSchema), max_items=_LINES, required=True)


class OrderPlacementSchema(StrictSchema):
    """What the supplier calls the order."""

    reference = Text(max_length=64, min_length=1, load_default=None, allow_none=True)


class OrderReceiptSchema(StrictSchema):
    """What has come. closes: the rest will not come."""

    counted = Items(Nested(DeliveredUnitsSchema), max_items=_LINES, load_default=list)
    closes = Flag(load_default=False)


class OrderCancellationSchema(StrictSchema):
    """Why nothing is to come any more."""

    reason = Text(max_length=200, min_length=1, required=True)


class OrderLineSchema(StrictSchema):
    """Units of one part. expected_on: the day they are to arrive; cancelled_quantity: units that will not come."""

    part_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, required=True)
    unit_cost_cents = Whole(low=0, high=CENTS, required=True)
    expected_on = Day(required=True, allow_none=True)
    received_quantity = Whole(low=0, high=2**31, required=True)
    cancelled_quantity = Whole(low=0, high=100_000, required=True)


class OrderSchema(EntitySchema):
    """Units of some parts that a supplier is to bring to one place. reference: what the supplier calls it."""

    number = Text(max_length=32, required=True)
    supplier_id = Id(required=True)
    location_id = Id(required=True)
    state = Choice(PurchaseOrderState, required=True)
    drafted_at = Instant(required=True)
    approved_at = Instant(required=True, allow_none=True)
    ordered_at = Instant(required=True, allow_none=True)
    reference = Text(max_length=64, required=True, allow_none=True)
    closed_at = Instant(required=True, allow_none=True)
    lines = Items(Nested(OrderLineSchema), max_items=_LINES, required=True)


class OrdersQuery(PageQuery):
    """Which orders."""

    state = Choice(PurchaseOrderState, load_default=None)
    supplier_id = Id(load_default=None)
    location_id = Id(load_default=None)
    part_id = Id(load_default=None)
