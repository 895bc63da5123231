"""The published day: the caller's own route, and the whole plan for those who make it."""

from typing import Any

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application
from api.reading import read_one
from api.schemas.plan import DayQuery, PlanQuery, PlanSchema, RouteSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import routes

blueprint = Blueprint("plan", "Who is where, and when.")


@blueprint.route("/my/route")
@requires(Action.ROUTE_READ_OWN)
@blueprint.arguments(DayQuery, location="query")
@blueprint.response(200, RouteSchema)
def read_my_route(query: dict[str, Any]) -> Response:
    """Read the own route of a day

    Dispatched visits in order, warehouse stops before them, parts with where they come from, breaks.
    """
    now = current_application().clock.now()
    return read_one(lambda session: routes.my_route(session, current_actor(), now, query["date"]), RouteSchema)


@blueprint.route("/plan")
@requires(Action.PLAN_READ)
@blueprint.arguments(PlanQuery, location="query")
@blueprint.response(200, PlanSchema)
def read_plan(query: dict[str, Any]) -> Response:
    """Read the plan of a day"""
    now, territory = current_application().clock.now(), query["territory"]
    return read_one(
        lambda session: routes.plan_for_day(session, current_actor(), now, query["date"], territory=territory),
        PlanSchema,
    )
