"""Pick lists, and what is handed over by them."""

from typing import Any

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application
from api.idempotency import key_required, run_command
from api.reading import read_one
from api.rendering import rendered
from api.schemas.picking import (
    BinSchema,
    PickDaySchema,
    PickedSchema,
    PickListsQuery,
    TourSchema,
    VanLoadSchema,
)
from api.schemas.transfers import TransferSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import bins, pick_lists, picking

blueprint = Blueprint("picking", "What a warehouse brings together for each technician.")


@blueprint.route("/pick-lists")
@requires(Action.STOCK_READ)
@blueprint.arguments(PickListsQuery, location="query")
@blueprint.response(200, PickDaySchema)
def read_pick_lists(query: dict[str, Any]) -> Response:
    """Read what has to be picked for the visits of a day

    What the published plan fetches there, technician by technician in the order in which they come, and the same by
    bin. A technician sees the own list. Of parts that have lots, `lots` says which to take: the first to expire.
    """
    asked = query["location_id"], query["date"], query["technician_id"]
    now = current_application().clock.now()
    return read_one(
        lambda session: pick_lists.read_pick_lists(session, current_actor(), *asked, now=now), PickDaySchema
    )


@blueprint.route("/pick-lists/picks", methods=["POST"])
@requires(Action.STOCK_MOVE)
@key_required
@blueprint.arguments(TourSchema)
@blueprint.response(200, PickedSchema)
def pick_units(body: dict[str, Any]) -> Response:
    """Note that units were set aside for a technician"""
    tour, parts = _tour(body), body["part_ids"]
    return run_command(lambda uow: {"reservations": picking.pick_units(uow, tour, parts)}, rendered(PickedSchema))


@blueprint.route("/pick-lists/returns", methods=["POST"])
@requires(Action.STOCK_MOVE)
@key_required
@blueprint.arguments(TourSchema)
@blueprint.response(200, PickedSchema)
def put_back(body: dict[str, Any]) -> Response:
    """Note that units lie in their bins again; they stay reserved"""
    tour, parts = _tour(body), body["part_ids"]
    return run_command(lambda uow: {"reservations": picking.put_back(uow, tour, parts)}, rendered(PickedSchema))


@blueprint.route("/hand-overs", methods=["POST"])
@requires(Action.STOCK_MOVE)
@key_required
@blueprint.arguments(VanLoadSchema)
@blueprint.response(201, TransferSchema)
def hand_over(body: dict[str, Any]) -> Response:
    """Hand over what is reserved for a technician's visits of a day

    A transfer to the van that is on its way at once; the technician says with its receipt what has arrived. What waits
    for units stays with the warehouse.
    """
    tour = _tour(body)
    serials = {row["part_id"]: row["serials"] for row in body["serials"]}
    return run_command(lambda uow: picking.hand_over(uow, tour, serials), rendered(TransferSchema, 201))


@blueprint.route("/stock-bins", methods=["POST"])
@requires(Action.STOCK_MOVE)
@blueprint.arguments(BinSchema)
@blueprint.response(200, BinSchema)
def set_bin(body: dict[str, Any]) -> Response:
    """Say where in a warehouse a part lies

    Pick lists are in the order of bins.
    """
    return run_command(lambda uow: bins.set_bin(uow, bins.Bin(**body)), rendered(BinSchema))


def _tour(body: dict[str, Any]) -> picking.Tour:
    return picking.Tour(body["location_id"], body["technician_id"], body["day"])
