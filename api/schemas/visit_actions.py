"""What is said when something is done at a visit."""

from enum import StrEnum

from api.schemas.base import StrictSchema
from api.schemas.fields import Choice, Decimal, Flag, Id, Instant, Items, Nested, Text, Whole
from api.schemas.tickets import WindowSchema
from fieldsvc.domain.catalogue import (
    CancelReason,
    DeclineReason,
    IncompleteReason,
    OverrideReason,
    PostponeReason,
    TurnBackReason,
)
from fieldsvc.domain.media import PhotoStage

_CODE = "[a-z0-9][a-z0-9_-]*"
_SHA256 = "[0-9a-f]{64}"


class ActionSchema(StrictSchema):
    """When it happened, and whether a dispatcher says it for the technician."""

    occurred_at = Instant(load_default=None, allow_none=True, metadata={"description": "Null = now."})
    on_behalf = Flag(load_default=False)


class DeclinationSchema(ActionSchema):
    """Why not."""

    reason = Choice(DeclineReason, required=True)
    note = Text(max_length=2000, load_default=None, allow_none=True)


class SubstitutionSchema(StrictSchema):
    """Which part another one takes the place of."""

    part_id = Id(required=True)
    substitute_id = Id(required=True)


class PlacementSchema(StrictSchema):
    """Where a visit is wanted."""

    technician_ids = Items(
        Id(),
        min_items=1,
        max_items=10,
        required=True,
        metadata={"description": "The first one brings the parts and leads; several for a crew."},
    )
    start = Instant(required=True)
    reason = Choice(
        OverrideReason,
        load_default=None,
        allow_none=True,
        metadata={"description": "Why, where that breaks a rule; null = then not."},
    )
    lock = Flag(load_default=False, metadata={"description": "No run may move it from there."})


class PositionSchema(StrictSchema):
    """Degrees."""

    latitude = Decimal(low=-90, high=90, required=True)
    longitude = Decimal(low=-180, high=180, required=True)


class CheckInSchema(ActionSchema):
    """Where the phone is."""

    position = Nested(PositionSchema, load_default=None, allow_none=True)


class FindingSchema(ActionSchema):
    """What was found, coded and in words."""

    symptom = Text(max_length=64, pattern=_CODE, required=True)
    cause = Text(max_length=64, pattern=_CODE, required=True)
    action = Text(max_length=64, pattern=_CODE, required=True)
    note = Text(max_length=10_000, load_default=None, allow_none=True)
    methods = Items(Text(max_length=64, pattern=_CODE), max_items=20, load_default=list)
    tools = Items(Text(max_length=64, pattern=_CODE), max_items=20, load_default=list)
    data_captured = Text(max_length=10_000, load_default=None, allow_none=True)


class SolutionSchema(ActionSchema):
    """What was done."""

    solution = Text(max_length=10_000, required=True)


class VerificationSchema(ActionSchema):
    """Whether it works now; if not, why."""

    passed = Flag(required=True)
    reason = Text(max_length=2000, load_default=None, allow_none=True)


class InspectionRequestSchema(ActionSchema):
    """What a second person found; what does not pass needs a note."""

    passed = Flag(required=True)
    note = Text(max_length=2000, load_default=None, allow_none=True)


class UseSchema(ActionSchema):
    """A part that was used."""

    part_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, load_default=1)
    serial = Text(max_length=80, load_default=None, allow_none=True)
    swapped_serial = Text(
        max_length=80,
        load_default=None,
        allow_none=True,
        metadata={"description": "Of the unit that it has taken the place of; that one is asked back."},
    )


class PhotoRequestSchema(ActionSchema):
    """What a photo is of; its bytes are put to `/visits/{id}/blobs/{sha256}`, before or after."""

    sha256 = Text(max_length=64, pattern=_SHA256, required=True)
    stage = Choice(PhotoStage, load_default=PhotoStage.OTHER)
    note = Text(max_length=2000, load_default=None, allow_none=True)


