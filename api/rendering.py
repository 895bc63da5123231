"""Answers: what a use case returned, as JSON with its entity tag."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import Schema

from api.etags import etag_of, is_known
from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.texts import is_storable
from fieldsvc.services.command import Answer

JSON_TYPE = "application/json"


def rendered(schema: type[Schema], status: int = 200) -> Callable[[Any], Answer]:
    """Return what turns one entity into an answer, with an ETag if it has a version."""

    def render(entity: Any) -> Answer:
        version = getattr(entity, "version", None)
        body = to_json(schema_of(schema).dump(entity))
        return Answer(status, body, {} if version is None else {"ETag": etag_of(version, body)})

    return render


@cache
def schema_of(schema: type[Schema]) -> Schema:
    """Return what writes entities of a kind: its fields are copied once, not for each answer."""
    return schema()


def no_content(_: object) -> Answer:
    """Return the answer of a command that leaves nothing to show."""
    return Answer(204, "")


def to_json(value: object) -> str:
    """Return JSON without escaped Chinese and without NaN."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def response_of(answer: Answer) -> Response:
    """Return an answer over HTTP; 304 without a body when a reader has the same answer already."""
    headers = dict(answer.headers)
    if request.method in ("GET", "HEAD") and "ETag" in headers and is_known(headers["ETag"]):
        return Response(status=304, headers=headers)
    if answer.is_replayed:
        headers["Idempotency-Replayed"] = "true"
    if answer.status == 204:
        return Response(status=204, headers=headers)
    return Response(answer.body, answer.status, headers=headers, content_type=JSON_TYPE)


def page_request(query: Mapping[str, Any]) -> PageRequest:
    """Return the page a list's query asks for."""
    cursor = query.get("cursor")
    return PageRequest(query["limit"], None if cursor is None else _read_cursor(cursor))


def page_response(page: Page[Any], schema: type[Schema]) -> Response:
    """Return one page of a list, with the address of the next one."""
    cursor = None if page.next_after is None else _write_cursor(page.next_after)
    body = to_json({"items": schema_of(schema).dump(page.items, many=True), "next_cursor": cursor})
    response = Response(body, content_type=JSON_TYPE)
    if cursor is not None:
        parameters = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
        response.headers["Link"] = f'<{request.path}?{urlencode([*parameters, ("cursor", cursor)])}>; rel="next"'
    return response


def _write_cursor(after: tuple[str, ...]) -> str:
    return base64.urlsafe_b64encode(to_json(after).encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[str, ...]:
    # A cursor that was made up opens nothing: the list's scope is applied to whatever follows it.
    try:
        after = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _invalid_cursor() from error
    if not isinstance(after, list) or not after or not all(_is_text(value) for value in after):
        raise _invalid_cursor()
    return tuple(after)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and is_storable(value)


def _invalid_cursor() -> Invalid:
    fault = Fault("invalid_cursor", "/query/cursor", "A cursor as a page before gave it.")
    return Invalid("The cursor can't be read.", faults=[fault])
