"""What was solved without a visit."""

from api.schemas.base import EntitySchema, StrictSchema
from api.schemas.fields import Choice, Flag, Id, Instant, Text
from api.schemas.reports import Base64
from fieldsvc.domain.catalogue import Resolution
from fieldsvc.domain.sign_off_states import SignOffState

_CODE = "[a-z0-9][a-z0-9_-]*"


class SolvedSchema(StrictSchema):
    """What was found and done from the desk. A test that failed, or could not be made, needs a reason."""

    symptom = Text(max_length=64, pattern=_CODE, required=True)
    cause = Text(max_length=64, pattern=_CODE, required=True)
    action = Text(max_length=64, pattern=_CODE, required=True)
    solution = Text(max_length=10_000, required=True)
    resolution = Choice(Resolution, required=True)
    verification_passed = Flag(required=True)
    verification_reason = Text(max_length=2000, load_default=None, allow_none=True)


class RemoteSolutionSchema(EntitySchema):
    """What was solved without a visit, the short report of it, and what the customer says."""

    ticket_id = Id(required=True)
    state = Choice(SignOffState, required=True)
    resolution = Text(max_length=32, required=True)
    symptom = Text(max_length=64, required=True)
    cause = Text(max_length=64, required=True)
    action = Text(max_length=64, required=True)
    solution = Text(max_length=10_000, required=True)
    verification_passed = Flag(required=True)
    verification_reason = Text(max_length=2000, required=True, allow_none=True)
    report_sha256 = Text(max_length=64, required=True)
    content_base64 = Base64(required=True, attribute="content")
    signed_at = Instant(required=True, allow_none=True)
    objection = Text(max_length=2000, required=True, allow_none=True)
    disputed_at = Instant(required=True, allow_none=True)
    decision = Text(max_length=2000, required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)
    recorded_at = Instant(required=True)
