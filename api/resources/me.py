"""The caller."""

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.reading import read_one
from api.schemas.access import MeSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import users

blueprint = Blueprint("me", "Who is signed in.")


@blueprint.route("/me")
@requires(Action.ME_READ)
@blueprint.response(200, MeSchema)
def read_me() -> Response:
    """Say who is signed in, and what they may do"""
    return read_one(lambda session: users.read_profile(session, current_actor()), MeSchema)
