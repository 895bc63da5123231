"""Absences: said or asked for by technicians, decided about by those who plan."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.etags import expected_version
from api.idempotency import run_command
from api.reading import read_page
from api.rendering import rendered
from api.schemas.absences import AbsenceDecisionSchema, AbsenceRequestSchema, AbsenceSchema, AbsencesQuery
from api.schemas.base import NoFields, page_of
from fieldsvc.domain.permissions import Action
from fieldsvc.services import absences

blueprint = Blueprint("absences", "When technicians do not work.")


@blueprint.route("/absences")
@requires(Action.ABSENCE_READ)
@blueprint.arguments(AbsencesQuery, location="query")
@blueprint.response(200, page_of(AbsenceSchema))
def list_absences(query: dict[str, Any]) -> Response:
    """List absences by when they begin"""
    wanted = {name: query[name] for name in ("state", "technician_id", "ends_after")}
    return read_page(
        lambda page: lambda session: absences.list_absences(session, current_actor(), page, **wanted),
        AbsenceSchema,
        query,
    )


@blueprint.route("/technicians/<uuid:technician_id>/absences", methods=["POST"])
@requires(Action.ABSENCE_REPORT)
@blueprint.arguments(AbsenceRequestSchema)
@blueprint.response(201, AbsenceSchema)
def report_absence(body: dict[str, Any], technician_id: UUID) -> Response:
    """Say that somebody does not work, or ask not to

    A technician who is sick, or whose family needs him, says so; for any other reason he asks, and a planner decides.
    What a planner says is granted. The same said twice is one absence. Each visit planned in that time becomes a task.
    """
    wish = absences.AbsenceWish(body["starts_at"], body["ends_at"], body["reason"])
    return run_command(lambda uow: absences.report_absence(uow, technician_id, wish), rendered(AbsenceSchema, 201))


@blueprint.route("/absences/<uuid:absence_id>/decision", methods=["POST"])
@requires(Action.ABSENCE_DECIDE)
@blueprint.arguments(AbsenceDecisionSchema)
@blueprint.response(200, AbsenceSchema)
def decide_absence(body: dict[str, Any], absence_id: UUID) -> Response:
    """Grant an absence that was asked for, or refuse it"""
    version, is_granted = expected_version(), body["is_granted"]
    return run_command(
        lambda uow: absences.decide_absence(uow, absence_id, is_granted=is_granted, version=version),
        rendered(AbsenceSchema),
    )


@blueprint.route("/absences/<uuid:absence_id>/withdrawal", methods=["POST"])
@requires(Action.ABSENCE_REPORT)
@blueprint.arguments(NoFields)
@blueprint.response(200, AbsenceSchema)
def withdraw_absence(body: dict[str, Any], absence_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Take an absence back before it begins; one that has begun ends now"""
    version = expected_version()
    return run_command(lambda uow: absences.withdraw_absence(uow, absence_id, version), rendered(AbsenceSchema))
