"""The blueprint of every resource: reads requests strictly, and writes into the OpenAPI file what all routes share."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NoReturn, TypeVar, cast

import flask_smorest
from marshmallow import RAISE, Schema, ValidationError
from webargs import missing
from webargs.flaskparser import FlaskParser

from api.auth import Requires, declaration_of
from api.bodies import MISSING, are_bytes_taken, read_body
from api.current import View, view_for
from api.errors import invalid_arguments
from api.etags import TAG_PATTERN
from api.idempotency import HEADER, KEY_PATTERN, is_key_ignored, is_key_required
from api.schemas.base import EntitySchema

Function = TypeVar("Function", bound=View)


class StrictParser(FlaskParser):
    """Reads bodies and queries; every fault of a request is collected into one problem."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}  # noqa: RUF012 -- webargs

    def load_json(self, *_: object) -> Any:
        """Return the body as strict JSON."""
        body = read_body()
        return missing if body is MISSING else body

    def handle_error(self, error: ValidationError, *_: object, **__: object) -> NoReturn:
        """Refuse with all faults."""
        raise invalid_arguments(error) from error


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """Routes of one noun, below /api/v1."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, f"api.resources.{name}", description=description)
        self._prepare_doc_cbks.append(_document_shared_parts)

    def route(self, rule: str, *, methods: Sequence[str] = ("GET",)) -> Callable[[Function], Function]:
        """Register a view for a path and its methods."""
        return cast(Callable[[Function], Function], super().route(rule, methods=list(methods)))

    def doc(self, **parts: Any) -> Callable[[Function], Function]:
        """Write into the OpenAPI file what no schema says."""
        return cast(Callable[[Function], Function], super().doc(**parts))

    def arguments(
        self, schema: type[Schema], *, location: Literal["json", "query"] = "json"
    ) -> Callable[[Function], Function]:
        """Give a view what the body or the query holds, as its next positional argument."""
        return cast(Callable[[Function], Function], super().arguments(schema, location=location))

    def response(self, status: int, schema: type[Schema] | None = None) -> Callable[[Function], Function]:
        """Document what a view answers with."""
        document = super().response(status, schema)
        has_etag = schema is not None and issubclass(schema, EntitySchema)

        def decorate(view: Function) -> Function:
            documented = document(view)
            documented._apidoc["has_etag"] = has_etag
            return cast(Function, documented)

        return decorate

    def _store_endpoint_docs(self, endpoint: str, view: View, *args: Any, **options: Any) -> None:
        super()._store_endpoint_docs(endpoint, view, *args, **options)
        for method, document in self._docs[endpoint].items():
            if method != "parameters":
                document["view"] = view_for(view, method.upper())


def _document_shared_parts(doc: dict[str, Any], info: dict[str, Any], *, method: str, **_: object) -> dict[str, Any]:
    """Say in the OpenAPI file what follows from a view's declarations."""
    view = info["view"]
    responses = doc["responses"]
    responses.pop("422", None)  # its name differs between versions of Python; the default answer covers it
    responses.pop(422, None)
    parameters = doc.setdefault("parameters", [])
    declared = declaration_of(view)
    if isinstance(declared, Requires):
        doc["security"] = [{"bearer": []}]
        doc["x-permission"] = declared.action.value
    else:
        doc["security"] = []
    if method != "get" and not is_key_ignored(view):
        said = "The same key and body give the same answer."
        parameters.append(_header(HEADER, is_key_required(view), said, KEY_PATTERN))
    if method == "get" and info.get("has_etag"):
        parameters.append(_header("If-None-Match", False, "ETags the caller has; 304 if the answer is the same."))
        responses["304"] = {"description": "Not Modified"}
    if method != "get" and isinstance(declared, Requires):
        needed = method in ("put", "patch", "delete") and not are_bytes_taken(view)
        if needed or info.get("has_etag"):
            said = "The ETag of what is meant, or its version alone; 412 if there is a newer version."
            parameters.append(_header("If-Match", needed, said, TAG_PATTERN))
    return doc


def _header(name: str, is_required: bool, description: str, pattern: str | None = None) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "required": is_required,
        "description": description,
        "schema": {"type": "string"} if pattern is None else {"type": "string", "pattern": f"^{pattern}$"},
    }
