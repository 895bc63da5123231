"""A resource of the tests' own, with one route of each kind, so that what all resources share is tested once."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import select

from api.auth import public, requires
from api.blueprint import Blueprint
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_one, read_page
from api.rendering import no_content, rendered, response_of
from api.schemas.base import EntitySchema, NoFields, PageQuery, StrictSchema, page_of
from api.schemas.fields import Choice, Day, Decimal, Flag, Id, Instant, Items, Nested, Text, Whole, WholeInQuery
from fieldsvc.domain.errors import NotFound
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.roles import Role
from fieldsvc.models import Team
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork


class TeamSchema(EntitySchema):
    name = Text(max_length=200, required=True)
    zone = Text(max_length=64, required=True)


class NewTeamSchema(StrictSchema):
    name = Text(max_length=20, required=True, pattern=r"[^<>]*")
    zone = Text(max_length=64, load_default="UTC")


class RenameSchema(StrictSchema):
    name = Text(max_length=20, required=True)


class TeamQuery(PageQuery):
    is_descending = WholeInQuery(low=0, high=1, load_default=0)


class PlaceSchema(StrictSchema):
    latitude = Decimal(low=-90, high=90, required=True)


class EverythingSchema(StrictSchema):
    text = Text(max_length=5)
    whole = Whole(low=0, high=10)
    flag = Flag()
    id = Id()
    instant = Instant()
    day = Day()
    role = Choice(Role)
    places = Items(Nested(PlaceSchema), max_items=2)
    text_or_null = Text(max_length=5, allow_none=True)


blueprint = Blueprint("teams", "For tests.")


def found_team(uow: UnitOfWork, name: str, zone: str) -> Team:
    team = Team(id=uow.new_id(), name=name, zone=zone)
    uow.session.add(team)
    uow.record(team, "team_founded")
    return team


def rename_team(uow: UnitOfWork, team_id: UUID, version: int | None, name: str) -> Team:
    team = uow.get(Team, team_id, lock=True, version=version)
    team.name = name
    uow.record(team, "team_renamed")
    return team


@blueprint.route("/teams")
@public("tests of queries need nobody signed in")
@blueprint.arguments(TeamQuery, location="query")
@blueprint.response(200, page_of(TeamSchema))
def list_teams(query: dict[str, Any]) -> Response:
    """List teams"""
    descending = query["is_descending"] == 1
    return read_page(
        lambda page: lambda session: fetch_page(session, select(Team), [Team.id], page, is_descending=descending),
        TeamSchema,
        query,
    )


@blueprint.route("/teams", methods=["POST"])
@requires(Action.USER_MANAGE)
@key_required
@blueprint.arguments(NewTeamSchema)
@blueprint.response(201, TeamSchema)
def create_team(body: dict[str, Any]) -> Response:
    """Found a team"""
    return run_command(lambda uow: found_team(uow, **body), rendered(TeamSchema, 201))


@blueprint.route("/teams/<uuid:team_id>")
@requires(Action.VISIT_READ)
@blueprint.response(200, TeamSchema)
def read_team(team_id: UUID) -> Response:
    """Read a team"""

    def find(session: Any) -> Team:
        team = session.get(Team, team_id)
        if team is None:
            raise NotFound("There is no such team.")
        return team

    return read_one(find, TeamSchema)


@blueprint.route("/teams/<uuid:team_id>", methods=["PATCH"])
@requires(Action.USER_MANAGE)
@blueprint.arguments(RenameSchema)
@blueprint.response(200, TeamSchema)
def patch_team(body: dict[str, Any], team_id: UUID) -> Response:
    """Rename a team"""
    version = expected_version()
    return run_command(lambda uow: rename_team(uow, team_id, version, body["name"]), rendered(TeamSchema))


@blueprint.route("/teams/<uuid:team_id>/capitals", methods=["POST"])
@requires(Action.USER_MANAGE)
@blueprint.arguments(NoFields)
@blueprint.response(200, TeamSchema)
def capitalise_team(_body: dict[str, Any], team_id: UUID) -> Response:
    """Write a team's name in capitals"""
    version = expected_version()

    def capitalise(uow: UnitOfWork) -> Team:
        return rename_team(uow, team_id, version, uow.get(Team, team_id).name.upper())

    return run_command(capitalise, rendered(TeamSchema))


@blueprint.route("/everything", methods=["POST"])
@public("tests of bodies need nobody signed in")
@blueprint.arguments(EverythingSchema)
@blueprint.response(204)
def take_everything(_body: dict[str, Any]) -> Response:
    """Take a value of each kind"""
    return response_of(no_content(None))


@blueprint.route("/mishap", methods=["POST"])
@requires(Action.ME_READ)
@blueprint.arguments(NoFields)
@blueprint.response(204)
def fail(_body: dict[str, Any]) -> Response:
    """Fail unexpectedly"""
    raise LookupError("王伟, +5551999990000")
