"""What customers are asked to pay for, and what they say."""

from api.schemas.base import EntitySchema, StrictSchema
from api.schemas.fields import Choice, Flag, Id, Instant, Items, Nested, Text, Whole
from api.schemas.visit_actions import ActionSchema, SignatureMethod, strokes_field
from fieldsvc.domain.approval_states import ApprovalState

_MOST_LINES, _SHA256 = 100, "[0-9a-f]{64}"
_CENTS = {"description": "In the smallest unit of the currency."}


class OfferLineSchema(StrictSchema):
    """Work, or a part of the catalogue."""

    text = Text(max_length=200, required=True)
    quantity = Whole(low=1, high=100_000, load_default=1)
    unit_price_cents = Whole(low=0, high=2**31, required=True, metadata=_CENTS)
    part_id = Id(load_default=None, allow_none=True)


class ApprovalRequestSchema(StrictSchema):
    """What is to be paid for. visit_id: where it is asked for at a site."""

    lines = Items(Nested(OfferLineSchema), min_items=1, max_items=_MOST_LINES, required=True)
    visit_id = Id(load_default=None, allow_none=True)


class ApprovalAnswerSchema(ActionSchema):
    """The customer's answer on the technician's device; to agree needs a name, and strokes where it is drawn."""

    is_approved = Flag(required=True)
    offer_sha256 = Text(max_length=64, pattern=_SHA256, required=True)
    method = Choice(SignatureMethod, load_default=SignatureMethod.DRAWN)
    signer_name = Text(max_length=200, load_default=None, allow_none=True)
    strokes = strokes_field()
    reason = Text(max_length=2000, load_default=None, allow_none=True)


class SiteApprovalSchema(ActionSchema):
    """An offer made at the site and the answer with it, as a phone tells them."""

    lines = Items(Nested(OfferLineSchema), min_items=1, max_items=_MOST_LINES, required=True)
    is_approved = Flag(required=True)
    method = Choice(SignatureMethod, load_default=SignatureMethod.DRAWN)
    signer_name = Text(max_length=200, load_default=None, allow_none=True)
    strokes = strokes_field()
    reason = Text(max_length=2000, load_default=None, allow_none=True)


class LinkedAnswerSchema(StrictSchema):
    """The customer's answer by link; it names the SHA-256 of the offer that was read."""

    is_approved = Flag(required=True)
    offer_sha256 = Text(max_length=64, pattern=_SHA256, required=True)
    signer_name = Text(max_length=200, load_default=None, allow_none=True)
    reason = Text(max_length=2000, load_default=None, allow_none=True)


class OfferSchema(StrictSchema):
    """What is offered and how it stands; offer_sha256: of the canonical JSON of ticket, currency, lines and sum."""

    id = Id(required=True)
    state = Choice(ApprovalState, required=True)
    lines = Items(Nested(OfferLineSchema), max_items=_MOST_LINES, required=True)
    currency = Text(max_length=3, required=True, metadata={"description": "ISO 4217."})
    total_cents = Whole(low=0, high=2**53, required=True, metadata=_CENTS)
    offer_sha256 = Text(max_length=64, required=True)
    requested_at = Instant(required=True)
    decided_at = Instant(required=True, allow_none=True)


class ApprovalSchema(OfferSchema, EntitySchema):
    """An approval, for those who work on the ticket."""

    ticket_id = Id(required=True)
    visit_id = Id(required=True, allow_none=True)
    method = Text(max_length=24, required=True, allow_none=True)
    reason = Text(max_length=2000, required=True, allow_none=True)
