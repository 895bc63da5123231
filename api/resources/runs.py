"""Optimization runs: ask for one, watch it, read its proposal, publish it."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import NoFields, page_of
from api.schemas.runs import (
    ApplicationRequestSchema,
    ProposalSchema,
    ReversalRequestSchema,
    RunRequestSchema,
    RunSchema,
    RunsQuery,
)
from fieldsvc.domain.permissions import Action
from fieldsvc.services import applications, reversals, runs
from fieldsvc.services.command import Answer

blueprint = Blueprint("optimization-runs", "Plans by the solver, from the request to the published day.")


@blueprint.route("/optimization-runs")
@requires(Action.RUN_READ)
@blueprint.arguments(RunsQuery, location="query")
@blueprint.response(200, page_of(RunSchema))
def list_runs(query: dict[str, Any]) -> Response:
    """List runs, the newest first"""
    day = query["day"]
    return read_page(lambda page: lambda session: runs.list_runs(session, current_actor(), page, day), RunSchema, query)


@blueprint.route("/optimization-runs", methods=["POST"])
@requires(Action.RUN_CREATE)
@key_required
@blueprint.arguments(RunRequestSchema)
@blueprint.response(201, RunSchema)
def request_run(body: dict[str, Any]) -> Response:
    """Ask for a plan of a team's day

    The run is queued (201). An unfinished run that was asked for in the same words is joined instead (200). Runs
    that share a technician's day are solved one after another.
    """
    technicians = None if body["technicians"] is None else tuple(body["technicians"])
    request = runs.RunRequest(body["team_id"], body["day"], technicians, body["time_limit_s"], body["seed"])
    settings = current_application().settings
    limits = {"max_solve_s": settings.max_solve_s, "max_visits": settings.max_visits_per_run}
    return run_command(lambda uow: runs.request_run(uow, request, **limits), _render_request)


@blueprint.route("/optimization-runs/<uuid:run_id>")
@requires(Action.RUN_READ)
@blueprint.response(200, RunSchema)
def read_run(run_id: UUID) -> Response:
    """Read a run and its progress"""
    return read_one(lambda session: runs.get_run(session, current_actor(), run_id), RunSchema)


@blueprint.route("/optimization-runs/<uuid:run_id>/proposal")
@requires(Action.RUN_READ)
@blueprint.response(200, ProposalSchema)
def read_proposal(run_id: UUID) -> Response:
    """Read what a run proposes

    Routes with stops, parts and travel; unplanned visits with reasons; differences to the published plan; figures
    before, after, and of a first-come plan.
    """
    return read_one(lambda session: runs.get_run(session, current_actor(), run_id, with_result=True), ProposalSchema)


@blueprint.route("/optimization-runs/<uuid:run_id>/application", methods=["POST"])
@requires(Action.RUN_APPLY)
@key_required
@blueprint.arguments(ApplicationRequestSchema)
@blueprint.response(200, RunSchema)
def apply_run(body: dict[str, Any], run_id: UUID) -> Response:
    """Publish a proposal

    Technician-days that rest on something changed meanwhile are skipped and named in `application`; the run ends
    applied, partly_applied, or stale when nothing could be published. Moving more visits that somebody was told of
    than the settings allow is left to a supervisor.
    """
    version = expected_version()
    named = None if body["technicians"] is None else frozenset(body["technicians"])
    most = current_application().settings.max_disrupted_visits
    options = applications.ApplyOptions(named, dispatches=body["dispatch"], most_disrupted=most)
    return run_command(lambda uow: applications.apply_run(uow, run_id, options, version), rendered(RunSchema))


@blueprint.route("/optimization-runs/<uuid:run_id>/reversal", methods=["POST"])
@requires(Action.RUN_APPLY)
@key_required
@blueprint.arguments(ReversalRequestSchema)
@blueprint.response(200, RunSchema)
def revert_run(body: dict[str, Any], run_id: UUID) -> Response:
    """Take an applied run back

    What was published before it is published anew, timed under the facts of now; visits that no longer hold there
    are unscheduled and named in `reversal`. Refused once a visit it moved has started, or while a later run that
    published some of the same days stands.
    """
    version = expected_version()
    return run_command(
        lambda uow: reversals.revert_run(uow, run_id, dispatches=body["dispatch"], version=version),
        rendered(RunSchema),
    )


@blueprint.route("/optimization-runs/<uuid:run_id>/cancellation", methods=["POST"])
@requires(Action.RUN_CANCEL)
@blueprint.arguments(NoFields)
@blueprint.response(200, RunSchema)
def cancel_run(body: dict[str, Any], run_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Stop a run that is queued or being solved"""
    version = expected_version()
    return run_command(lambda uow: runs.cancel_run(uow, run_id, version), rendered(RunSchema))


@blueprint.route("/optimization-runs/<uuid:run_id>/rejection", methods=["POST"])
@requires(Action.RUN_CANCEL)
@blueprint.arguments(NoFields)
@blueprint.response(200, RunSchema)
def discard_run(body: dict[str, Any], run_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Put a proposal away"""
    version = expected_version()
    return run_command(lambda uow: runs.discard_run(uow, run_id, version), rendered(RunSchema))


def _render_request(outcome: tuple[Any, bool]) -> Answer:
    run, is_joined = outcome
    return rendered(RunSchema, 200 if is_joined else 201)(run)
