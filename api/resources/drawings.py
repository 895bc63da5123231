"""Exploded drawings: from a number in a picture to a part."""

from typing import Any
from uuid import UUID

from flask import Response, request

from api.auth import requires
from api.blueprint import Blueprint
from api.bodies import read_bytes, takes_bytes
from api.current import current_actor, current_application, current_request_id
from api.etags import expected_version, is_known
from api.idempotency import key_ignored, key_required, run_command
from api.reading import read_one, read_page
from api.rendering import rendered, response_of
from api.schemas.base import page_of
from api.schemas.drawings import DrawingChangesSchema, DrawingRequestSchema, DrawingSchema, DrawingsQuery
from fieldsvc.domain.media import IMAGES
from fieldsvc.domain.permissions import Action
from fieldsvc.services import drawings
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.use_case import read

blueprint = Blueprint("drawings", "Pictures of models whose numbers lead to parts.")

_PICTURES = {kind.value: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(IMAGES)}


@blueprint.route("/drawings")
@requires(Action.CATALOGUE_READ)
@blueprint.arguments(DrawingsQuery, location="query")
@blueprint.response(200, page_of(DrawingSchema))
def list_drawings(query: dict[str, Any]) -> Response:
    """List drawings by model"""
    wanted = {name: query[name] for name in ("model", "part_id")}
    return read_page(lambda page: lambda session: drawings.list_drawings(session, page, **wanted), DrawingSchema, query)


@blueprint.route("/drawings", methods=["POST"])
@requires(Action.CATALOGUE_MANAGE)
@key_required
@blueprint.arguments(DrawingRequestSchema)
@blueprint.response(201, DrawingSchema)
def add_drawing(body: dict[str, Any]) -> Response:
    """Add a drawing with its numbered positions"""
    return run_command(lambda uow: drawings.add_drawing(uow, body), rendered(DrawingSchema, 201))


@blueprint.route("/drawings/<uuid:drawing_id>")
@requires(Action.CATALOGUE_READ)
@blueprint.response(200, DrawingSchema)
def read_drawing(drawing_id: UUID) -> Response:
    """Read a drawing"""
    return read_one(lambda session: drawings.get_drawing(session, drawing_id), DrawingSchema)


@blueprint.route("/drawings/<uuid:drawing_id>", methods=["PATCH"])
@requires(Action.CATALOGUE_MANAGE)
@blueprint.arguments(DrawingChangesSchema)
@blueprint.response(200, DrawingSchema)
def change_drawing(body: dict[str, Any], drawing_id: UUID) -> Response:
    """Change a drawing

    `positions` is all that there are from now on.
    """
    version = expected_version()
    return run_command(lambda uow: drawings.change_drawing(uow, drawing_id, body, version), rendered(DrawingSchema))


@blueprint.route("/drawings/<uuid:drawing_id>/picture", methods=["PUT"])
@requires(Action.CATALOGUE_MANAGE)
@key_ignored
@takes_bytes
@blueprint.doc(requestBody={"required": True, "content": _PICTURES})
@blueprint.response(200, DrawingSchema)
def set_picture(drawing_id: UUID) -> Response:
    """Give a drawing its picture

    A PNG, JPEG or WebP; what it is, its bytes tell.
    """
    version, content = expected_version(), read_bytes()
    command = Command(current_actor(), f"{request.method} {request.url_rule}", request_id=current_request_id())
    return response_of(
        execute_unkeyed(
            current_application().database,
            command,
            lambda uow: rendered(DrawingSchema)(drawings.set_picture(uow, drawing_id, content, version)),
        )
    )


@blueprint.route("/drawings/<uuid:drawing_id>/picture")
@requires(Action.CATALOGUE_READ)
@blueprint.doc(
    responses={
        "200": {"description": "The picture.", "content": _PICTURES},
        "304": {"description": "Not Modified"},
    }
)
def read_picture(drawing_id: UUID) -> Response:
    """See a drawing"""
    found = read(
        current_application().database, lambda session: drawings.read_picture(session, drawing_id), lambda one: one
    )
    etag = f'"{found.sha256}"'
    if is_known(etag):
        return Response(status=304, headers={"ETag": etag})
    return Response(found.content, headers={"ETag": etag}, content_type=found.media_type)
