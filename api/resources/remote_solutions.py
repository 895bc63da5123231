"""Tickets that are solved from the desk, without a visit."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_one
from api.rendering import rendered
from api.schemas.remote_solutions import RemoteSolutionSchema, SolvedSchema
from api.schemas.visit_actions import DecisionSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.short_report import Solved
from fieldsvc.services import remote_solutions

blueprint = Blueprint("remote-solutions", "What is solved without a visit.")


@blueprint.route("/tickets/<uuid:ticket_id>/resolution")
@requires(Action.EVIDENCE_READ)
@blueprint.response(200, RemoteSolutionSchema)
def read_resolution(ticket_id: UUID) -> Response:
    """Read what was solved without a visit"""
    return read_one(
        lambda session: remote_solutions.get_remote(session, current_actor(), ticket_id), RemoteSolutionSchema
    )


@blueprint.route("/tickets/<uuid:ticket_id>/resolution", methods=["POST"])
@requires(Action.TICKET_TRIAGE)
@key_required
@blueprint.arguments(SolvedSchema)
@blueprint.response(201, RemoteSolutionSchema)
def resolve_without_visit(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Resolve a ticket without a visit

    Of a triaged ticket for which nobody is planned; visits that were only drafted are cancelled with it. The customer
    confirms the short report by link, or objects to it; with time it counts as accepted.
    """
    solved, version = Solved(**body), expected_version()
    return run_command(
        lambda uow: remote_solutions.resolve_without_visit(uow, ticket_id, solved, version),
        rendered(RemoteSolutionSchema, 201),
    )


@blueprint.route("/tickets/<uuid:ticket_id>/dispute", methods=["POST"])
@requires(Action.DISPUTE_DECIDE)
@blueprint.arguments(DecisionSchema)
@blueprint.response(200, RemoteSolutionSchema)
def decide_objection(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Decide about an objection to what was solved without a visit

    One that is upheld opens the ticket again, more urgently.
    """
    reason, is_upheld, version = body["reason"], body["is_upheld"], expected_version()
    return run_command(
        lambda uow: remote_solutions.decide_objection(uow, ticket_id, reason, is_upheld=is_upheld, version=version),
        rendered(RemoteSolutionSchema),
    )
