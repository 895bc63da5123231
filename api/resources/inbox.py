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
from api.schemas.base import page_of
from api.schemas.tasks import OutcomeSchema, TaskRequestSchema, TaskSchema, TasksQuery
from fieldsvc.domain.permissions import Action
from fieldsvc.services import tasks

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


@blueprint.route("/tickets/<uuid:ticket_id>/tasks", methods=["POST"])
@requires(Action.TASK_MANAGE)
@key_required
@blueprint.arguments(TaskRequestSchema)
@blueprint.response(201, TaskSchema)
def request_task(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Ask a team to look at a ticket"""
    version = expected_version()
    wanted = tasks.TaskRequest(**body)
    return run_command(lambda uow: tasks.request_task(uow, ticket_id, wanted, version), rendered(TaskSchema, 201))
