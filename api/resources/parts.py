"""The catalogue of parts."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import page_of
from api.schemas.parts import PartChangesSchema, PartRequestSchema, PartSchema, PartsQuery
from fieldsvc.domain.permissions import Action
from fieldsvc.services import parts

blueprint = Blueprint("parts", "What can be used up at visits.")


@blueprint.route("/parts")
@requires(Action.CATALOGUE_READ)
@blueprint.arguments(PartsQuery, location="query")
@blueprint.response(200, page_of(PartSchema))
def list_parts(query: dict[str, Any]) -> Response:
    """List parts by number"""
    wanted = {name: query[name] for name in ("number", "barcode", "model", "words")}
    return read_page(lambda page: lambda session: parts.list_parts(session, page, **wanted), PartSchema, query)


@blueprint.route("/parts", methods=["POST"])
@requires(Action.CATALOGUE_MANAGE)
@key_required
@blueprint.arguments(PartRequestSchema)
@blueprint.response(201, PartSchema)
def add_part(body: dict[str, Any]) -> Response:
    """Add a part"""
    return run_command(lambda uow: parts.add_part(uow, body), rendered(PartSchema, 201))


@blueprint.route("/parts/<uuid:part_id>")
@requires(Action.CATALOGUE_READ)
@blueprint.response(200, PartSchema)
def read_part(part_id: UUID) -> Response:
    """Read a part"""
    return read_one(lambda session: parts.get_part(session, part_id), PartSchema)


@blueprint.route("/parts/<uuid:part_id>", methods=["PATCH"])
@requires(Action.CATALOGUE_MANAGE)
@blueprint.arguments(PartChangesSchema)
@blueprint.response(200, PartSchema)
def change_part(body: dict[str, Any], part_id: UUID) -> Response:
    """Change a part

    Whether it has serials or lots can't change any more once units of it have moved.
    """
    version = expected_version()
    return run_command(lambda uow: parts.change_part(uow, part_id, body, version), rendered(PartSchema))
