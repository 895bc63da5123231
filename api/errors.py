"""Everything that is refused, as application/problem+json (RFC 9457)."""

import http
import json
import re
from collections.abc import Mapping, Sequence

import structlog
from flask import Flask, Response
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from api.current import current_request_id
from fieldsvc.domain import errors as domain
from fieldsvc.domain.errors import DomainError, Fault, Invalid, RetryLater
from fieldsvc.logs import trace_of

PROBLEM_TYPE = "application/problem+json"

# The nearest class on the way up decides, so a new kind of conflict is a 409 without a row of its own.
STATUSES: Mapping[type[DomainError], int] = {
    domain.Unreadable: 400,
    domain.Unauthenticated: 401,
    domain.Forbidden: 403,
    domain.NotFound: 404,
    domain.Conflict: 409,
    domain.Erased: 410,
    domain.StaleVersion: 412,
    domain.TooLarge: 413,
    domain.Invalid: 422,
    domain.IdempotencyKeyReused: 422,
    domain.VersionRequired: 428,
    domain.TooManyRequests: 429,
    domain.Busy: 503,
}

# Codes of what the web framework refuses by itself; other statuses are named by their phrase.
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "wrong_content_type"}

_log = structlog.get_logger("api.errors")


class Refused(Exception):
    """A request that HTTP itself refuses, before any rule of the domain is asked."""

    def __init__(self, status: int, code: str, detail: str, faults: Sequence[Fault] = ()) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        super().__init__(detail)


class FaultMessage(str):
    """A validation message that knows its code."""

    __slots__ = ("code",)

    code: str

    def __new__(cls, text: str, code: str) -> "FaultMessage":
        """Return the text with a code."""
        message = super().__new__(cls, text)
        message.code = code
        return message

    def __deepcopy__(self, _: object) -> "FaultMessage":
        """Return itself: it never changes, and marshmallow copies schemas with all they hold."""
        return self

    def format(self, *args: object, **kwargs: object) -> "FaultMessage":
        """Fill the text in, as marshmallow does, and keep the code."""
        return FaultMessage(str.format(self, *args, **kwargs), self.code)


def problem(
    status: int,
    code: str,
    detail: str,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as an answer."""
    body = {
        "type": f"urn:fieldsvc:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "errors": [{"code": fault.code, "pointer": fault.pointer, "message": fault.message} for fault in faults],
        "request_id": current_request_id(),
    }
    return Response(json.dumps(body), status, headers=dict(headers or {}), content_type=PROBLEM_TYPE)


def status_of(kind: type[DomainError]) -> int:
    """Return the HTTP status of a domain error."""
    return next(STATUSES[parent] for parent in kind.__mro__ if parent in STATUSES)


def register_error_handlers(app: Flask) -> None:
    """Answer every error of an app with a problem."""
    app.register_error_handler(Refused, _on_refused)
    app.register_error_handler(DomainError, _on_domain_error)
    app.register_error_handler(HTTPException, _on_http_exception)
    app.register_error_handler(Exception, _on_unexpected)


def invalid_arguments(error: ValidationError) -> Invalid:
    """Turn marshmallow's nested messages into faults with pointers."""
    faults: list[Fault] = []
    assert isinstance(error.messages, dict), "the parser puts messages under the place they are about"
    for location, found in error.messages.items():
        _collect(found, "" if location == "json" else f"/{location}", faults)
    return Invalid("The request is readable, but not all of it is right.", faults=faults)


def _collect(found: object, pointer: str, faults: list[Fault]) -> None:
    if isinstance(found, Mapping):
        for name, inner in found.items():
            step = "" if name == "_schema" else "/" + re.sub("/", "~1", re.sub("~", "~0", str(name)))
            _collect(inner, pointer + step, faults)
    elif isinstance(found, list):
        for message in found:
            _collect(message, pointer, faults)
    else:
        faults.append(Fault(getattr(found, "code", "invalid_value"), pointer, str(found)))


def _on_refused(error: Refused) -> Response:
    return problem(error.status, error.code, error.detail, error.faults)


def _on_domain_error(error: DomainError) -> Response:
    headers = {}
    status = status_of(type(error))
    if isinstance(error, RetryLater):
        headers["Retry-After"] = str(error.retry_after_s)
    if status == http.HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="fieldsvc"'
    return problem(status, error.code, error.detail, error.faults, headers)


def _on_http_exception(error: HTTPException) -> Response:
    status = error.code or 500
    if status < http.HTTPStatus.BAD_REQUEST:
        return Response(error.get_body(), status, headers=error.get_headers())
    code = _HTTP_CODES.get(status) or error.name.lower().replace(" ", "_")
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem(status, code, error.description or error.name, headers=headers)


def _on_unexpected(error: Exception) -> Response:
    _log.error("unexpected_error", request_id=current_request_id(), **trace_of(error))
    return problem(500, "internal_error", "Something went wrong here, not with your request. Quote the request_id.")
