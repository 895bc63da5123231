"""Job types, their procedures, and answers to a procedure's points."""

from api.schemas.base import EntitySchema, StrictSchema
from api.schemas.fields import Choice, Flag, Id, Instant, Items, Nested, Text, Whole
from api.schemas.visit_actions import ActionSchema
from fieldsvc.domain.procedures import PointKind, PointResult, Step

MOST_POINTS = 200
_CODE = "[a-z0-9][a-z0-9_-]*"
_NUMBER = r"-?[0-9]{1,9}(\.[0-9]{1,6})?"
_AS_TEXT = {"description": "A decimal number as text, so that it stays as it was typed."}


class PointSchema(StrictSchema):
    """One point. A reading has a unit and may have limits; a document has a text to be read, in both languages."""

    code = Text(max_length=64, pattern=_CODE, required=True)
    step = Choice(Step, required=True)
    kind = Choice(PointKind, load_default=PointKind.CONFIRMATION)
    is_mandatory = Flag(load_default=True)
    text_en = Text(max_length=500, required=True)
    text_zh = Text(max_length=500, required=True)
    body_en = Text(max_length=20_000, load_default=None, allow_none=True)
    body_zh = Text(max_length=20_000, load_default=None, allow_none=True)
    unit = Text(max_length=20, load_default=None, allow_none=True)
    low = Text(max_length=20, pattern=_NUMBER, load_default=None, allow_none=True, metadata=_AS_TEXT)
    high = Text(max_length=20, pattern=_NUMBER, load_default=None, allow_none=True, metadata=_AS_TEXT)


class ProcedureRequestSchema(StrictSchema):
    """The points of the next procedure, in their order; none = nothing is gone through any more."""

    points = Items(Nested(PointSchema), max_items=MOST_POINTS, required=True)


class ProcedureSchema(StrictSchema):
    """One version of what is gone through at visits of a job type; it never changes."""

    id = Id(required=True)
    job_type_id = Id(required=True)
    procedure_version = Whole(low=1, high=2**31 - 1, required=True)
    published_at = Instant(required=True)
    points = Items(Nested(PointSchema), max_items=MOST_POINTS, required=True, attribute="all_points")


class JobTypeSchema(EntitySchema):
    """What a visit of a kind usually needs. procedure_id: of the newest procedure."""

    code = Text(max_length=64, required=True, attribute="job_type.code")
    name_en = Text(max_length=200, required=True, attribute="job_type.name_en")
    name_zh = Text(max_length=200, required=True, attribute="job_type.name_zh")
    service_s = Whole(low=0, high=2**31, required=True, attribute="job_type.service_s")
    crew_size = Whole(low=1, high=100, required=True, attribute="job_type.crew_size")
    needs_inspection = Flag(required=True, attribute="job_type.needs_inspection")
    procedure_id = Id(required=True, allow_none=True)


class JobTypeChangesSchema(StrictSchema):
    """What is to be different for visits that are drafted from now on; what is not named stays."""

    needs_inspection = Flag(metadata={"description": "By another person than who worked there."})


class AnswerSchema(StrictSchema):
    """What is said to a point. A reading that was taken has a value; what is not done has a note that says why."""

    point = Text(max_length=64, pattern=_CODE, required=True)
    result = Choice(PointResult, load_default=PointResult.DONE)
    value = Text(max_length=20, pattern=_NUMBER, load_default=None, allow_none=True, metadata=_AS_TEXT)
    note = Text(max_length=2000, load_default=None, allow_none=True)


class AnswersSchema(ActionSchema):
    """Answers to points. procedure_id: the one that was looked at; null = the one the visit was sent out with."""

    procedure_id = Id(load_default=None, allow_none=True)
    answers = Items(Nested(AnswerSchema), max_items=MOST_POINTS, min_items=1, required=True)
