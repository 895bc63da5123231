"""Visits as they stand, with what was recorded at them."""

from api.schemas.approvals import OfferSchema
from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Day, Decimal, Flag, Id, Instant, Items, Nested, Text, Whole
from api.schemas.tickets import CustomerSchema, WindowSchema
from fieldsvc.domain.media import MediaType, PhotoStage
from fieldsvc.domain.procedures import PointResult
from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.domain.visit_states import VisitState


class SiteSchema(StrictSchema):
    """Where it is, to those who may know."""

    id = Id(required=True)
    name = Text(max_length=200, required=True)
    address = Text(max_length=1000, required=True)
    latitude = Decimal(low=-90, high=90, required=True)
    longitude = Decimal(low=-180, high=180, required=True)
    zone = Text(max_length=64, required=True)


class AssetSchema(StrictSchema):
    """What is to be worked on."""

    id = Id(required=True)
    category = Text(max_length=64, required=True)
    model = Text(max_length=200, required=True)
    serial = Text(max_length=80, required=True, allow_none=True)
    firmware = Text(max_length=40, required=True, allow_none=True)
    purchased_on = Day(required=True, allow_none=True)
    warranty_months = Whole(low=0, high=1200, required=True)


class AssignmentSchema(StrictSchema):
    """Who makes the visit and when; times that are null have not come yet."""

    technician_id = Id(required=True)
    technician = Text(max_length=200, required=True, attribute="technician.name")
    is_lead = Flag(required=True)
    state = Choice(VisitState, required=True)
    day = Day(required=True)
    position = Whole(low=0, high=10_000, required=True)
    planned_arrival = Instant(required=True)
    planned_start = Instant(required=True)
    planned_end = Instant(required=True)
    travel_s = Whole(low=0, high=2**31, required=True)
    travel_m = Whole(low=0, high=2**31, required=True)
    departed_at = Instant(required=True, allow_none=True)
    arrived_at = Instant(required=True, allow_none=True)
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)
    check_in_distance_m = Whole(low=0, high=2**31, required=True, allow_none=True)


class NeededSkillSchema(StrictSchema):
    """A skill at a level or above."""

    skill = Text(max_length=64, required=True)
    level = Whole(low=1, high=100, required=True)


class NeededPartSchema(StrictSchema):
    """A part requirement."""

    part_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, required=True)


class VisitSchema(EntitySchema):
    """A visit; site and customer are null for those who may not know them (now)."""

    number = Text(max_length=32, required=True, attribute="visit.number")
    state = Choice(VisitState, required=True, attribute="visit.state")
    ticket_id = Id(required=True, attribute="visit.ticket_id")
    ticket_number = Text(max_length=32, required=True, attribute="visit.ticket.number")
    subject = Text(max_length=200, required=True, attribute="visit.ticket.subject")
    team_id = Id(required=True, attribute="visit.team_id")
    job_type = Text(max_length=64, required=True, attribute="visit.job_type.code")
    priority = Whole(low=1, high=4, required=True, attribute="visit.priority")
    service_s = Whole(low=0, high=2**31, required=True, attribute="visit.service_s")
    due_at = Instant(required=True, allow_none=True, attribute="visit.due_at")
    planned_start = Instant(required=True, allow_none=True, attribute="visit.planned_start")
    planned_end = Instant(required=True, allow_none=True, attribute="visit.planned_end")
    arrival_window_start = Instant(required=True, allow_none=True, attribute="visit.arrival_window_start")
    arrival_window_end = Instant(required=True, allow_none=True, attribute="visit.arrival_window_end")
    assignments = Items(Nested(AssignmentSchema), max_items=100, required=True)
    site = Nested(SiteSchema, required=True, allow_none=True)


class ChecklistAnswerSchema(StrictSchema):
    """What was said to a point of the procedure, as it counts now."""

    point = Text(max_length=64, required=True)
    procedure_id = Id(required=True)
    technician_id = Id(required=True, allow_none=True)
    result = Choice(PointResult, required=True)
    value = Text(max_length=32, required=True, allow_none=True)
    note = Text(max_length=2000, required=True, allow_none=True)
    occurred_at = Instant(required=True)


class DiagnosisSchema(StrictSchema):
    """What was found."""

    id = Id(required=True)
    symptom = Text(max_length=64, required=True)
    cause = Text(max_length=64, required=True)
    action = Text(max_length=64, required=True)
    methods = Items(Text(max_length=64), max_items=20, required=True, allow_none=True)
    tools = Items(Text(max_length=64), max_items=20, required=True, allow_none=True)
    data_captured = Text(max_length=10_000, required=True, allow_none=True)
    note = Text(max_length=10_000, required=True, allow_none=True)
    occurred_at = Instant(required=True)


class ConsumptionSchema(StrictSchema):
    """Units that were used."""

    id = Id(required=True)
    part_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, required=True)
    serial = Text(max_length=80, required=True, allow_none=True)
    swapped_serial = Text(max_length=80, required=True, allow_none=True)
    occurred_at = Instant(required=True)


