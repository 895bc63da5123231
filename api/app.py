"""Makes the WSGI application: what holds for every route, then the routes."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import flask_smorest
from flask import Flask, Response, request

from api.auth import authorize
from api.blueprint import Blueprint
from api.bodies import are_bytes_taken, are_files_taken
from api.current import attach_application, current_application, matched_view
from api.errors import PROBLEM_TYPE, Refused, register_error_handlers
from api.logs import log_requests
from api.metrics import count_requests
from api.pages import PAGES
from api.resources import BLUEPRINTS, ROOT_BLUEPRINTS
from api.schemas.base import ProblemSchema
from fieldsvc.bootstrap import Application

BASE_PATH = "/api/v1"
API_VERSION = "1"
OPENAPI_VERSION = "3.1.0"
_JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"


class _Api(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest with our problems in place of its errors; it describes its routes when somebody asks for it.

    Describing them takes twice as long as making them.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, **options: Any) -> None:
        self._undescribed: list[Blueprint] = []
        self._describing = Lock()
        super().__init__(app, **options)

    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Serve a blueprint's routes."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint, **options)
        self._undescribed.append(blueprint)

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        with self._describing:
            for one in self._undescribed:
                one.register_views_in_doc(self, self._app, self.spec, name=one.name, parameters=None)
                self.spec.tag({"name": one.name, "description": one.description})
            self._undescribed.clear()
            document: dict[str, Any] = self.spec.to_dict()
        return document

    def _register_error_handlers(self) -> None:
        register_error_handlers(self._app)

    def _register_responses(self) -> None:
        # flask-smorest writes one answer per status, whose names differ between versions of Python.
        problem = {"description": "A problem.", "content": {PROBLEM_TYPE: {"schema": ProblemSchema}}}
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, problem)


def create_app(application: Application, blueprints: Sequence[Blueprint] = BLUEPRINTS) -> Flask:
    """Return the WSGI application that serves an application's resources."""
    app = Flask("api", static_folder=None, template_folder=str(PAGES))
    app.config.update(
        MAX_CONTENT_LENGTH=application.settings.max_body_bytes,
        API_TITLE="fieldsvc",
        API_VERSION=API_VERSION,
        OPENAPI_VERSION=OPENAPI_VERSION,
    )
    attach_application(app.extensions, application)
    log_requests(app)
    count_requests(app)
    app.before_request(_refuse_large_body)
    app.before_request(authorize)
    app.after_request(_harden)
    api = _Api(app, spec_kwargs=_document())
    for blueprint in blueprints:
        api.register_blueprint(blueprint, url_prefix=BASE_PATH)
    for root_blueprint in ROOT_BLUEPRINTS:
        app.register_blueprint(root_blueprint)
    return app


def _document() -> dict[str, Any]:
    return {
        "info": {
            "description": "Field service over HTTP: from a customer's report to a signed, provable repair.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _refuse_large_body() -> None:
    # Flask looks at the size when a body is read; here also for routes that don't read it.
    view, settings = matched_view(), current_application().settings
    if are_bytes_taken(view):
        request.max_content_length = settings.max_blob_bytes
    elif are_files_taken(view):
        request.max_content_length = settings.max_import_bytes
    limit = request.max_content_length
    if limit is not None and request.content_length is not None and request.content_length > limit:
        raise Refused(413, "body_too_large", f"A body may have {limit} bytes.")


def _harden(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Content-Security-Policy", _JSON_POLICY)
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cache-Control", "no-store" if request.method != "GET" else "private, no-cache")
    return response
