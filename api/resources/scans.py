"""Scanned codes."""

from typing import Any

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.reading import read_one
from api.schemas.scans import ScanQuery, ScanSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import scans

blueprint = Blueprint("scans", "One code in, one answer.")


@blueprint.route("/scans")
@requires(Action.STOCK_READ)
@blueprint.arguments(ScanQuery, location="query")
@blueprint.response(200, ScanSchema)
def read_code(query: dict[str, Any]) -> Response:
    """Say what a scanned code stands for

    A part by its barcode or number, a serial, a lot, a place, a purchase order, an RMA or a count, in this order. A
    code that stands for several things of one kind is answered with 409 and what they are.
    """
    return read_one(lambda session: scans.read_code(session, current_actor(), query["code"]), ScanSchema)
