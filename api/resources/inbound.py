"""What is to come, and who waits for it."""

from typing import Any

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.reading import read_one
from api.schemas.inbound import BackOrdersQuery, BackOrdersSchema, InboundQuery, InboundSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import inbound

blueprint = Blueprint("inbound", "What is to come, and who waits for it.")


@blueprint.route("/inbound")
@requires(Action.STOCK_READ)
@blueprint.arguments(InboundQuery, location="query")
@blueprint.response(200, InboundSchema)
def list_inbound(query: dict[str, Any]) -> Response:
    """List what is to come, day by day

    From suppliers, from other places, and back from customers and vans: what the warehouse prepares for.
    """
    return read_one(
        lambda session: {"lines": inbound.list_inbound(session, current_actor(), query["location_id"])}, InboundSchema
    )


@blueprint.route("/back-orders")
@requires(Action.STOCK_READ)
@blueprint.arguments(BackOrdersQuery, location="query")
@blueprint.response(200, BackOrdersSchema)
def list_back_orders(query: dict[str, Any]) -> Response:
    """List who waits for units, in the order in which they are served

    Each with the day on which enough units for it, and for all before it, are to come.
    """
    return read_one(
        lambda session: {"items": inbound.list_back_orders(session, current_actor(), query["part_id"])},
        BackOrdersSchema,
    )
