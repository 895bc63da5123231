"""Runs a command for a request: once for each Idempotency-Key, with the answer it had the first time."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import Response, request

from api.auth import Requires, declaration_of
from api.bodies import MISSING, are_files_taken, read_body
from api.current import View, current_actor, current_application, current_request_id, matched_view
from api.rendering import response_of
from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.services.command import Answer, Command, execute
from fieldsvc.services.repeats import check_still_in_scope
from fieldsvc.services.use_case import Outcome, WriteCase

Function = TypeVar("Function", bound=View)

HEADER = "Idempotency-Key"
KEY_PATTERN = "[!-~]{1,200}"
_KEY_REQUIRED = "fieldsvc_key_required"
_KEY_IGNORED = "fieldsvc_key_ignored"


def key_required(view: Function) -> Function:
    """Declare that a view is served with an Idempotency-Key only, as a duplicate would cost."""
    setattr(view, _KEY_REQUIRED, True)
    return view


def key_ignored(view: Function) -> Function:
    """Declare that a view honours no Idempotency-Key, as its answer holds a secret that is kept nowhere."""
    setattr(view, _KEY_IGNORED, True)
    return view


def is_key_ignored(view: View) -> bool:
    """Tell whether a view has declared so."""
    return bool(getattr(view, _KEY_IGNORED, False))


def is_key_required(view: View) -> bool:
    """Tell whether a view has declared so."""
    return bool(getattr(view, _KEY_REQUIRED, False))


def run_command(
    use_case: WriteCase[Outcome],
    render: Callable[[Outcome], Answer],
    *,
    occurred_at: datetime | None = None,
    on_behalf: bool = False,
    leaves_scope: bool = False,
) -> Response:
    """Run a use case in one transaction for the caller and return its answer, or the one this key had before.

    An answer is given again only while what the path names is in the caller's scope. leaves_scope: the command
    itself takes it out, so its answer may be repeated all the same. The use case may be run more than once, so it
    touches nothing but the unit of work it is given.
    """
    key, actor = _given_key(), current_actor()
    command = Command(
        actor=actor,
        route=f"{request.method} {request.url_rule}",
        key=key,
        body_hash=_request_hash() if key else None,
        occurred_at=occurred_at,
        on_behalf=on_behalf,
        source="api_key" if actor.is_program else "api",
        request_id=current_request_id(),
    )
    view, ids = matched_view(), dict(request.view_args or {})
    declared = None if view is None else declaration_of(view)

    def check_repeat(session: Any) -> None:
        if isinstance(declared, Requires) and not leaves_scope:
            check_still_in_scope(session, actor, declared.action, ids)

    return response_of(execute(current_application().database, command, use_case, render, check_repeat))


def _given_key() -> str | None:
    key = request.headers.get(HEADER)
    view = matched_view()
    if view is not None and is_key_ignored(view):
        return None
    if key is None:
        if view is not None and is_key_required(view):
            fault = Fault("missing_idempotency_key", f"/headers/{HEADER}", "Make one up, and repeat it with a retry.")
            raise Invalid("This needs an Idempotency-Key: doing it twice would cost.", faults=[fault])
        return None
    if not re.fullmatch(KEY_PATTERN, key):
        fault = Fault("invalid_idempotency_key", f"/headers/{HEADER}", "1 to 200 visible ASCII characters.")
        raise Invalid("The Idempotency-Key can't be used.", faults=[fault])
    return key


def _request_hash() -> str:
    if are_files_taken(matched_view()):
        canonical = hashlib.sha256(request.get_data(cache=True)).hexdigest()
    else:
        body = read_body()
        canonical = "" if body is MISSING else json.dumps(body, sort_keys=True, separators=(",", ":"))
    # Keyed, so that what was said can't be guessed from the hash.
    sealer = current_application().database.sealer
    return sealer.index_of(f"{request.method}\n{request.full_path}\n{canonical}")
