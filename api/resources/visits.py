"""Visits: read, and carried by their technician from acceptance to the end."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application
from api.reading import read_one, read_page
from api.schemas.base import page_of
from api.schemas.visit_actions import (
    ActionSchema,
    CheckInSchema,
    CompletionSchema,
    DeclinationSchema,
    IncompletionSchema,
)
from api.schemas.visits import VisitRecordSchema, VisitSchema, VisitsQuery
from api.visit_actions import act_on_visit
from api.visit_bodies import position_of
from fieldsvc.domain.permissions import Action
from fieldsvc.services import visit_views, visits

blueprint = Blueprint("visits", "Trips to a site for a ticket.")


@blueprint.route("/visits")
@requires(Action.VISIT_READ)
@blueprint.arguments(VisitsQuery, location="query")
@blueprint.response(200, page_of(VisitSchema))
def list_visits(query: dict[str, Any]) -> Response:
    """List visits"""
    now = current_application().clock.now()
    wanted = visit_views.VisitFilter(query["day"], query["state"], query["technician_id"], query["ticket_id"])
    return read_page(
        lambda page: lambda session: visit_views.list_visits(session, current_actor(), now, page, wanted),
        VisitSchema,
        query,
    )


@blueprint.route("/visits/<uuid:visit_id>")
@requires(Action.VISIT_READ)
@blueprint.response(200, VisitRecordSchema)
def read_visit(visit_id: UUID) -> Response:
    """Read a visit and its record

    A technician sees site and customer from the day before the visit to a week ahead.
    """
    now = current_application().clock.now()
    return read_one(lambda session: visit_views.get_visit(session, current_actor(), now, visit_id), VisitRecordSchema)


@blueprint.route("/visits/<uuid:visit_id>/acceptance", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(ActionSchema)
@blueprint.response(200, VisitRecordSchema)
def accept_visit(body: dict[str, Any], visit_id: UUID) -> Response:
    """Say yes to a dispatched visit"""
    return act_on_visit(body, visit_id, lambda uow, version: visits.accept_visit(uow, visit_id, version))


@blueprint.route("/visits/<uuid:visit_id>/declination", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(DeclinationSchema)
@blueprint.response(200, VisitRecordSchema)
def decline_visit(body: dict[str, Any], visit_id: UUID) -> Response:
    """Say no to a visit

    It is to be planned again; no run gives it to the same technician.
    """
    reason, note = body["reason"], body["note"]
    return act_on_visit(
        body,
        visit_id,
        lambda uow, version: visits.decline_visit(uow, visit_id, reason, note, version),
        leaves_scope=True,
    )


@blueprint.route("/visits/<uuid:visit_id>/departure", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(ActionSchema)
@blueprint.response(200, VisitRecordSchema)
def depart(body: dict[str, Any], visit_id: UUID) -> Response:
    """Set off for the site"""
    return act_on_visit(body, visit_id, lambda uow, version: visits.depart(uow, visit_id, version))


@blueprint.route("/visits/<uuid:visit_id>/check-in", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(CheckInSchema)
@blueprint.response(200, VisitRecordSchema)
def check_in(body: dict[str, Any], visit_id: UUID) -> Response:
    """Arrive at the site

    The distance to it is stored; too far away gives a notice, never a refusal.
    """
    position, geofence_m = position_of(body), current_application().settings.geofence_m
    return act_on_visit(
        body, visit_id, lambda uow, version: visits.check_in(uow, visit_id, position, geofence_m, version)
    )


@blueprint.route("/visits/<uuid:visit_id>/work", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(ActionSchema)
@blueprint.response(200, VisitRecordSchema)
def start_work(body: dict[str, Any], visit_id: UUID) -> Response:
    """Start to work, or go on"""
    return act_on_visit(body, visit_id, lambda uow, version: visits.start_work(uow, visit_id, version))


@blueprint.route("/visits/<uuid:visit_id>/pause", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(ActionSchema)
@blueprint.response(200, VisitRecordSchema)
def pause_work(body: dict[str, Any], visit_id: UUID) -> Response:
    """Stop working for a while"""
    return act_on_visit(body, visit_id, lambda uow, version: visits.pause_work(uow, visit_id, version))


@blueprint.route("/visits/<uuid:visit_id>/completion", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(CompletionSchema)
@blueprint.response(200, VisitRecordSchema)
def complete_visit(body: dict[str, Any], visit_id: UUID) -> Response:
    """End a visit as done

    Refused with everything that is missing from its record. The same said twice changes nothing.
    """
    none_used = body["states_no_parts"]
    return act_on_visit(
        body,
        visit_id,
        lambda uow, version: visits.complete_visit(uow, visit_id, states_no_parts=none_used, version=version),
    )


@blueprint.route("/visits/<uuid:visit_id>/incompletion", methods=["POST"])
@requires(Action.VISIT_TRANSITION)
@blueprint.arguments(IncompletionSchema)
@blueprint.response(200, VisitRecordSchema)
def break_off(body: dict[str, Any], visit_id: UUID) -> Response:
    """End a visit without the work being done

    The ticket gets a follow-up visit.
    """
    return act_on_visit(body, visit_id, lambda uow, version: visits.break_off(uow, visit_id, body["reason"], version))
