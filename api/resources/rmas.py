"""RMAs: units that come back."""

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
from api.schemas.rmas import (
    RmaAuthorizationSchema,
    RmaDispositionSchema,
    RmaInspectionSchema,
    RmaReceiptSchema,
    RmaRefusalSchema,
    RmaRequestSchema,
    RmaSchema,
    RmaSettlementSchema,
    RmaShipmentSchema,
    RmasQuery,
)
from fieldsvc.domain.lots import LotUnits
from fieldsvc.domain.permissions import Action
from fieldsvc.services import dispositions, rmas
from fieldsvc.services.rma_requests import RmaWish

blueprint = Blueprint("rmas", "Units that come back, and what becomes of them.")


@blueprint.route("/rmas")
@requires(Action.RMA_READ)
@blueprint.arguments(RmasQuery, location="query")
@blueprint.response(200, page_of(RmaSchema))
def list_rmas(query: dict[str, Any]) -> Response:
    """List RMAs, the newest first

    A technician sees those of the own visits and those the technician has asked for.
    """
    wanted = {name: query[name] for name in ("state", "ticket_id", "visit_id", "part_id", "to_location_id")}
    return read_page(
        lambda page: lambda session: rmas.list_rmas(session, current_actor(), page, **wanted), RmaSchema, query
    )


@blueprint.route("/rmas", methods=["POST"])
@requires(Action.RMA_REQUEST)
@key_required
@blueprint.arguments(RmaRequestSchema)
@blueprint.response(201, RmaSchema)
def request_rma(body: dict[str, Any]) -> Response:
    """Ask that units come back

    From own stock, or from the customer of a ticket. Nothing moves before it is authorized.
    """
    return run_command(lambda uow: rmas.request_rma(uow, RmaWish(**body)), rendered(RmaSchema, 201))


@blueprint.route("/rmas/<uuid:rma_id>")
@requires(Action.RMA_READ)
@blueprint.response(200, RmaSchema)
def read_rma(rma_id: UUID) -> Response:
    """Read an RMA"""
    return read_one(lambda session: rmas.get_rma(session, current_actor(), rma_id), RmaSchema)


@blueprint.route("/rmas/<uuid:rma_id>/authorization", methods=["POST"])
@requires(Action.RMA_DECIDE)
@blueprint.arguments(RmaAuthorizationSchema)
@blueprint.response(200, RmaSchema)
def authorize_rma(body: dict[str, Any], rma_id: UUID) -> Response:
    """Agree that units come back, and say where to"""
    version = expected_version()
    return run_command(
        lambda uow: rmas.authorize_rma(uow, rma_id, rmas.Authorization(**body), version), rendered(RmaSchema)
    )


@blueprint.route("/rmas/<uuid:rma_id>/refusal", methods=["POST"])
@requires(Action.RMA_DECIDE)
@blueprint.arguments(RmaRefusalSchema)
@blueprint.response(200, RmaSchema)
def refuse_rma(body: dict[str, Any], rma_id: UUID) -> Response:
    """Say that units don't come back"""
    version = expected_version()
    return run_command(lambda uow: rmas.refuse_rma(uow, rma_id, body["reason"], version), rendered(RmaSchema))


@blueprint.route("/rmas/<uuid:rma_id>/shipment", methods=["POST"])
@requires(Action.RMA_SEND)
@key_required
@blueprint.arguments(RmaShipmentSchema)
@blueprint.response(200, RmaSchema)
def send_rma(body: dict[str, Any], rma_id: UUID) -> Response:
    """Note that units are on their way

    Own ones are in transit from then on.
    """
    version = expected_version()
    return run_command(lambda uow: rmas.send_rma(uow, rma_id, body["tracking_number"], version), rendered(RmaSchema))


@blueprint.route("/rmas/<uuid:rma_id>/loss", methods=["POST"])
@requires(Action.RMA_HANDLE)
@key_required
@blueprint.arguments(NoFields)
@blueprint.response(200, RmaSchema)
def lose_rma(body: dict[str, Any], rma_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Note that units never came

    Own ones wait with the discrepancies for a count.
    """
    version = expected_version()
    return run_command(lambda uow: rmas.lose_rma(uow, rma_id, version), rendered(RmaSchema))


@blueprint.route("/rmas/<uuid:rma_id>/receipt", methods=["POST"])
@requires(Action.RMA_HANDLE)
@key_required
@blueprint.arguments(RmaReceiptSchema)
@blueprint.response(200, RmaSchema)
def receive_rma(body: dict[str, Any], rma_id: UUID) -> Response:
    """Take units into quarantine

    A known serial comes from where the books have it, whoever was promised it.
    """
    version = expected_version()
    return run_command(lambda uow: dispositions.receive_rma(uow, rma_id, body["serial"], version), rendered(RmaSchema))


@blueprint.route("/rmas/<uuid:rma_id>/inspection", methods=["POST"])
@requires(Action.RMA_HANDLE)
@blueprint.arguments(RmaInspectionSchema)
@blueprint.response(200, RmaSchema)
def inspect_rma(body: dict[str, Any], rma_id: UUID) -> Response:
    """Write down what was found"""
    version = expected_version()
    return run_command(
        lambda uow: dispositions.inspect_rma(
            uow, rma_id, body["finding"], is_under_warranty=body["is_under_warranty"], version=version
        ),
        rendered(RmaSchema),
    )


@blueprint.route("/rmas/<uuid:rma_id>/disposition", methods=["POST"])
@requires(Action.RMA_DECIDE)
@key_required
@blueprint.arguments(RmaDispositionSchema)
@blueprint.response(200, RmaSchema)
def dispose_rma(body: dict[str, Any], rma_id: UUID) -> Response:
    """Decide what becomes of units

    They leave quarantine for there. What the supplier has still to settle stays open until then.
    """
    version = expected_version()
    return run_command(
        lambda uow: dispositions.dispose_rma(uow, rma_id, dispositions.Decision(**body), version), rendered(RmaSchema)
    )


@blueprint.route("/rmas/<uuid:rma_id>/settlement", methods=["POST"])
@requires(Action.RMA_HANDLE)
@key_required
@blueprint.arguments(RmaSettlementSchema)
@blueprint.response(200, RmaSchema)
def settle_rma(body: dict[str, Any], rma_id: UUID) -> Response:
    """Book in what the supplier brought or paid

    A repaired or new unit is on the shelf, and the RMA is closed.
    """
    version = expected_version()
    lots = tuple(LotUnits(**lot) for lot in body.pop("lots"))
    settlement = dispositions.Settlement(**body, lots=lots)
    return run_command(lambda uow: dispositions.settle_rma(uow, rma_id, settlement, version), rendered(RmaSchema))
