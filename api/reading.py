"""Answers reads: one entity with its ETag, or one page of a list."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response
from marshmallow import Schema

from api.current import current_application
from api.rendering import page_request, page_response, rendered, response_of
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.services.use_case import Outcome, ReadCase, read


def read_one(use_case: ReadCase[Outcome], schema: type[Schema]) -> Response:
    """Return one entity; 304 when the caller has the same answer already."""
    return response_of(read(current_application().database, use_case, rendered(schema)))


def read_page(
    use_case: Callable[[PageRequest], ReadCase[Page[Any]]], schema: type[Schema], query: Mapping[str, Any]
) -> Response:
    """Return one page; the use case is given the page wanted, then the session."""
    wanted = page_request(query)
    return read(current_application().database, use_case(wanted), lambda page: page_response(page, schema))
