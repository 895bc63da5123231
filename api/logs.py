"""Logs as JSON lines with the request's id; no personal data, no tokens, no addresses with ids in them."""

import time

import structlog
from flask import Flask, Response, g, request

from api.current import current_actor, current_request_id, is_signed_in

_log = structlog.get_logger("api.access")


def log_requests(app: Flask) -> None:
    """Write one line for each request, after it was answered."""
    app.before_request(_start)
    app.after_request(_log_answer)


def route_template() -> str:
    """Return the pattern of the route, which holds no ids and no tokens."""
    return "unmatched" if request.url_rule is None else request.url_rule.rule


def seconds_since_start() -> float:
    """Return how long the request has taken so far."""
    return time.perf_counter() - float(g.started_at)


def _start() -> None:
    g.started_at = time.perf_counter()


def _log_answer(response: Response) -> Response:
    response.headers["X-Request-Id"] = current_request_id()
    _log.info(
        "request",
        request_id=current_request_id(),
        method=request.method,
        route=route_template(),
        status=response.status_code,
        duration_ms=round(seconds_since_start() * 1000, 1),
        role=current_actor().role.value if is_signed_in() else None,
        is_replayed="Idempotency-Replayed" in response.headers,
    )
    return response
