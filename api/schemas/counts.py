"""Counts of what is at a place."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Flag, Id, Instant, Items, Nested, Text, Whole
from api.schemas.lots import LOTS, LotUnitsSchema
from api.schemas.transfers import CountedLotsSchema
from fieldsvc.domain.count_states import CountState

_PARTS, _UNITS = 2000, 2**31


class CountRequestSchema(StrictSchema):
    """What is to be counted where; no parts named = all that is there."""

    location_id = Id(required=True)
    part_ids = Items(Id(), max_items=_PARTS, load_default=list)


class CountSubmissionSchema(StrictSchema):
    """What was counted: each part that was asked for, 0 where there is none."""

    counted = Items(Nested(CountedLotsSchema), max_items=_PARTS, required=True)


class RecountSchema(StrictSchema):
    """Why it has to be counted again."""

    reason = Text(max_length=200, required=True)


class CountLineSchema(StrictSchema):
    """One part. expected: what the books said when the count was submitted."""

    part_id = Id(required=True)
    counted_quantity = Whole(low=0, high=_UNITS, required=True, allow_none=True)
    counted_serials = Items(Text(max_length=80), max_items=1000, required=True, allow_none=True)
    expected_quantity = Whole(low=0, high=_UNITS, required=True, allow_none=True)
    expected_serials = Items(Text(max_length=80), max_items=100_000, required=True, allow_none=True)
    counted_lots = Items(
        Nested(LotUnitsSchema), max_items=LOTS, required=True, allow_none=True, attribute="counted_lot_units"
    )
    expected_lots = Items(
        Nested(LotUnitsSchema), max_items=LOTS, required=True, allow_none=True, attribute="expected_lot_units"
    )


class CountSchema(EntitySchema):
    """Some parts, or all, at one place. differing_cents: what the differences are worth, whichever way they go.

    It and what was expected are null for who counts until the count is posted.
    """

    number = Text(max_length=32, required=True, attribute="count.number")
    location_id = Id(required=True, attribute="count.location_id")
    is_whole = Flag(required=True, attribute="count.is_whole")
    state = Choice(CountState, required=True, attribute="count.state")
    opened_at = Instant(required=True, attribute="count.opened_at")
    submitted_at = Instant(required=True, allow_none=True, attribute="count.submitted_at")
    decided_at = Instant(required=True, allow_none=True, attribute="count.decided_at")
    differing_cents = Whole(low=0, high=2**63 - 1, required=True, allow_none=True)
    recount_reason = Text(max_length=200, required=True, allow_none=True, attribute="count.recount_reason")
    lines = Items(Nested(CountLineSchema), max_items=_PARTS, required=True)


class CountsQuery(PageQuery):
    """Which counts."""

    state = Choice(CountState, load_default=None)
    location_id = Id(load_default=None)
