"""Visits that are not made as planned: turned back, put off, cancelled."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_application
from api.schemas.tickets import windows_of
from api.schemas.visit_actions import CancellationSchema, PostponementSchema, TurnBackSchema
from api.schemas.visits import VisitRecordSchema
from api.visit_actions import act_on_visit
from fieldsvc.domain.permissions import Action
from fieldsvc.services import visit_returns

blueprint = Blueprint("visit-returns", "Visits that are not made as planned.")


@blueprint.route("/visits/<uuid:visit_id>/turning-back", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(TurnBackSchema)
@blueprint.response(200, VisitRecordSchema)
def turn_back(body: dict[str, Any], visit_id: UUID) -> Response:
    """Do not arrive after all

    On the way only; the visit is to be planned again. A technician has broken down or is sick, the office diverts.
    """
    return act_on_visit(
        body,
        visit_id,
        lambda uow, version: visit_returns.turn_back(uow, visit_id, body["reason"], body["technician_id"], version),
        leaves_scope=True,
    )


@blueprint.route("/visits/<uuid:visit_id>/postponement", methods=["POST"])
@requires(Action.VISIT_POSTPONE)
@blueprint.arguments(PostponementSchema)
@blueprint.response(200, VisitRecordSchema)
def postpone_visit(body: dict[str, Any], visit_id: UUID) -> Response:
    """Put a visit off before anybody has left for it

    It is to be planned again, within the windows given. For a visit without a plan only the windows change.
    """
    given = body["windows"]
    wanted = visit_returns.Postponement(body["reason"], None if given is None else windows_of(given))
    return act_on_visit(
        body, visit_id, lambda uow, version: visit_returns.postpone_visit(uow, visit_id, wanted, version)
    )


@blueprint.route("/visits/<uuid:visit_id>/cancellation", methods=["POST"])
@requires(Action.VISIT_CANCEL)
@blueprint.arguments(CancellationSchema)
@blueprint.response(200, VisitRecordSchema)
def cancel_visit(body: dict[str, Any], visit_id: UUID) -> Response:
    """Cancel a visit before anybody has arrived

    Its ticket stays open unless another visit has done the work. Short notice is marked.
    """
    notice = timedelta(seconds=current_application().settings.cancel_notice_s)
    wanted = visit_returns.Cancellation(body["reason"], notice)
    return act_on_visit(body, visit_id, lambda uow, version: visit_returns.cancel_visit(uow, visit_id, wanted, version))
