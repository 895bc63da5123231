"""The catalogue of parts and the stock as files for spreadsheets."""

from typing import Any

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.schemas.imports import ExportQuery
from api.sheets import SHEET_RESPONSES, export
from fieldsvc.domain.permissions import Action
from fieldsvc.services import stock_exports

blueprint = Blueprint("exports", "The catalogue of parts and the stock as files.")


@blueprint.route("/exports/parts")
@requires(Action.CATALOGUE_READ)
@blueprint.doc(responses=SHEET_RESPONSES)
@blueprint.arguments(ExportQuery, location="query")
def export_parts(query: dict[str, Any]) -> Response:
    """Fetch the catalogue of parts as a file

    By number, in the columns in which it is imported: brought in again as it is, it changes nothing. A text that a
    spreadsheet would run as a formula has an apostrophe before it.
    """
    return export(lambda session: stock_exports.export_parts(session, current_actor()), query["format"])


@blueprint.route("/exports/stock")
@requires(Action.STOCK_READ)
@blueprint.doc(responses=SHEET_RESPONSES)
@blueprint.arguments(ExportQuery, location="query")
def export_stock(query: dict[str, Any]) -> Response:
    """Fetch what is on hand as a file

    At the physical places of the caller's scope, by place and part. `value_cents` is there for whoever may read what
    stock is worth: its share by units of what all of the part are worth together, rounded down.
    """
    return export(lambda session: stock_exports.export_stock(session, current_actor()), query["format"])
