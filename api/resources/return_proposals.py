"""What is to be brought back from vans."""

from typing import Any

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application
from api.idempotency import key_required, run_command
from api.reading import read_one
from api.rendering import rendered
from api.schemas.return_proposals import (
    DraftedReturnsSchema,
    ReturnProposalsQuery,
    ReturnProposalsSchema,
    ReturnRequestSchema,
)
from fieldsvc.domain.permissions import Action
from fieldsvc.services import return_proposals
from fieldsvc.services.stock_reports import RestockPolicy

blueprint = Blueprint("return-proposals", "What is to be brought back from vans.")


@blueprint.route("/return-proposals")
@requires(Action.STOCK_READ)
@blueprint.arguments(ReturnProposalsQuery, location="query")
@blueprint.response(200, ReturnProposalsSchema)
def list_return_proposals(query: dict[str, Any]) -> Response:
    """List what is to be brought back from vans

    What was handed over for visits that do not need it any more, is free there beyond the par level, and on no draft
    yet. A technician sees the own van.
    """
    now = current_application().clock.now()
    asked = now, _policy(query), query["location_id"]
    return read_one(
        lambda session: {"items": return_proposals.list_return_proposals(session, current_actor(), *asked)},
        ReturnProposalsSchema,
    )


@blueprint.route("/return-proposals/transfers", methods=["POST"])
@requires(Action.STOCK_RETURN)
@key_required
@blueprint.arguments(ReturnRequestSchema)
@blueprint.response(201, DraftedReturnsSchema)
def draft_returns(body: dict[str, Any]) -> Response:
    """Draft the transfers that bring back what is proposed for a van

    One for each warehouse that it came from; nothing moves before it is shipped.
    """
    asked = body["location_id"], _policy(body), body["part_ids"]
    return run_command(
        lambda uow: {"transfers": return_proposals.draft_returns(uow, *asked)}, rendered(DraftedReturnsSchema, 201)
    )


def _policy(asked: dict[str, Any]) -> RestockPolicy:
    return RestockPolicy(asked["restock_days"], asked["service_percent"])
