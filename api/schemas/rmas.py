"""Units that come back."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Flag, Id, Instant, Items, Nested, Text, Whole
from api.schemas.lots import LOTS, LotDrawSchema, NamedLotSchema
from api.schemas.stock import CENTS
from fieldsvc.domain.rma_states import Disposition, RmaReason, RmaState

_MOST = 2**63 - 1


class RmaRequestSchema(StrictSchema):
    """What is to come back. from_location_id: own stock that it comes from; without it, from the ticket's customer."""

    part_id = Id(required=True)
    reason = Choice(RmaReason, required=True)
    quantity = Whole(low=1, high=100_000, load_default=1)
    serial = Text(max_length=80, load_default=None, allow_none=True)
    is_good = Flag(load_default=False)
    ticket_id = Id(load_default=None, allow_none=True)
    visit_id = Id(load_default=None, allow_none=True)
    from_location_id = Id(load_default=None, allow_none=True)
    note = Text(max_length=2000, load_default=None, allow_none=True)


class RmaAuthorizationSchema(StrictSchema):
    """The warehouse that gets the units, and when they are expected there."""

    to_location_id = Id(required=True)
    expected_at = Instant(load_default=None, allow_none=True)


class RmaRefusalSchema(StrictSchema):
    """Why units don't come back."""

    reason = Text(max_length=200, required=True)


class RmaShipmentSchema(StrictSchema):
    """The carrier's number."""

    tracking_number = Text(max_length=64, load_default=None, allow_none=True)


class RmaReceiptSchema(StrictSchema):
    """The serial, of a unit that nobody has named it of."""

    serial = Text(max_length=80, load_default=None, allow_none=True)


class RmaInspectionSchema(StrictSchema):
    """What was found."""

    finding = Text(max_length=2000, required=True)
    is_under_warranty = Flag(required=True)


class RmaDispositionSchema(StrictSchema):
    """What becomes of the units. claimed_cents: null = under warranty, what the parts of the ticket have cost."""

    disposition = Choice(Disposition, required=True)
    supplier_id = Id(load_default=None, allow_none=True)
    claimed_cents = Whole(low=0, high=CENTS, load_default=None, allow_none=True)


class RmaSettlementSchema(StrictSchema):
    """What the supplier brought or paid. brought: of the units that were to come; null = all. lots: of what kind."""

    serial = Text(max_length=80, load_default=None, allow_none=True)
    credited_cents = Whole(low=0, high=CENTS, load_default=0)
    brought = Whole(low=0, high=100_000, load_default=None, allow_none=True)
    lots = Items(Nested(NamedLotSchema), max_items=LOTS, load_default=list)


class RmaSchema(EntitySchema):
    """Units of one part that come back. from_location_id: null = from the customer."""

    number = Text(max_length=32, required=True)
    ticket_id = Id(required=True, allow_none=True)
    visit_id = Id(required=True, allow_none=True)
    part_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, required=True)
    serial = Text(max_length=80, required=True, allow_none=True)
    is_good = Flag(required=True)
    reason = Choice(RmaReason, required=True)
    note = Text(max_length=2000, required=True, allow_none=True)
    from_location_id = Id(required=True, allow_none=True)
    to_location_id = Id(required=True, allow_none=True)
    quarantine_id = Id(required=True, allow_none=True)
    state = Choice(RmaState, required=True)
    requested_at = Instant(required=True)
    expected_at = Instant(required=True, allow_none=True)
    sent_at = Instant(required=True, allow_none=True)
    tracking_number = Text(max_length=64, required=True, allow_none=True)
    received_at = Instant(required=True, allow_none=True)
    finding = Text(max_length=2000, required=True, allow_none=True)
    is_under_warranty = Flag(required=True, allow_none=True)
    disposition = Choice(Disposition, required=True, allow_none=True)
    supplier_id = Id(required=True, allow_none=True)
    claimed_cents = Whole(low=0, high=_MOST, required=True)
    credited_cents = Whole(low=0, high=_MOST, required=True)
    refusal = Text(max_length=200, required=True, allow_none=True)
    closed_at = Instant(required=True, allow_none=True)
    lots = Items(
        Nested(LotDrawSchema),
        max_items=LOTS,
        required=True,
        attribute="lot_draws",
        metadata={"description": "Of which lots the units are, where the books know."},
    )


class RmasQuery(PageQuery):
    """Which RMAs."""

    state = Choice(RmaState, load_default=None)
    ticket_id = Id(load_default=None)
    visit_id = Id(load_default=None)
    part_id = Id(load_default=None)
    to_location_id = Id(load_default=None)
