"""Technicians, for those who plan."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.idempotency import key_required, run_command
from api.reading import read_one, read_page
from api.rendering import no_content, rendered
from api.schemas.base import NoFields, PageQuery, page_of
from api.schemas.technicians import ShiftSchema, ShiftsQuery, TechnicianSchema, TechniciansQuery
from api.schemas.users import LoanRequestSchema, LoanSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import loans, technicians

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


@blueprint.route("/technicians/<uuid:technician_id>/loans")
@requires(Action.TECHNICIAN_READ)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(LoanSchema))
def list_loans(query: dict[str, Any], technician_id: UUID) -> Response:
    """List to which teams a technician is and was lent"""
    return read_page(
        lambda page: lambda session: loans.list_loans(session, current_actor(), technician_id, page), LoanSchema, query
    )


@blueprint.route("/technicians/<uuid:technician_id>/loans", methods=["POST"])
@requires(Action.TECHNICIAN_LEND)
@key_required
@blueprint.arguments(LoanRequestSchema)
@blueprint.response(201, LoanSchema)
def lend_technician(body: dict[str, Any], technician_id: UUID) -> Response:
    """Lend a technician to another team for some days

    On these days the other team plans him, and he sees what is its.
    """
    return run_command(lambda uow: loans.lend_technician(uow, technician_id, **body), rendered(LoanSchema, 201))


@blueprint.route("/technicians/<uuid:technician_id>/loans/<uuid:loan_id>/withdrawal", methods=["POST"])
@requires(Action.TECHNICIAN_LEND)
@blueprint.arguments(NoFields)
@blueprint.response(204)
def end_loan(body: dict[str, Any], technician_id: UUID, loan_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Take a loan back

    Unless visits of the other team are on the technician's plan on these days.
    """
    return run_command(lambda uow: loans.end_loan(uow, technician_id, loan_id), no_content)
