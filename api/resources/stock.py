"""Stock, to be read."""

from typing import Any

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.reading import read_page
from api.schemas.base import page_of
from api.schemas.stock import BalanceSchema, StockQuery
from fieldsvc.domain.permissions import Action
from fieldsvc.services import stock

blueprint = Blueprint("stock", "What is on hand where.")


@blueprint.route("/stock")
@requires(Action.STOCK_READ)
@blueprint.arguments(StockQuery, location="query")
@blueprint.response(200, page_of(BalanceSchema))
def list_balances(query: dict[str, Any]) -> Response:
    """List balances

    A technician sees the own van and the team's warehouses.
    """
    part_id, location_id = query["part_id"], query["location_id"]
    return read_page(
        lambda page: (
            lambda session: stock.list_balances(
                session, current_actor(), page, part_id=part_id, location_id=location_id
            )
        ),
        BalanceSchema,
        query,
    )
