"""What phones tell and are told."""

from typing import Any

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application, current_request_id
from api.idempotency import key_ignored
from api.phone_commands import Known, read_commands
from api.reading import read_page
from api.rendering import rendered, response_of, schema_of, to_json
from api.schemas.base import page_of
from api.schemas.sync import (
    SHOWN,
    PhoneCommandSchema,
    PhoneCommandsQuery,
    PulledSchema,
    PullQuery,
    PushedSchema,
    PushSchema,
)
from fieldsvc.domain.permissions import Action
from fieldsvc.services import sync_log, sync_pull, sync_push

blueprint = Blueprint("sync", "What phones tell and are told.")


@blueprint.route("/sync/push", methods=["POST"])
@requires(Action.SYNC)
@key_ignored
@blueprint.arguments(PushSchema)
@blueprint.response(200, PushedSchema)
def push(body: dict[str, Any]) -> Response:
    """Tell what was done offline

    Each command is taken once, in the phone's order: its id is its key, so no Idempotency-Key is honoured. Facts are
    never refused for the plan's sake; no command blocks those after it. The phone goes on after `last_seq`.
    """
    app = current_application()
    commands = read_commands(body["commands"], body["sent_at"], Known(app.settings.geofence_m, app.settings.currency))
    told = sync_push.Push(body["device_id"], body["sent_at"], commands, body["newest_seq"])
    answer = sync_push.push_commands(app.database, current_actor(), told, current_request_id())
    return response_of(rendered(PushedSchema)(answer))


@blueprint.route("/sync/pull")
@requires(Action.SYNC)
@blueprint.arguments(PullQuery, location="query")
@blueprint.response(200, PulledSchema)
def pull(query: dict[str, Any]) -> Response:
    """Ask what is different from what this phone holds

    Visits sent out, from yesterday to seven days ahead, with their routes, parts and what is on the van. What was sent
    counts as held once the phone comes back with its cursor.
    """
    pulled = sync_pull.pull_changes(
        current_application().database, current_actor(), query["cursor"], query["limit"], _show, current_request_id()
    )
    return response_of(rendered(PulledSchema)(pulled))


@blueprint.route("/sync/commands")
@requires(Action.PHONE_COMMAND_READ)
@blueprint.arguments(PhoneCommandsQuery, location="query")
@blueprint.response(200, page_of(PhoneCommandSchema))
def list_commands(query: dict[str, Any]) -> Response:
    """List what phones have told, the newest first

    With what became of it: what was kept for the office, or refused, with how the visit stood then.
    """
    status, visit_id = query["status"], query["visit_id"]
    return read_page(
        lambda page: (
            lambda session: sync_log.list_phone_commands(
                session, current_actor(), page, status=status, visit_id=visit_id
            )
        ),
        PhoneCommandSchema,
        query,
    )


def _show(kind: str, thing: Any) -> tuple[Any, str]:
    shown = schema_of(SHOWN[kind]).dump(thing)
    return shown, to_json(shown)
