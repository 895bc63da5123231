"""Questions about one visit: why here, why not, where else."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application
from api.rendering import response_of, to_json
from api.schemas.runs import CandidatesQuery, CandidatesSchema, ExplanationQuery, ExplanationSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import explanations
from fieldsvc.services.command import Answer
from fieldsvc.services.explanations import Question

blueprint = Blueprint("explanations", "Why a visit is where it is, and where else it could be.")


@blueprint.route("/visits/<uuid:visit_id>/explanation")
@requires(Action.VISIT_EXPLAIN)
@blueprint.arguments(ExplanationQuery, location="query")
@blueprint.response(200, ExplanationSchema)
def explain_visit(query: dict[str, Any], visit_id: UUID) -> Response:
    """Explain a visit

    For a planned one its cost, what the best other technicians would cost, and who is barred by which rule; for an
    unplanned one every proven cause, with what to do about it. Without `day`, the day it is planned on or the
    first it may start on.
    """
    app, asked = current_application(), Question(visit_id, query["day"])
    told = explanations.explain_visit(app.database, app.desk, current_actor(), app.clock, asked)
    return response_of(Answer(200, to_json(told)))


@blueprint.route("/visits/<uuid:visit_id>/candidates")
@requires(Action.VISIT_CANDIDATES)
@blueprint.arguments(CandidatesQuery, location="query")
@blueprint.response(200, CandidatesSchema)
def list_candidates(query: dict[str, Any], visit_id: UUID) -> Response:
    """List the cheapest places for a visit

    Nobody else's visit changes its technician. A planned visit's present place is among them.
    """
    app, asked = current_application(), Question(visit_id, query["day"])
    told = explanations.list_candidates(app.database, app.desk, current_actor(), app.clock, asked, query["limit"])
    return response_of(Answer(200, to_json(told)))
