"""Technicians, for those who plan."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.reading import read_one, read_page
from api.schemas.base import page_of
from api.schemas.technicians import ShiftSchema, ShiftsQuery, TechnicianSchema, TechniciansQuery
from fieldsvc.domain.permissions import Action
from fieldsvc.services import technicians

blueprint = Blueprint("technicians", "Who visits sites.")


@blueprint.route("/technicians")
@requires(Action.TECHNICIAN_READ)
@blueprint.arguments(TechniciansQuery, location="query")
@blueprint.response(200, page_of(TechnicianSchema))
def list_technicians(query: dict[str, Any]) -> Response:
    """List technicians"""
    skill, day = query["skill"], query["day"]
    return read_page(
        lambda page: lambda session: technicians.list_technicians(session, current_actor(), page, skill=skill, day=day),
        TechnicianSchema,
        query,
    )


@blueprint.route("/technicians/<uuid:technician_id>")
@requires(Action.TECHNICIAN_READ)
@blueprint.response(200, TechnicianSchema)
def read_technician(technician_id: UUID) -> Response:
    """Read a technician"""
    return read_one(
        lambda session: technicians.get_technician(session, current_actor(), technician_id), TechnicianSchema
    )


@blueprint.route("/technicians/<uuid:technician_id>/shifts")
@requires(Action.TECHNICIAN_READ)
@blueprint.arguments(ShiftsQuery, location="query")
@blueprint.response(200, page_of(ShiftSchema))
def list_shifts(query: dict[str, Any], technician_id: UUID) -> Response:
    """List a technician's shifts by day"""
    first_day = query["first_day"]
    return read_page(
        lambda page: (
            lambda session: technicians.list_shifts(session, current_actor(), technician_id, page, first_day=first_day)
        ),
        ShiftSchema,
        query,
    )
