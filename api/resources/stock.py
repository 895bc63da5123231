"""Stock: what is on hand, what moved, and what a warehouse books."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.idempotency import key_required, run_command
from api.reading import read_page
from api.rendering import rendered
from api.schemas.base import NoFields, page_of
from api.schemas.stock import (
    BalanceSchema,
    DeliverySchema,
    ListedMoveSchema,
    MoveSchema,
    MovesQuery,
    MovesSchema,
    StockQuery,
    ValueSchema,
    ValuesQuery,
)
from api.unit_bodies import units_of
from fieldsvc.domain.permissions import Action
from fieldsvc.services import deliveries, stock, stock_moves, stock_values

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


@blueprint.route("/stock-values")
@requires(Action.STOCK_VALUE_READ)
@blueprint.arguments(ValuesQuery, location="query")
@blueprint.response(200, page_of(ValueSchema))
def list_values(query: dict[str, Any]) -> Response:
    """List what stock is worth, part by part

    At the weighted average of what the units have cost. It changes with every unit that comes in or leaves.
    """
    return read_page(
        lambda page: lambda session: stock_values.list_values(session, page, part_id=query["part_id"]),
        ValueSchema,
        query,
    )


@blueprint.route("/stock-moves")
@requires(Action.STOCK_READ)
@blueprint.arguments(MovesQuery, location="query")
@blueprint.response(200, page_of(ListedMoveSchema))
def list_moves(query: dict[str, Any]) -> Response:
    """List moves of the ledger, the newest first"""
    wanted = {name: query[name] for name in ("part_id", "location_id", "serial", "lot_id")}
    return read_page(
        lambda page: lambda session: stock_moves.list_moves(session, current_actor(), page, **wanted),
        ListedMoveSchema,
        query,
    )


@blueprint.route("/stock-moves", methods=["POST"])
@requires(Action.STOCK_MOVE)
@key_required
@blueprint.arguments(DeliverySchema)
@blueprint.response(201, MovesSchema)
def receive_units(body: dict[str, Any]) -> Response:
    """Book in what a supplier brought

    One move; of a serialised part one for each serial. Of a part that has lots, say of which the units are.
    """
    units = units_of(body)
    delivery = deliveries.Delivery(units.part_id, body["location_id"], units.quantity, units.serials, units.lots)
    cost = body["unit_cost_cents"]
    return run_command(lambda uow: {"moves": deliveries.receive_units(uow, delivery, cost)}, rendered(MovesSchema, 201))


@blueprint.route("/stock-moves/<uuid:move_id>/reversal", methods=["POST"])
@requires(Action.STOCK_MOVE)
@key_required
@blueprint.arguments(NoFields)
@blueprint.response(201, MoveSchema)
def reverse_move(body: dict[str, Any], move_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Take a move back

    The ledger never changes: another move goes the other way and names it. What a visit used is corrected there. A
    purchase order whose receipt it was expects the units again.
    """
    return run_command(lambda uow: stock_moves.reverse_move(uow, move_id), rendered(MoveSchema, 201))
