"""What is kept about a customer: handed over, or erased. One person asks, another approves."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application
from api.etags import expected_version
from api.idempotency import run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import NoFields, page_of
from api.schemas.privacy import CustomerExportSchema, PrivacyRequestSchema, PrivacyRequestsQuery, PrivacyWishSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import exports, privacy
from fieldsvc.services.erasure import tidy_up

blueprint = Blueprint("privacy", "What is kept about a customer, handed over or erased.")


@blueprint.route("/privacy-requests")
@requires(Action.PRIVACY_MANAGE)
@blueprint.arguments(PrivacyRequestsQuery, location="query")
@blueprint.response(200, page_of(PrivacyRequestSchema))
def list_privacy_requests(query: dict[str, Any]) -> Response:
    """List privacy requests, the newest first"""
    state = query["state"]
    return read_page(
        lambda page: lambda session: privacy.list_privacy_requests(session, current_actor(), page, state=state),
        PrivacyRequestSchema,
        query,
    )


@blueprint.route("/privacy-requests", methods=["POST"])
@requires(Action.PRIVACY_MANAGE)
@blueprint.arguments(PrivacyWishSchema)
@blueprint.response(201, PrivacyRequestSchema)
def request_privacy(body: dict[str, Any]) -> Response:
    """Ask for a customer's export or erasure

    Nothing happens before another administrator approves it.
    """
    wish = privacy.PrivacyWish(body["customer_id"], body["kind"], body["reason"])
    return run_command(lambda uow: privacy.request_privacy(uow, wish), rendered(PrivacyRequestSchema, 201))


@blueprint.route("/privacy-requests/<uuid:privacy_request_id>")
@requires(Action.PRIVACY_MANAGE)
@blueprint.response(200, PrivacyRequestSchema)
def read_privacy_request(privacy_request_id: UUID) -> Response:
    """Read a privacy request"""
    return read_one(
        lambda session: privacy.get_privacy_request(session, current_actor(), privacy_request_id), PrivacyRequestSchema
    )


@blueprint.route("/privacy-requests/<uuid:privacy_request_id>/approval", methods=["POST"])
@requires(Action.PRIVACY_MANAGE)
@blueprint.arguments(NoFields)
@blueprint.response(200, PrivacyRequestSchema)
def approve_privacy(_: dict[str, Any], privacy_request_id: UUID) -> Response:
    """Approve it, as another person than who asked

    An erasure is carried out with it, and there is no way back: refused while a ticket or an objection is open.
    """
    version = expected_version()
    response = run_command(
        lambda uow: privacy.approve_privacy(uow, privacy_request_id, version), rendered(PrivacyRequestSchema)
    )
    app = current_application()
    tidy_up(app.database, app.blobs)
    return response


@blueprint.route("/privacy-requests/<uuid:privacy_request_id>/withdrawal", methods=["POST"])
@requires(Action.PRIVACY_MANAGE)
@blueprint.arguments(NoFields)
@blueprint.response(200, PrivacyRequestSchema)
def withdraw_privacy(_: dict[str, Any], privacy_request_id: UUID) -> Response:
    """Take it back; nothing is done"""
    version = expected_version()
    return run_command(
        lambda uow: privacy.withdraw_privacy(uow, privacy_request_id, version), rendered(PrivacyRequestSchema)
    )


@blueprint.route("/privacy-requests/<uuid:privacy_request_id>/document")
@requires(Action.PRIVACY_MANAGE)
@blueprint.response(200, CustomerExportSchema)
def read_export(privacy_request_id: UUID) -> Response:
    """Fetch an approved export

    For seven days; as things are when it is fetched.
    """
    now = current_application().clock.now()
    response = read_one(
        lambda session: exports.export_customer(session, current_actor(), privacy_request_id, now),
        CustomerExportSchema,
    )
    response.headers["Content-Disposition"] = f'attachment; filename="customer-{privacy_request_id}.json"'
    return response
