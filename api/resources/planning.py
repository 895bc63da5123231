"""Planning by hand: a visit put where somebody wants it, and sent out."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_application
from api.idempotency import key_required
from api.schemas.base import NoFields
from api.schemas.visit_actions import PlacementSchema, SubstitutionSchema
from api.schemas.visits import VisitRecordSchema
from api.visit_actions import act_on_visit
from fieldsvc.domain.permissions import Action
from fieldsvc.services import placements, sending, substitutions

blueprint = Blueprint("planning", "Visits planned by hand.")


@blueprint.route("/visits/<uuid:visit_id>/assignment", methods=["PUT"])
@requires(Action.VISIT_PLACE)
@blueprint.arguments(PlacementSchema)
@blueprint.response(200, VisitRecordSchema)
def place_visit(body: dict[str, Any], visit_id: UUID) -> Response:
    """Put a visit on somebody's day

    At exactly this start; what comes after it on the day is pushed back as far as the roads demand, and parts that
    are not on the van are fetched where that fits. Where it breaks rules, the answer is a conflict that names each;
    with a reason they are accepted and stand in `notices`.
    """
    wanted = placements.Placement(tuple(body["technician_ids"]), body["start"], body["reason"], body["lock"])
    travel = current_application().travel
    return act_on_visit(
        body, visit_id, lambda uow, version: placements.place_visit(uow, travel, visit_id, wanted, version)
    )


@blueprint.route("/visits/<uuid:visit_id>/substitutions", methods=["POST"])
@requires(Action.VISIT_PLACE)
@key_required
@blueprint.arguments(SubstitutionSchema)
@blueprint.response(201, VisitRecordSchema)
def substitute_part(body: dict[str, Any], visit_id: UUID) -> Response:
    """Let another part do instead of one that is missing

    One that the catalogue names as a substitute, for a visit that is on no plan. The next run plans it with that one.
    """
    part, other = body["part_id"], body["substitute_id"]
    return act_on_visit(
        body,
        visit_id,
        lambda uow, version: substitutions.substitute_part(uow, visit_id, part, other, version),
        status=201,
    )


@blueprint.route("/visits/<uuid:visit_id>/dispatch", methods=["POST"])
@requires(Action.VISIT_DISPATCH)
@blueprint.arguments(NoFields)
@blueprint.response(200, VisitRecordSchema)
def dispatch_visit(body: dict[str, Any], visit_id: UUID) -> Response:
    """Send a planned visit out now

    A worker does so by itself: from the hour of the settings on for the next working day.
    """
    return act_on_visit(body, visit_id, lambda uow, version: sending.dispatch_visit(uow, visit_id, version))