class CompletionSchema(ActionSchema):
    """That it is done."""

    states_no_parts = Flag(load_default=False, metadata={"description": "No parts were used."})


class IncompletionSchema(ActionSchema):
    """Why it could not be done."""

    reason = Choice(IncompleteReason, required=True)


_WHOM = {"description": "Of a crew, whom the office means; null = the lead."}


class TurnBackSchema(ActionSchema):
    """Why the technician does not arrive."""

    reason = Choice(TurnBackReason, required=True)
    technician_id = Id(load_default=None, allow_none=True, metadata=_WHOM)


_WINDOWS = {"description": "When it suits the customer: null = as agreed so far, none = at any time."}


class PostponementSchema(StrictSchema):
    """Why a visit is put off, and when it suits the customer."""

    reason = Choice(PostponeReason, required=True)
    windows = Items(Nested(WindowSchema), max_items=20, load_default=None, allow_none=True, metadata=_WINDOWS)


class SlotSchema(StrictSchema):
    """When it suits the customer instead."""

    windows = Items(Nested(WindowSchema), max_items=20, required=True, metadata={"description": "None = any time."})


class CancellationSchema(StrictSchema):
    """Why it is not wanted any more."""

    reason = Choice(CancelReason, required=True)


class PresentationSchema(ActionSchema):
    """The report the customer is shown: exactly one of content and content_base64."""

    content = Text(max_length=700_000, load_default=None, allow_none=True)
    content_base64 = Text(max_length=900_000, load_default=None, allow_none=True)
    media_type = Text(max_length=80, pattern=r"[a-z]+/[a-z0-9.+-]+", load_default="text/plain")
    send_by_link = Flag(load_default=False)


class SignOffOutcome(StrEnum):
    """How the customer answers the report."""

    SIGNED = "signed"
    REFUSED = "refused"
    ABSENT = "absent"
    WAIVED = "waived"


class SignatureMethod(StrEnum):
    """How a customer signs on the technician's device."""

    DRAWN = "drawn"
    TYPED = "typed"


def strokes_field() -> Items:
    """Return the field of a drawn signature."""
    return Items(
        Items(Items(Whole(low=-100_000, high=10_000_000), min_items=3, max_items=3), max_items=5000),
        max_items=500,
        load_default=list,
        metadata={"description": "Strokes of points [x, y, milliseconds]."},
    )


class SignOffRequestSchema(ActionSchema):
    """The customer's answer. signed needs signer_name; refused and waived (by a supervisor) need a reason."""

    outcome = Choice(SignOffOutcome, required=True)
    report_sha256 = Text(max_length=64, pattern=_SHA256, required=True)
    signer_name = Text(max_length=200, load_default=None, allow_none=True)
    signer_role = Text(max_length=40, load_default="customer")
    method = Choice(SignatureMethod, load_default=SignatureMethod.DRAWN)
    strokes = strokes_field()
    device_id = Text(max_length=80, load_default=None, allow_none=True)
    reason = Text(max_length=2000, load_default=None, allow_none=True)


class DisputeSchema(StrictSchema):
    """What the customer objects to, by link."""

    report_sha256 = Text(max_length=64, pattern=_SHA256, required=True)
    objection = Text(max_length=2000, required=True)


class RatingRequestSchema(StrictSchema):
    """How content the customer is, by link."""

    stars = Whole(low=1, high=5, required=True)
    comment = Text(max_length=2000, load_default=None, allow_none=True)


class DecisionSchema(StrictSchema):
    """What the desk decides about an objection, and why."""

    is_upheld = Flag(required=True)
    reason = Text(max_length=2000, required=True)


class ConfirmationSchema(StrictSchema):
    """The customer's confirmation by link."""

    report_sha256 = Text(max_length=64, pattern=_SHA256, required=True)
    signer_name = Text(max_length=200, load_default=None, allow_none=True)
