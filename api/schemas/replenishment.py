"""What should be ordered, what vans should hold, and what nobody uses."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Id, Instant, Items, Nested, Text, Whole, WholeInQuery
from api.schemas.purchasing import OrderSchema
from api.schemas.stock import CENTS
from fieldsvc.domain.replenishment_states import ReplenishmentState
from fieldsvc.domain.stock_classes import StockClass

_UNITS, _LINES = 2**31, 1_000_000


class ReplenishmentRequestSchema(StrictSchema):
    """For which warehouse, and what it costs to have a part and not to have it.

    shortage_cents: if somebody waits for one unit, more by criticality. holding_percent: of its cost, what a unit on
    the shelf costs in a year. order_weeks: how long one order lasts.
    """

    location_id = Id(required=True)
    shortage_cents = Whole(low=0, high=CENTS, load_default=10_000)
    holding_percent = Whole(low=0, high=1000, load_default=25)
    order_weeks = Whole(low=1, high=52, load_default=4)


class FiguresSchema(StrictSchema):
    """Why. Means and deviations in thousandths of a unit; on_hand and the like of the warehouse with its vans."""

    method = Text(max_length=32, required=True)
    pattern = Text(max_length=32, required=True, allow_none=True)
    mean_per_week_thousandths = Whole(low=0, high=2**53, required=True)
    deviation_thousandths = Whole(low=0, high=2**53, required=True)
    lead_days = Whole(low=0, high=_UNITS, required=True)
    on_hand = Whole(low=0, high=_UNITS, required=True)
    reserved = Whole(low=0, high=_UNITS, required=True)
    on_order = Whole(low=0, high=_UNITS, required=True)
    backordered = Whole(low=0, high=_UNITS, required=True)
    to_order = Whole(
        low=0,
        high=_UNITS,
        required=True,
        metadata={"description": "In drafts, and in proposals for other warehouses that supply the same vans."},
    )
    reorder_point = Whole(low=0, high=_UNITS, required=True)
    order_up_to = Whole(low=0, high=_UNITS, required=True)


class ReplenishmentProposalSchema(EntitySchema):
    """Units of a part that a warehouse should order. weeks: units used week by week, the newest last."""

    location_id = Id(required=True)
    part_id = Id(required=True)
    supplier_id = Id(required=True, allow_none=True)
    state = Choice(ReplenishmentState, required=True)
    quantity = Whole(low=1, high=_UNITS, required=True)
    unit_cost_cents = Whole(low=0, high=CENTS, required=True)
    stock_class = Choice(StockClass, required=True)
    sentence = Text(max_length=2000, required=True)
    figures = Nested(FiguresSchema, required=True)
    weeks = Items(Whole(low=0, high=_UNITS), max_items=520, required=True)
    proposed_at = Instant(required=True)
    decided_at = Instant(required=True, allow_none=True)
    dismissal = Text(max_length=200, required=True, allow_none=True)
    order_id = Id(required=True, allow_none=True)


class ProposalsSchema(StrictSchema):
    """What should be ordered now."""

    proposals = Items(Nested(ReplenishmentProposalSchema), max_items=_LINES, required=True)


class ProposalsQuery(PageQuery):
    """Which proposals."""

    location_id = Id(load_default=None)
    state = Choice(ReplenishmentState, load_default=None)


class ProposalChoiceSchema(StrictSchema):
    """A proposal as it is ordered; null = as it was proposed."""

    proposal_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, load_default=None, allow_none=True)
    supplier_id = Id(load_default=None, allow_none=True)


class ProposalOrderSchema(StrictSchema):
    """What is ordered of what was proposed."""

    proposals = Items(Nested(ProposalChoiceSchema), max_items=200, required=True)


class DraftedOrdersSchema(StrictSchema):
    """Purchase orders as drafts: one for each supplier and warehouse."""

    orders = Items(Nested(OrderSchema), max_items=200, required=True)


class DismissalSchema(StrictSchema):
    """Why it is not ordered."""

    reason = Text(max_length=200, required=True)


class VanLevelsQuery(StrictSchema):
    """Whose vans. restock_days: from one visit at the warehouse to the next; service_percent: how often it lasts."""

    location_id = Id(required=True)
    restock_days = WholeInQuery(low=1, high=90, load_default=7)
    service_percent = WholeInQuery(low=1, high=99, load_default=90)


class VanLineSchema(StrictSchema):
    """Units of a part that a van should hold beyond what visits have reserved. bring: what is missing of it."""

    location_id = Id(required=True)
    part_id = Id(required=True)
    par = Whole(low=0, high=_UNITS, required=True)
    on_hand = Whole(low=0, high=_UNITS, required=True)
    reserved = Whole(low=0, high=_UNITS, required=True)
    bring = Whole(low=0, high=_UNITS, required=True)


class VanLevelsSchema(StrictSchema):
    """What vans should hold."""

    lines = Items(Nested(VanLineSchema), max_items=_LINES, required=True)


class DeadStockQuery(StrictSchema):
    """Of which warehouse, and after how many days without use."""

    location_id = Id(required=True)
    silent_days = WholeInQuery(low=1, high=3650, load_default=180)


class DeadLineSchema(StrictSchema):
    """Units that lie there and cost money."""

    part_id = Id(required=True, attribute="holding.part_id")
    on_hand = Whole(low=1, high=_UNITS, required=True, attribute="holding.on_hand")
    silent_days = Whole(low=0, high=_UNITS, required=True)
    value_cents = Whole(low=0, high=2**63 - 1, required=True)


class DeadStockSchema(StrictSchema):
    """What nobody uses, the dearest first."""

    lines = Items(Nested(DeadLineSchema), max_items=_LINES, required=True)
