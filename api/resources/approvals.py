"""Work and parts the customer has to pay for: offered and agreed to before they are done."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_page
from api.rendering import rendered
from api.schemas.approvals import ApprovalAnswerSchema, ApprovalRequestSchema, ApprovalSchema
from api.schemas.base import NoFields, PageQuery, page_of
from api.visit_bodies import approval_answer_of, lines_of
from fieldsvc.domain.permissions import Action
from fieldsvc.services import approvals

blueprint = Blueprint("approvals", "What customers are asked to pay for.")


@blueprint.route("/tickets/<uuid:ticket_id>/approvals")
@requires(Action.TICKET_READ)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(ApprovalSchema))
def list_approvals(query: dict[str, Any], ticket_id: UUID) -> Response:
    """List what the customer was asked to pay for, the oldest first"""
    return read_page(
        lambda page: lambda session: approvals.list_approvals(session, current_actor(), ticket_id, page),
        ApprovalSchema,
        query,
    )


@blueprint.route("/tickets/<uuid:ticket_id>/approvals", methods=["POST"])
@requires(Action.APPROVAL_REQUEST)
@key_required
@blueprint.arguments(ApprovalRequestSchema)
@blueprint.response(201, ApprovalSchema)
def request_approval(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Ask the customer to pay for something

    Before it is done. The ticket is not resolved while the customer has not answered, here or by link.
    """
    lines, visit_id, version = lines_of(body), body["visit_id"], expected_version()
    currency = current_application().settings.currency
    return run_command(
        lambda uow: approvals.request_approval(uow, ticket_id, lines, currency, visit_id=visit_id, version=version),
        rendered(ApprovalSchema, 201),
    )


@blueprint.route("/approvals/<uuid:approval_id>/decision", methods=["POST"])
@requires(Action.APPROVAL_DECIDE)
@key_required
@blueprint.arguments(ApprovalAnswerSchema)
@blueprint.response(200, ApprovalSchema)
def answer_approval(body: dict[str, Any], approval_id: UUID) -> Response:
    """Take the customer's answer on the technician's device

    Once; it names the SHA-256 of the offer that was shown. Nobody at a desk answers for the customer.
    """
    answer, version = approval_answer_of(body), expected_version()
    return run_command(
        lambda uow: approvals.answer_approval(uow, approval_id, answer, version),
        rendered(ApprovalSchema),
        occurred_at=body["occurred_at"],
        on_behalf=body["on_behalf"],
    )


@blueprint.route("/approvals/<uuid:approval_id>/withdrawal", methods=["POST"])
@requires(Action.APPROVAL_REQUEST)
@blueprint.arguments(NoFields)
@blueprint.response(200, ApprovalSchema)
def withdraw_approval(body: dict[str, Any], approval_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Want no answer any more"""
    version = expected_version()
    return run_command(lambda uow: approvals.withdraw_approval(uow, approval_id, version), rendered(ApprovalSchema))
