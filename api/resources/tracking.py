"""What a customer does by link. The token in the address is all the customer has."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response

from api.auth import public
from api.blueprint import Blueprint
from api.current import current_application, remember_actor
from api.idempotency import run_command
from api.printing import PDF_RESPONSES, print_one
from api.reading import read_one
from api.rendering import rendered
from api.schemas.approvals import LinkedAnswerSchema
from api.schemas.base import NoFields
from api.schemas.reports import ServiceReportSchema
from api.schemas.tickets import windows_of
from api.schemas.tracking import ProgressSchema
from api.schemas.visit_actions import ConfirmationSchema, DisputeSchema, RatingRequestSchema, SlotSchema
from fieldsvc.domain.actor import Actor
from fieldsvc.services import documents, tracking
from fieldsvc.services.approvals import Answer
from fieldsvc.services.use_case import read

blueprint = Blueprint("track", "A customer's view, by link.")

_BY_LINK = "the customer's token in the address is looked up and opens one ticket, as the permissions table says"


@blueprint.route("/track/<string:token>")
@public(_BY_LINK)
@blueprint.response(200, ProgressSchema)
def track(token: str) -> Response:
    """See how far it is

    Changes nothing, however often it is opened.
    """
    customer = _customer(token)
    return read_one(lambda session: tracking.track(session, customer), ProgressSchema)


@blueprint.route("/track/<string:token>/sign-off")
@public(_BY_LINK)
@blueprint.response(200, ServiceReportSchema)
def read_report(token: str) -> Response:
    """Read the report that is to be confirmed"""
    customer = _customer(token)
    return read_one(lambda session: tracking.read_linked_report(session, customer), ServiceReportSchema)


@blueprint.route("/track/<string:token>/report.pdf")
@public(_BY_LINK)
@blueprint.doc(responses=PDF_RESPONSES)
def print_report(token: str) -> Response:
    """Print the report with what you said about it"""
    customer = _customer(token)
    return print_one(lambda session: documents.print_linked_report(session, customer))


@blueprint.route("/track/<string:token>/sign-off", methods=["POST"])
@public(_BY_LINK)
@blueprint.arguments(ConfirmationSchema)
@blueprint.response(200, ProgressSchema)
def confirm_report(body: dict[str, Any], token: str) -> Response:
    """Confirm the report

    Once; it names the SHA-256 of the report that was read.
    """
    remember_actor(_customer(token))
    return run_command(
        lambda uow: tracking.confirm_report(uow, body["report_sha256"], body["signer_name"]), rendered(ProgressSchema)
    )


@blueprint.route("/track/<string:token>/dispute", methods=["POST"])
@public(_BY_LINK)
@blueprint.arguments(DisputeSchema)
@blueprint.response(200, ProgressSchema)
def dispute_report(body: dict[str, Any], token: str) -> Response:
    """Object to a report that was accepted

    For some time after it was; the desk decides. It names the SHA-256 of the report that was read.
    """
    remember_actor(_customer(token))
    window = timedelta(seconds=current_application().settings.dispute_window_s)
    return run_command(
        lambda uow: tracking.dispute_report(uow, body["report_sha256"], body["objection"], window),
        rendered(ProgressSchema),
    )


@blueprint.route("/track/<string:token>/approvals/<uuid:approval_id>", methods=["POST"])
@public(_BY_LINK)
@blueprint.arguments(LinkedAnswerSchema)
@blueprint.response(200, ProgressSchema)
def answer_approval(body: dict[str, Any], token: str, approval_id: UUID) -> Response:
    """Agree to pay for something, or don't

    Once; it names the SHA-256 of the offer that was read.
    """
    remember_actor(_customer(token))
    answer = Answer(method="link", **body)
    return run_command(lambda uow: tracking.answer_by_link(uow, approval_id, answer), rendered(ProgressSchema))


@blueprint.route("/track/<string:token>/rating", methods=["POST"])
@public(_BY_LINK)
@blueprint.arguments(RatingRequestSchema)
@blueprint.response(200, ProgressSchema)
def rate_visit(body: dict[str, Any], token: str) -> Response:
    """Say how content you are

    With the newest completed visit; said again, the newest counts.
    """
    remember_actor(_customer(token))
    return run_command(lambda uow: tracking.rate_visit(uow, body["stars"], body["comment"]), rendered(ProgressSchema))


@blueprint.route("/track/<string:token>/slot", methods=["POST"])
@public(_BY_LINK)
@blueprint.arguments(SlotSchema)
@blueprint.response(200, ProgressSchema)
def postpone_visit(body: dict[str, Any], token: str) -> Response:
    """Ask for another time

    Before the technician has left; the visit is planned again within these windows.
    """
    remember_actor(_customer(token))
    windows = windows_of(body["windows"])
    return run_command(lambda uow: tracking.postpone_by_link(uow, windows), rendered(ProgressSchema))


@blueprint.route("/track/<string:token>/cancellation", methods=["POST"])
@public(_BY_LINK)
@blueprint.arguments(NoFields)
@blueprint.response(200, ProgressSchema)
def cancel_ticket(body: dict[str, Any], token: str) -> Response:  # noqa: ARG001 -- an empty body
    """Call it off

    Before the technician has left; the ticket ends with it.
    """
    remember_actor(_customer(token))
    notice = timedelta(seconds=current_application().settings.cancel_notice_s)
    return run_command(lambda uow: tracking.cancel_by_link(uow, notice), rendered(ProgressSchema))


def _customer(token: str) -> Actor:
    application = current_application()
    now = application.clock.now()
    return read(application.database, lambda session: tracking.customer_by_link(session, token, now), lambda it: it)
