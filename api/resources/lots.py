"""Lots of parts: when they expire, and where they are."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.etags import expected_version
from api.idempotency import run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import page_of
from api.schemas.lots import LotChangeSchema, LotSchema, LotsQuery
from fieldsvc.domain.permissions import Action
from fieldsvc.services import lot_views

blueprint = Blueprint("lots", "Units that were made together, and expire together.")


@blueprint.route("/lots")
@requires(Action.STOCK_READ)
@blueprint.arguments(LotsQuery, location="query")
@blueprint.response(200, page_of(LotSchema))
def list_lots(query: dict[str, Any]) -> Response:
    """List lots

    With what there is of each at the places the caller may see. Whom units of a lot were used at, its moves tell.
    """
    wanted = {name: query[name] for name in ("part_id", "location_id", "code", "expires_before", "in_stock")}
    return read_page(
        lambda page: lambda session: lot_views.list_lots(session, current_actor(), page, **wanted), LotSchema, query
    )


@blueprint.route("/lots/<uuid:lot_id>")
@requires(Action.STOCK_READ)
@blueprint.response(200, LotSchema)
def read_lot(lot_id: UUID) -> Response:
    """Read a lot"""
    return read_one(lambda session: lot_views.get_lot(session, current_actor(), lot_id), LotSchema)


@blueprint.route("/lots/<uuid:lot_id>", methods=["PATCH"])
@requires(Action.STOCK_MOVE)
@blueprint.arguments(LotChangeSchema)
@blueprint.response(200, LotSchema)
def set_expiry(body: dict[str, Any], lot_id: UUID) -> Response:
    """Correct the last day on which a lot may be used

    Where that is over, its units are taken out of use at once. Those that were taken out already stay so.
    """
    version = expected_version()
    return run_command(lambda uow: lot_views.set_expiry(uow, lot_id, body["expires_on"], version), rendered(LotSchema))
