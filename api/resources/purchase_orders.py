"""Purchase orders: what suppliers are to bring."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import NoFields, page_of
from api.schemas.purchasing import (
    OrderCancellationSchema,
    OrderPlacementSchema,
    OrderReceiptSchema,
    OrderRequestSchema,
    OrderSchema,
    OrdersQuery,
)
from api.unit_bodies import units_of
from fieldsvc.domain.permissions import Action
from fieldsvc.services import purchase_orders

blueprint = Blueprint("purchase-orders", "What suppliers are to bring, until when.")


@blueprint.route("/purchase-orders")
@requires(Action.PURCHASE_READ)
@blueprint.arguments(OrdersQuery, location="query")
@blueprint.response(200, page_of(OrderSchema))
def list_orders(query: dict[str, Any]) -> Response:
    """List purchase orders, the newest first"""
    wanted = {name: query[name] for name in ("state", "supplier_id", "location_id", "part_id")}
    return read_page(
        lambda page: lambda session: purchase_orders.list_orders(session, current_actor(), page, **wanted),
        OrderSchema,
        query,
    )


@blueprint.route("/purchase-orders", methods=["POST"])
@requires(Action.PURCHASE_MANAGE)
@key_required
@blueprint.arguments(OrderRequestSchema)
@blueprint.response(201, OrderSchema)
def draft_order(body: dict[str, Any]) -> Response:
    """Write down what is wanted

    Costs that are not named are the supplier's, or else the catalogue's. Nothing is expected before it is ordered.
    """
    lines = tuple(purchase_orders.OrderLine(**line) for line in body["lines"])
    wish = purchase_orders.OrderWish(body["supplier_id"], body["location_id"], lines)
    return run_command(lambda uow: purchase_orders.draft_order(uow, wish), rendered(OrderSchema, 201))


@blueprint.route("/purchase-orders/<uuid:order_id>")
@requires(Action.PURCHASE_READ)
@blueprint.response(200, OrderSchema)
def read_order(order_id: UUID) -> Response:
    """Read a purchase order"""
    return read_one(lambda session: purchase_orders.get_order(session, current_actor(), order_id), OrderSchema)


@blueprint.route("/purchase-orders/<uuid:order_id>/approval", methods=["POST"])
@requires(Action.PURCHASE_APPROVE)
@blueprint.arguments(NoFields)
@blueprint.response(200, OrderSchema)
def approve_order(body: dict[str, Any], order_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Say that it may be ordered"""
    version = expected_version()
    return run_command(lambda uow: purchase_orders.approve_order(uow, order_id, version), rendered(OrderSchema))


@blueprint.route("/purchase-orders/<uuid:order_id>/placement", methods=["POST"])
@requires(Action.PURCHASE_MANAGE)
@key_required
@blueprint.arguments(OrderPlacementSchema)
@blueprint.response(200, OrderSchema)
def place_order(body: dict[str, Any], order_id: UUID) -> Response:
    """Note that the supplier has the order

    Lines without a day are expected after the supplier's lead time.
    """
    version, reference = expected_version(), body["reference"]
    return run_command(
        lambda uow: purchase_orders.place_order(uow, order_id, reference, version), rendered(OrderSchema)
    )


@blueprint.route("/purchase-orders/<uuid:order_id>/receipt", methods=["POST"])
@requires(Action.PURCHASE_MANAGE)
@key_required
@blueprint.arguments(OrderReceiptSchema)
@blueprint.response(200, OrderSchema)
def receive_order(body: dict[str, Any], order_id: UUID) -> Response:
    """Book in what has come

    Whoever waits for it is served: the most urgent first, then who has waited longest. More than was ordered is booked
    in as well. `closes`: the rest will not come.
    """
    version = expected_version()
    counted = [units_of(row) for row in body["counted"]]
    return run_command(
        lambda uow: purchase_orders.receive_order(uow, order_id, counted, closes=body["closes"], version=version),
        rendered(OrderSchema),
    )


@blueprint.route("/purchase-orders/<uuid:order_id>/cancellation", methods=["POST"])
@requires(Action.PURCHASE_APPROVE)
@blueprint.arguments(OrderCancellationSchema)
@blueprint.response(200, OrderSchema)
def cancel_order(body: dict[str, Any], order_id: UUID) -> Response:
    """Call an order off before anything of it has come"""
    version = expected_version()
    return run_command(
        lambda uow: purchase_orders.cancel_order(uow, order_id, body["reason"], version), rendered(OrderSchema)
    )
