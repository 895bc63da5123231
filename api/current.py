"""What belongs to the request at hand: the application, who asks, and the request's own id."""

import re
from collections.abc import Callable
from typing import Any, cast
from uuid import uuid4

from flask import current_app, g, request

from fieldsvc.bootstrap import Application
from fieldsvc.domain.actor import Actor

_EXTENSION = "fieldsvc"
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

View = Callable[..., Any]


def attach_application(extensions: dict[str, Any], application: Application) -> None:
    """Let the requests of a Flask app find the application."""
    extensions[_EXTENSION] = application


def current_application() -> Application:
    """Return the application this request is served by."""
    return cast(Application, current_app.extensions[_EXTENSION])


def current_request_id() -> str:
    """Return the caller's X-Request-Id if it can't do harm in a log, else an id of our own."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _SANE_ID.fullmatch(given) else uuid4().hex
    return cast(str, g.request_id)


def current_actor() -> Actor:
    """Return who asks; only on routes that require a permission."""
    return cast(Actor, g.actor)


def is_signed_in() -> bool:
    """Tell whether somebody was recognised for this request."""
    return "actor" in g


def remember_actor(actor: Actor) -> None:
    """Keep who asks for the rest of the request."""
    g.actor = actor


def matched_view() -> View | None:
    """Return the function the request was routed to, or None where no route fits."""
    if request.url_rule is None:
        return None
    return view_for(current_app.view_functions[request.url_rule.endpoint], request.method)


def view_for(view: View, method: str) -> View:
    """Return the function that carries a view's declarations: a method of its class, or the view itself."""
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return view
    name = "get" if method == "HEAD" and not hasattr(view_class, "head") else method.lower()
    return cast(View, getattr(view_class, name, view))
