"""The value lists: what is offered for choice, in English and Chinese."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.etags import expected_version
from api.idempotency import run_command
from api.reading import read_page
from api.rendering import rendered
from api.schemas.base import page_of
from api.schemas.catalogue import CatalogueQuery, CatalogueValueSchema, NewValueSchema, ValueChangesSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import catalogue

blueprint = Blueprint("catalogue", "What is offered for choice, in English and Chinese.")


@blueprint.route("/catalogue")
@requires(Action.CATALOGUE_READ)
@blueprint.arguments(CatalogueQuery, location="query")
@blueprint.response(200, page_of(CatalogueValueSchema))
def list_values(query: dict[str, Any]) -> Response:
    """List values, each list in its order

    Codes of diagnoses are the lists symptom, cause and action; with a category those of these products and of all.
    """
    wanted = {name: query[name] for name in ("list_name", "category")}
    return read_page(
        lambda page: lambda session: catalogue.list_values(session, page, **wanted), CatalogueValueSchema, query
    )


@blueprint.route("/catalogue", methods=["POST"])
@requires(Action.CATALOGUE_MANAGE)
@blueprint.arguments(NewValueSchema)
@blueprint.response(201, CatalogueValueSchema)
def add_value(body: dict[str, Any]) -> Response:
    """Add a value to a list that the rules do not rely on"""
    wanted = catalogue.NewValue(**body)
    return run_command(lambda uow: catalogue.add_value(uow, wanted), rendered(CatalogueValueSchema, 201))


@blueprint.route("/catalogue/<uuid:value_id>", methods=["PATCH"])
@requires(Action.CATALOGUE_MANAGE)
@blueprint.arguments(ValueChangesSchema)
@blueprint.response(200, CatalogueValueSchema)
def change_value(body: dict[str, Any], value_id: UUID) -> Response:
    """Give a value other names, retire it, or offer it again"""
    version = expected_version()
    return run_command(lambda uow: catalogue.change_value(uow, value_id, body, version), rendered(CatalogueValueSchema))
