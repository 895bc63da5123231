"""The API's description for machines and for people; all of it is served from here, so it works offline."""

from flask import Blueprint, Response, current_app, send_file

from api.auth import public
from api.openapi_document import document_of
from api.pages import WEB
from api.rendering import JSON_TYPE, to_json
from fieldsvc.domain.errors import NotFound

blueprint = Blueprint("docs", __name__)

_FILES = {
    "docs.js": (WEB / "docs" / "docs.js", "text/javascript"),
    "swagger-ui-bundle.js": (WEB / "vendor" / "swagger-ui" / "swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": (WEB / "vendor" / "swagger-ui" / "swagger-ui.css", "text/css"),
}
# Swagger UI sets style attributes and draws its icons from data addresses; scripts are files of ours only.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SAME_FOR_ALL = "the description of the API is the same for everybody"


@blueprint.get("/openapi.json")
@public(_SAME_FOR_ALL)
def read_openapi() -> Response:
    """Give the OpenAPI document."""
    return Response(to_json(document_of(current_app)), content_type=JSON_TYPE)


@blueprint.get("/docs")
@public(_SAME_FOR_ALL)
def read_docs() -> Response:
    """Show the API's description."""
    response = send_file(WEB / "docs" / "index.html", mimetype="text/html")
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


@blueprint.get("/docs/<name>")
@public(_SAME_FOR_ALL)
def read_docs_file(name: str) -> Response:
    """Give a file of the docs page."""
    if name not in _FILES:
        raise NotFound("The docs page has no such file.")
    path, kind = _FILES[name]
    return send_file(path, mimetype=kind, max_age=86_400)