class PhotoSchema(StrictSchema):
    """A picture or video; `/visits/{id}/blobs/{sha256}` has its bytes. media_type: null until those have come.

    kept_sha256: of the bytes as they are kept, without the place where they were taken.
    """

    sha256 = Text(max_length=64, required=True)
    stage = Choice(PhotoStage, required=True)
    note = Text(max_length=2000, required=True, allow_none=True)
    occurred_at = Instant(required=True)
    media_type = Choice(MediaType, required=True, allow_none=True)
    kept_sha256 = Text(max_length=64, required=True, allow_none=True)
    size = Whole(low=1, high=2**40, required=True, allow_none=True)


class ReportVersionSchema(StrictSchema):
    """Which version of the report counts; `/visits/{id}/report` has its content."""

    report_version = Whole(low=1, high=10_000, required=True)
    sha256 = Text(max_length=64, required=True)
    media_type = Text(max_length=80, required=True)
    recorded_at = Instant(required=True)


class SignOffSchema(StrictSchema):
    """What the customer said about it."""

    state = Choice(SignOffState, required=True)
    report_sha256 = Text(max_length=64, required=True)
    signer_role = Text(max_length=40, required=True, allow_none=True)
    method = Text(max_length=24, required=True, allow_none=True)
    is_sent_by_link = Flag(required=True)
    signed_at = Instant(required=True, allow_none=True)
    objection = Text(max_length=2000, required=True, allow_none=True)
    disputed_at = Instant(required=True, allow_none=True)
    decision = Text(max_length=2000, required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)


class InspectionSchema(StrictSchema):
    """What a second person found last."""

    user_id = Id(required=True)
    passed = Flag(required=True)
    note = Text(max_length=2000, required=True, allow_none=True)
    occurred_at = Instant(required=True)


class PastFindingSchema(StrictSchema):
    """What was found then."""

    symptom = Text(max_length=64, required=True)
    cause = Text(max_length=64, required=True)
    action = Text(max_length=64, required=True)


class PastPartSchema(StrictSchema):
    """Units that were used then."""

    number = Text(max_length=64, required=True)
    quantity = Whole(low=1, high=100_000, required=True)
    serial = Text(max_length=80, required=True, allow_none=True)


class PastVisitSchema(StrictSchema):
    """A visit at the same asset that was completed, the newest first."""

    visit_id = Id(required=True)
    number = Text(max_length=32, required=True)
    job_type = Text(max_length=64, required=True)
    finished_at = Instant(required=True, allow_none=True)
    solution = Text(max_length=10_000, required=True, allow_none=True)
    diagnoses = Items(Nested(PastFindingSchema), max_items=1000, required=True)
    parts = Items(Nested(PastPartSchema), max_items=1000, required=True)


class RatingSchema(StrictSchema):
    """How content the customer is."""

    stars = Whole(low=1, high=5, required=True)
    comment = Text(max_length=2000, required=True, allow_none=True)
    rated_at = Instant(required=True)


class NoticeSchema(StrictSchema):
    """Something to know although nothing was refused."""

    code = Text(max_length=64, required=True)
    message = Text(max_length=1000, required=True)


class VisitRecordSchema(VisitSchema):
    """One visit, whole. notices: what the change just made had to say."""

    customer = Nested(CustomerSchema, required=True, allow_none=True)
    asset = Nested(AssetSchema, required=True, allow_none=True)
    windows = Items(Nested(WindowSchema), max_items=20, required=True, attribute="visit.windows")
    skills = Items(Nested(NeededSkillSchema), max_items=100, required=True, attribute="visit.skills")
    parts = Items(Nested(NeededPartSchema), max_items=1000, required=True, attribute="visit.parts")
    procedure_id = Id(required=True, allow_none=True, attribute="visit.procedure_id")
    checklist = Items(Nested(ChecklistAnswerSchema), max_items=1000, required=True)
    diagnoses = Items(Nested(DiagnosisSchema), max_items=1000, required=True)
    solution = Text(max_length=10_000, required=True, allow_none=True, attribute="visit.solution")
    verification_passed = Flag(required=True, allow_none=True, attribute="visit.verification_passed")
    verification_reason = Text(max_length=10_000, required=True, allow_none=True, attribute="visit.verification_reason")
    consumptions = Items(Nested(ConsumptionSchema), max_items=1000, required=True)
    states_no_parts = Flag(required=True, attribute="visit.states_no_parts")
    photos = Items(Nested(PhotoSchema), max_items=200, required=True)
    incomplete_reason = Text(max_length=32, required=True, allow_none=True, attribute="visit.incomplete_reason")
    cancel_reason = Text(max_length=32, required=True, allow_none=True, attribute="visit.cancel_reason")
    is_late_cancel = Flag(required=True, attribute="visit.is_late_cancel")
    report = Nested(ReportVersionSchema, required=True, allow_none=True)
    sign_off = Nested(SignOffSchema, required=True, allow_none=True)
    approvals = Items(Nested(OfferSchema), max_items=100, required=True)
    needs_inspection = Flag(required=True, attribute="visit.needs_inspection")
    inspection = Nested(InspectionSchema, required=True, allow_none=True)
    history = Items(Nested(PastVisitSchema), max_items=10, required=True)
    rating = Nested(RatingSchema, required=True, allow_none=True)
    notices = Items(Nested(NoticeSchema), max_items=100, required=True)


class VisitsQuery(PageQuery):
    """Which visits."""

    day = Day(load_default=None)
    state = Choice(VisitState, load_default=None)
    technician_id = Id(load_default=None)
    ticket_id = Id(load_default=None)
