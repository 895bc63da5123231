"""Job types, and what is gone through at their visits."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import PageQuery, page_of
from api.schemas.procedures import JobTypeChangesSchema, JobTypeSchema, ProcedureRequestSchema, ProcedureSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.procedures import Point
from fieldsvc.services import procedures

blueprint = Blueprint("job-types", "What visits of a kind need, and what is gone through at them.")


@blueprint.route("/job-types")
@requires(Action.CATALOGUE_READ)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(JobTypeSchema))
def list_job_types(query: dict[str, Any]) -> Response:
    """List job types by their code"""
    return read_page(lambda page: lambda session: procedures.list_job_types(session, page), JobTypeSchema, query)


@blueprint.route("/job-types/<uuid:job_type_id>")
@requires(Action.CATALOGUE_READ)
@blueprint.response(200, JobTypeSchema)
def read_job_type(job_type_id: UUID) -> Response:
    """Read a job type"""
    return read_one(lambda session: procedures.get_job_type(session, job_type_id), JobTypeSchema)


@blueprint.route("/job-types/<uuid:job_type_id>", methods=["PATCH"])
@requires(Action.CATALOGUE_MANAGE)
@blueprint.arguments(JobTypeChangesSchema)
@blueprint.response(200, JobTypeSchema)
def change_job_type(body: dict[str, Any], job_type_id: UUID) -> Response:
    """Change a job type

    For visits that are drafted from now on.
    """
    version = expected_version()
    return run_command(lambda uow: procedures.change_job_type(uow, job_type_id, body, version), rendered(JobTypeSchema))


@blueprint.route("/job-types/<uuid:job_type_id>/procedures", methods=["POST"])
@requires(Action.CATALOGUE_MANAGE)
@key_required
@blueprint.arguments(ProcedureRequestSchema)
@blueprint.response(201, JobTypeSchema)
def publish_procedure(body: dict[str, Any], job_type_id: UUID) -> Response:
    """Publish what is gone through from now on

    Visits that phones have already keep the procedure they were sent out with; those of before stay readable.
    """
    points, version = [Point(**one) for one in body["points"]], expected_version()
    return run_command(
        lambda uow: procedures.publish_procedure(uow, job_type_id, points, version), rendered(JobTypeSchema, 201)
    )


@blueprint.route("/procedures/<uuid:procedure_id>")
@requires(Action.CATALOGUE_READ)
@blueprint.response(200, ProcedureSchema)
def read_procedure(procedure_id: UUID) -> Response:
    """Read one version of a procedure"""
    return read_one(lambda session: procedures.get_procedure(session, procedure_id), ProcedureSchema)
