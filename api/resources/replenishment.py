"""Replenishment: what should be ordered, what vans should hold, and what nobody uses."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.charts import weekly_use_picture
from api.current import current_actor, current_application
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import page_of
from api.schemas.replenishment import (
    DeadStockQuery,
    DeadStockSchema,
    DismissalSchema,
    DraftedOrdersSchema,
    ProposalOrderSchema,
    ProposalsQuery,
    ProposalsSchema,
    ReplenishmentProposalSchema,
    ReplenishmentRequestSchema,
    VanLevelsQuery,
    VanLevelsSchema,
)
from fieldsvc.domain.permissions import Action
from fieldsvc.services import replenishment, stock_reports
from fieldsvc.services.use_case import read

_PICTURE = {
    200: {"description": "The picture.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}},
}
blueprint = Blueprint("replenishment", "What should be ordered, and why.")


@blueprint.route("/replenishment/proposals")
@requires(Action.REPLENISHMENT_READ)
@blueprint.arguments(ProposalsQuery, location="query")
@blueprint.response(200, page_of(ReplenishmentProposalSchema))
def list_proposals(query: dict[str, Any]) -> Response:
    """List proposals, the newest first"""
    wanted = {name: query[name] for name in ("location_id", "state")}
    return read_page(
        lambda page: lambda session: replenishment.list_proposals(session, current_actor(), page, **wanted),
        ReplenishmentProposalSchema,
        query,
    )


@blueprint.route("/replenishment/proposals", methods=["POST"])
@requires(Action.REPLENISHMENT_MANAGE)
@key_required
@blueprint.arguments(ReplenishmentRequestSchema)
@blueprint.response(201, ProposalsSchema)
def propose_orders(body: dict[str, Any]) -> Response:
    """Say what a warehouse should order now

    By a forecast of what visits of its team use, and of how that varies, over the supplier's lead time. What was
    proposed for it before, and nobody has decided about, is superseded.
    """
    location_id = body.pop("location_id")
    policy = replenishment.ReplenishmentPolicy(**body)
    return run_command(
        lambda uow: {"proposals": replenishment.propose_orders(uow, location_id, policy)},
        rendered(ProposalsSchema, 201),
    )


@blueprint.route("/replenishment/orders", methods=["POST"])
@requires(Action.REPLENISHMENT_MANAGE)
@key_required
@blueprint.arguments(ProposalOrderSchema)
@blueprint.response(201, DraftedOrdersSchema)
def order_proposals(body: dict[str, Any]) -> Response:
    """Draft purchase orders from proposals

    One for each supplier and warehouse; a supervisor approves them.
    """
    choices = [replenishment.Choice(**row) for row in body["proposals"]]
    return run_command(
        lambda uow: {"orders": replenishment.order_proposals(uow, choices)}, rendered(DraftedOrdersSchema, 201)
    )


@blueprint.route("/replenishment/proposals/<uuid:proposal_id>")
@requires(Action.REPLENISHMENT_READ)
@blueprint.response(200, ReplenishmentProposalSchema)
def read_proposal(proposal_id: UUID) -> Response:
    """Read a proposal"""
    return read_one(
        lambda session: replenishment.get_proposal(session, current_actor(), proposal_id), ReplenishmentProposalSchema
    )


@blueprint.route("/replenishment/proposals/<uuid:proposal_id>/picture.svg")
@requires(Action.REPLENISHMENT_READ)
@blueprint.doc(responses=_PICTURE)
def read_picture(proposal_id: UUID) -> Response:
    """See what was used week by week, beside the forecast and the reorder point"""
    return read(
        current_application().database,
        lambda session: replenishment.get_proposal(session, current_actor(), proposal_id),
        _picture,
    )


@blueprint.route("/replenishment/proposals/<uuid:proposal_id>/dismissal", methods=["POST"])
@requires(Action.REPLENISHMENT_MANAGE)
@blueprint.arguments(DismissalSchema)
@blueprint.response(200, ReplenishmentProposalSchema)
def dismiss_proposal(body: dict[str, Any], proposal_id: UUID) -> Response:
    """Say that something is not ordered"""
    version = expected_version()
    return run_command(
        lambda uow: replenishment.dismiss_proposal(uow, proposal_id, body["reason"], version),
        rendered(ReplenishmentProposalSchema),
    )


@blueprint.route("/replenishment/van-levels")
@requires(Action.REPLENISHMENT_READ)
@blueprint.arguments(VanLevelsQuery, location="query")
@blueprint.response(200, VanLevelsSchema)
def read_van_levels(query: dict[str, Any]) -> Response:
    """Read what the vans of a warehouse should hold

    Beyond what their visits have reserved: what they use without being planned for it.
    """
    now = current_application().clock.now()
    asked = query["location_id"], now, query["restock_days"], query["service_percent"]
    return read_one(
        lambda session: {"lines": stock_reports.van_levels(session, current_actor(), *asked)}, VanLevelsSchema
    )


@blueprint.route("/replenishment/dead-stock")
@requires(Action.REPLENISHMENT_READ)
@blueprint.arguments(DeadStockQuery, location="query")
@blueprint.response(200, DeadStockSchema)
def read_dead_stock(query: dict[str, Any]) -> Response:
    """Read what nobody uses, the dearest first"""
    today = current_application().clock.now().date()
    asked = query["location_id"], today, query["silent_days"]
    return read_one(
        lambda session: {"lines": stock_reports.unused_stock(session, current_actor(), *asked)}, DeadStockSchema
    )


def _picture(proposal: Any) -> Response:
    figures = proposal.figures
    mean, point = figures["mean_per_week_thousandths"] / 1000, figures["reorder_point"]
    return Response(weekly_use_picture(proposal.sentence, proposal.weeks, mean, point), mimetype="image/svg+xml")
