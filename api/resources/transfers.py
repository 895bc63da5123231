"""Transfers: units on their way from one place to another."""

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
from api.schemas.transfers import ReceiptSchema, TransferRequestSchema, TransferSchema, TransfersQuery
from api.unit_bodies import units_of
from fieldsvc.domain.permissions import Action
from fieldsvc.services import transfers
from fieldsvc.services.stock import Units

blueprint = Blueprint("transfers", "Units on their way from one place to another.")


@blueprint.route("/transfers")
@requires(Action.STOCK_READ)
@blueprint.arguments(TransfersQuery, location="query")
@blueprint.response(200, page_of(TransferSchema))
def list_transfers(query: dict[str, Any]) -> Response:
    """List transfers, the newest first

    A technician sees those to or from the own van.
    """
    wanted = {name: query[name] for name in ("state", "location_id")}
    return read_page(
        lambda page: lambda session: transfers.list_transfers(session, current_actor(), page, **wanted),
        TransferSchema,
        query,
    )


@blueprint.route("/transfers", methods=["POST"])
@requires(Action.STOCK_TRANSFER)
@key_required
@blueprint.arguments(TransferRequestSchema)
@blueprint.response(201, TransferSchema)
def draft_transfer(body: dict[str, Any]) -> Response:
    """Write down what is to be brought from where to where

    Nothing moves before it is shipped. A technician brings units to or from the own van.
    """
    wish = transfers.TransferWish(body["from_location_id"], body["to_location_id"], _units(body["lines"]))
    return run_command(lambda uow: transfers.draft_transfer(uow, wish), rendered(TransferSchema, 201))


@blueprint.route("/transfers/<uuid:transfer_id>")
@requires(Action.STOCK_READ)
@blueprint.response(200, TransferSchema)
def read_transfer(transfer_id: UUID) -> Response:
    """Read a transfer"""
    return read_one(lambda session: transfers.get_transfer(session, current_actor(), transfer_id), TransferSchema)


@blueprint.route("/transfers/<uuid:transfer_id>/shipment", methods=["POST"])
@requires(Action.STOCK_TRANSFER)
@key_required
@blueprint.arguments(NoFields)
@blueprint.response(200, TransferSchema)
def ship_transfer(body: dict[str, Any], transfer_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Let the units leave

    All of them or none: what is not there, or promised to others, is named line by line.
    """
    version = expected_version()
    return run_command(lambda uow: transfers.ship_transfer(uow, transfer_id, version), rendered(TransferSchema))


@blueprint.route("/transfers/<uuid:transfer_id>/receipt", methods=["POST"])
@requires(Action.STOCK_TRANSFER)
@key_required
@blueprint.arguments(ReceiptSchema)
@blueprint.response(200, TransferSchema)
def receive_transfer(body: dict[str, Any], transfer_id: UUID) -> Response:
    """Book in what has arrived

    Without `counted` all that was shipped. Differences are recorded: what is missing, and what is too much, waits with
    the discrepancies for a count.
    """
    version, counted = expected_version(), _units(body["counted"])
    return run_command(
        lambda uow: transfers.receive_transfer(uow, transfer_id, counted, version), rendered(TransferSchema)
    )


@blueprint.route("/transfers/<uuid:transfer_id>/cancellation", methods=["POST"])
@requires(Action.STOCK_MOVE)
@blueprint.arguments(NoFields)
@blueprint.response(200, TransferSchema)
def cancel_transfer(body: dict[str, Any], transfer_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Call a transfer off; what has left is back where it was"""
    version = expected_version()
    return run_command(lambda uow: transfers.cancel_transfer(uow, transfer_id, version), rendered(TransferSchema))


def _units(rows: list[dict[str, Any]]) -> tuple[Units, ...]:
    return tuple(units_of(row) for row in rows)
