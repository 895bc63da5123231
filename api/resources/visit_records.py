"""What is recorded at a visit: findings, parts used, the report, and the customer's answer."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.idempotency import key_required
from api.reading import read_one
from api.schemas.procedures import AnswersSchema
from api.schemas.reports import ServiceReportSchema
from api.schemas.visit_actions import (
    DecisionSchema,
    FindingSchema,
    InspectionRequestSchema,
    PhotoRequestSchema,
    PresentationSchema,
    SignOffRequestSchema,
    SolutionSchema,
    UseSchema,
    VerificationSchema,
)
from api.schemas.visits import VisitRecordSchema
from api.visit_actions import act_on_visit
from api.visit_bodies import answer_of, answers_of, finding_of, picture_of, presentation_of, use_of
from fieldsvc.domain.permissions import Action
from fieldsvc.services import checklists, disputes, inspections, photos, sign_offs, visit_records, visit_views

blueprint = Blueprint("visit-records", "What happened at a visit.")


@blueprint.route("/visits/<uuid:visit_id>/checklist", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(AnswersSchema)
@blueprint.response(200, VisitRecordSchema)
def answer_checklist(body: dict[str, Any], visit_id: UUID) -> Response:
    """Go through points of the procedure

    From when the phone has the visit until it ends; of a point that is answered again the newest answer counts. The
    visit's `procedure_id` says which procedure.
    """
    answers, procedure_id = answers_of(body), body["procedure_id"]
    return act_on_visit(
        body,
        visit_id,
        lambda uow, version: checklists.answer_checklist(uow, visit_id, answers, procedure_id, version),
    )


@blueprint.route("/visits/<uuid:visit_id>/diagnosis", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(FindingSchema)
@blueprint.response(201, VisitRecordSchema)
def record_diagnosis(body: dict[str, Any], visit_id: UUID) -> Response:
    """Add what was found"""
    finding = finding_of(body)
    return act_on_visit(
        body, visit_id, lambda uow, version: visit_records.record_diagnosis(uow, visit_id, finding, version), status=201
    )


@blueprint.route("/visits/<uuid:visit_id>/photos", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(PhotoRequestSchema)
@blueprint.response(201, VisitRecordSchema)
def record_photo(body: dict[str, Any], visit_id: UUID) -> Response:
    """Say what a photo is of

    Its bytes are put to `/visits/{id}/blobs/{sha256}`, before or after.
    """
    picture = picture_of(body)
    return act_on_visit(
        body, visit_id, lambda uow, version: photos.record_photo(uow, visit_id, picture, version), status=201
    )


@blueprint.route("/visits/<uuid:visit_id>/solution", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(SolutionSchema)
@blueprint.response(200, VisitRecordSchema)
def record_solution(body: dict[str, Any], visit_id: UUID) -> Response:
    """Say what was done"""
    solution = body["solution"]
    return act_on_visit(
        body, visit_id, lambda uow, version: visit_records.record_solution(uow, visit_id, solution, version)
    )


@blueprint.route("/visits/<uuid:visit_id>/verification", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(VerificationSchema)
@blueprint.response(200, VisitRecordSchema)
def record_verification(body: dict[str, Any], visit_id: UUID) -> Response:
    """Say whether it works now"""
    passed, reason = body["passed"], body["reason"]
    return act_on_visit(
        body,
        visit_id,
        lambda uow, version: visit_records.record_verification(
            uow, visit_id, passed=passed, reason=reason, version=version
        ),
    )


@blueprint.route("/visits/<uuid:visit_id>/inspection", methods=["POST"])
@requires(Action.VISIT_INSPECT)
@blueprint.arguments(InspectionRequestSchema)
@blueprint.response(201, VisitRecordSchema)
def inspect_visit(body: dict[str, Any], visit_id: UUID) -> Response:
    """Say what a second person found of the work

    Another one than who worked there. Where the job type wants it, the ticket is resolved only when it has passed; what
    does not pass is a task for the desk.
    """
    passed, note = body["passed"], body["note"]
    return act_on_visit(
        body,
        visit_id,
        lambda uow, version: inspections.inspect_visit(uow, visit_id, passed=passed, note=note, version=version),
        status=201,
    )


@blueprint.route("/visits/<uuid:visit_id>/consumptions", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@key_required
@blueprint.arguments(UseSchema)
@blueprint.response(201, VisitRecordSchema)
def record_consumption(body: dict[str, Any], visit_id: UUID) -> Response:
    """Book a part that was used

    Units come from the van, then from where the plan fetches them; a serial from where the books have it; only
    what the books know nothing of from the discrepancy location, and the van is to be counted then.
    """
    use = use_of(body)
    return act_on_visit(
        body, visit_id, lambda uow, version: visit_records.record_consumption(uow, visit_id, use, version), status=201
    )


@blueprint.route("/visits/<uuid:visit_id>/report")
@requires(Action.EVIDENCE_READ)
@blueprint.response(200, ServiceReportSchema)
def read_report(visit_id: UUID) -> Response:
    """Read the report that counts, byte for byte"""
    return read_one(lambda session: visit_views.get_report(session, current_actor(), visit_id), ServiceReportSchema)


@blueprint.route("/visits/<uuid:visit_id>/report", methods=["POST"])
@requires(Action.SIGN_OFF_CREATE)
@blueprint.arguments(PresentationSchema)
@blueprint.response(201, VisitRecordSchema)
def present_report(body: dict[str, Any], visit_id: UUID) -> Response:
    """Present the report

    Stored exactly as it is sent; what the customer answers names its SHA-256.
    """
    report = presentation_of(body)
    return act_on_visit(
        body, visit_id, lambda uow, version: sign_offs.present_report(uow, visit_id, report, version), status=201
    )


@blueprint.route("/visits/<uuid:visit_id>/sign-off", methods=["POST"])
@requires(Action.SIGN_OFF_CREATE)
@key_required
@blueprint.arguments(SignOffRequestSchema)
@blueprint.response(200, VisitRecordSchema)
def answer_report(body: dict[str, Any], visit_id: UUID) -> Response:
    """Take the customer's answer to the report

    Signed on the technician's device, refused, nobody there, or waived by a supervisor.
    """
    answer = answer_of(body)
    return act_on_visit(body, visit_id, lambda uow, version: answer(uow, visit_id, version))


@blueprint.route("/visits/<uuid:visit_id>/dispute", methods=["POST"])
@requires(Action.DISPUTE_DECIDE)
@blueprint.arguments(DecisionSchema)
@blueprint.response(200, VisitRecordSchema)
def decide_dispute(body: dict[str, Any], visit_id: UUID) -> Response:
    """Decide about a customer's objection

    Upheld, the ticket is open again with a more urgent visit; dismissed, the report stands.
    """
    is_upheld, reason = body["is_upheld"], body["reason"]
    return act_on_visit(
        body,
        visit_id,
        lambda uow, version: disputes.decide_dispute(uow, visit_id, reason, is_upheld=is_upheld, version=version),
    )
