"""Counts of what is at a place."""

from collections.abc import Callable
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
from api.schemas.counts import CountRequestSchema, CountSchema, CountsQuery, CountSubmissionSchema, RecountSchema
from api.unit_bodies import units_of
from fieldsvc.domain.permissions import Action
from fieldsvc.services import count_views, counts
from fieldsvc.services.command import Answer

blueprint = Blueprint("counts", "What is there, found out by looking.")


@blueprint.route("/counts")
@requires(Action.COUNT_READ)
@blueprint.arguments(CountsQuery, location="query")
@blueprint.response(200, page_of(CountSchema))
def list_counts(query: dict[str, Any]) -> Response:
    """List counts, the newest first"""
    wanted = {name: query[name] for name in ("state", "location_id")}
    return read_page(
        lambda page: lambda session: counts.list_counts(session, current_actor(), page, **wanted), CountSchema, query
    )


@blueprint.route("/counts", methods=["POST"])
@requires(Action.COUNT)
@key_required
@blueprint.arguments(CountRequestSchema)
@blueprint.response(201, CountSchema)
def open_count(body: dict[str, Any]) -> Response:
    """Say what is to be counted where

    A technician counts the own van. Nobody is told what the books have before the count is submitted.
    """
    wish = counts.CountWish(body["location_id"], tuple(body["part_ids"]))
    return run_command(lambda uow: counts.open_count(uow, wish), _shown(201))


@blueprint.route("/counts/<uuid:count_id>")
@requires(Action.COUNT_READ)
@blueprint.response(200, CountSchema)
def read_count(count_id: UUID) -> Response:
    """Read a count"""
    actor = current_actor()
    return read_one(
        lambda session: count_views.view_count(actor, counts.get_count(session, actor, count_id)), CountSchema
    )


@blueprint.route("/counts/<uuid:count_id>/submission", methods=["POST"])
@requires(Action.COUNT)
@key_required
@blueprint.arguments(CountSubmissionSchema)
@blueprint.response(200, CountSchema)
def submit_count(body: dict[str, Any], count_id: UUID) -> Response:
    """Say what was counted

    Differences that are worth little are posted at once, others wait for a supervisor.
    """
    version, limit = expected_version(), current_application().settings.count_approval_cents
    counted = [units_of(row) for row in body["counted"]]
    return run_command(lambda uow: counts.submit_count(uow, count_id, counted, limit, version), _shown())


@blueprint.route("/counts/<uuid:count_id>/approval", methods=["POST"])
@requires(Action.COUNT_DECIDE)
@blueprint.arguments(NoFields)
@blueprint.response(200, CountSchema)
def approve_count(body: dict[str, Any], count_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Let the differences be moves

    Who was promised what is not there waits again, and who waits is served by what was found.
    """
    version = expected_version()
    return run_command(lambda uow: counts.approve_count(uow, count_id, version), _shown())


@blueprint.route("/counts/<uuid:count_id>/recount", methods=["POST"])
@requires(Action.COUNT_DECIDE)
@blueprint.arguments(RecountSchema)
@blueprint.response(200, CountSchema)
def ask_recount(body: dict[str, Any], count_id: UUID) -> Response:
    """Let it be counted again"""
    version = expected_version()
    return run_command(lambda uow: counts.ask_recount(uow, count_id, body["reason"], version), _shown())


@blueprint.route("/counts/<uuid:count_id>/cancellation", methods=["POST"])
@requires(Action.COUNT)
@blueprint.arguments(NoFields)
@blueprint.response(200, CountSchema)
def cancel_count(body: dict[str, Any], count_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Give a count up"""
    version = expected_version()
    return run_command(lambda uow: counts.cancel_count(uow, count_id, version), _shown())


def _shown(status: int = 200) -> Callable[[Any], Answer]:
    """Show a count as whoever asks may see it."""
    actor, render = current_actor(), rendered(CountSchema, status)
    return lambda count: render(count_views.view_count(actor, count))
