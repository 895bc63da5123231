"""The inbox of a team: tasks, raised by what happens or by people."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import NoFields, page_of
from api.schemas.counts import CountSchema
from api.schemas.tasks import OutcomeSchema, TaskRequestSchema, TaskSchema, TasksQuery
from fieldsvc.domain.permissions import Action
from fieldsvc.services import count_views, tasks, wanted_counts

blueprint = Blueprint("inbox", "What somebody at the desk has to look at.")


@blueprint.route("/inbox")
@requires(Action.TASK_READ)
@blueprint.arguments(TasksQuery, location="query")
@blueprint.response(200, page_of(TaskSchema))
def list_tasks(query: dict[str, Any]) -> Response:
    """List tasks, the oldest first

    The open ones, unless another state is asked for.
    """
    state, ticket_id = query["state"], query["ticket_id"]
    return read_page(
        lambda page: lambda session: tasks.list_tasks(session, current_actor(), page, state=state, ticket_id=ticket_id),
        TaskSchema,
        query,
    )


@blueprint.route("/inbox/<uuid:task_id>")
@requires(Action.TASK_READ)
@blueprint.response(200, TaskSchema)
def read_task(task_id: UUID) -> Response:
    """Read a task"""
    return read_one(lambda session: tasks.get_task(session, current_actor(), task_id), TaskSchema)


@blueprint.route("/inbox/<uuid:task_id>/completion", methods=["POST"])
@requires(Action.TASK_MANAGE)
@blueprint.arguments(OutcomeSchema)
@blueprint.response(200, TaskSchema)
def finish_task(body: dict[str, Any], task_id: UUID) -> Response:
    """Say what came of a task"""
    version = expected_version()
    return run_command(lambda uow: tasks.finish_task(uow, task_id, body["outcome"], version), rendered(TaskSchema))


@blueprint.route("/inbox/<uuid:count_task_id>/count", methods=["POST"])
@requires(Action.COUNT)
@key_required
@blueprint.arguments(NoFields)
@blueprint.response(201, CountSchema)
def open_wanted_count(body: dict[str, Any], count_task_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Open the count that a task asks for

    The part, where the task wants it counted; a count of it that is open there is answered instead of another. A
    technician counts the own van. The task ends by itself when the count is posted.
    """
    actor, render = current_actor(), rendered(CountSchema, 201)
    return run_command(
        lambda uow: wanted_counts.open_wanted_count(uow, count_task_id),
        lambda count: render(count_views.view_count(actor, count)),
    )


@blueprint.route("/tickets/<uuid:ticket_id>/tasks", methods=["POST"])
@requires(Action.TASK_REQUEST)
@key_required
@blueprint.arguments(TaskRequestSchema)
@blueprint.response(201, TaskSchema)
def request_task(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Ask a team to look at a ticket"""
    version = expected_version()
    wanted = tasks.TaskRequest(**body)
    return run_command(lambda uow: tasks.request_task(uow, ticket_id, wanted, version), rendered(TaskSchema, 201))
