"""Who signs in: made, changed, given keys, and relieved of what they have in hand."""

from typing import Any
from uuid import UUID

from flask import Response, request

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application, current_request_id
from api.etags import expected_version
from api.idempotency import key_ignored, key_required, run_command
from api.reading import read_one, read_page
from api.rendering import no_content, rendered
from api.schemas.base import PageQuery, page_of
from api.schemas.users import (
    ApiKeySchema,
    HandedOverSchema,
    HandOverSchema,
    KeyRequestSchema,
    NewKeySchema,
    NewPasswordSchema,
    NewUserSchema,
    OwnPasswordSchema,
    UserChangesSchema,
    UserSchema,
    UsersQuery,
)
from fieldsvc.domain.permissions import Action
from fieldsvc.services import api_keys, handovers, own_password, user_changes, users

blueprint = Blueprint("users", "Who signs in.")


@blueprint.route("/users")
@requires(Action.USER_MANAGE)
@blueprint.arguments(UsersQuery, location="query")
@blueprint.response(200, page_of(UserSchema))
def list_users(query: dict[str, Any]) -> Response:
    """List users by their sign-in name"""
    role = query["role"]
    return read_page(lambda page: lambda session: user_changes.list_users(session, page, role=role), UserSchema, query)


@blueprint.route("/users", methods=["POST"])
@requires(Action.USER_MANAGE)
@key_required
@blueprint.arguments(NewUserSchema)
@blueprint.response(201, UserSchema)
def create_user(body: dict[str, Any]) -> Response:
    """Make a user

    The password is looked at as somebody would guess it who knows whose it is.
    """
    passwords = current_application().passwords
    return run_command(lambda uow: users.create_user(uow, passwords, **body), rendered(UserSchema, 201))


@blueprint.route("/users/<uuid:user_id>")
@requires(Action.USER_MANAGE)
@blueprint.response(200, UserSchema)
def read_user(user_id: UUID) -> Response:
    """Read a user"""
    return read_one(lambda session: user_changes.get_user(session, user_id), UserSchema)


@blueprint.route("/users/<uuid:user_id>", methods=["PATCH"])
@requires(Action.USER_MANAGE)
@blueprint.arguments(UserChangesSchema)
@blueprint.response(200, UserSchema)
def change_user(body: dict[str, Any], user_id: UUID) -> Response:
    """Change a user

    Who has tickets or visits in hand hands them over before he leaves; the last administrator stays.
    """
    version = expected_version()
    return run_command(lambda uow: user_changes.change_user(uow, user_id, body, version), rendered(UserSchema))


@blueprint.route("/users/<uuid:user_id>/password", methods=["POST"])
@requires(Action.USER_MANAGE)
@blueprint.arguments(NewPasswordSchema)
@blueprint.response(200, UserSchema)
def set_password(body: dict[str, Any], user_id: UUID) -> Response:
    """Give a user another password

    Every device is signed out.
    """
    passwords = current_application().passwords
    return run_command(lambda uow: users.set_password(uow, passwords, user_id, body["password"]), rendered(UserSchema))


@blueprint.route("/me/password", methods=["POST"])
@requires(Action.SESSION_MANAGE)
@key_ignored
@blueprint.arguments(OwnPasswordSchema)
@blueprint.response(204)
def change_own_password(body: dict[str, Any]) -> Response:
    """Change one's own password

    Every other device is signed out. Wrong ones are counted like failed sign-ins. An Idempotency-Key is not honoured:
    the second time the old password is wrong.
    """
    app = current_application()
    change = own_password.PasswordChange(
        body["old_password"], body["new_password"], request.remote_addr or "", current_request_id()
    )
    own_password.change_own_password(app.database, app.passwords, app.settings, current_actor(), change)
    return Response(status=204)


@blueprint.route("/users/<uuid:user_id>/hand-over", methods=["POST"])
@requires(Action.HANDOVER)
@key_required
@blueprint.arguments(HandOverSchema)
@blueprint.response(200, HandedOverSchema)
def hand_over(body: dict[str, Any], user_id: UUID) -> Response:
    """Give what somebody has in hand to somebody else

    Tickets at once; visits from a day on that nobody has left for are to be planned anew, for the other technician if
    possible. Visits of before that day, and those that have begun, stay.
    """
    wanted = handovers.HandOver(**body)
    return run_command(lambda uow: handovers.hand_over(uow, user_id, wanted), rendered(HandedOverSchema))


@blueprint.route("/users/<uuid:user_id>/api-keys")
@requires(Action.USER_MANAGE)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(ApiKeySchema))
def list_keys(query: dict[str, Any], user_id: UUID) -> Response:
    """List the keys of a user, ended ones too"""
    return read_page(lambda page: lambda session: api_keys.list_keys(session, user_id, page), ApiKeySchema, query)


@blueprint.route("/users/<uuid:user_id>/api-keys", methods=["POST"])
@requires(Action.USER_MANAGE)
@key_ignored
@blueprint.arguments(KeyRequestSchema)
@blueprint.response(201, NewKeySchema)
def create_key(body: dict[str, Any], user_id: UUID) -> Response:
    """Make a key for a program

    It may do all the user may, until it expires or is revoked; the secret is shown this once. An Idempotency-Key is not
    honoured: a repetition makes another key.
    """
    name, expires_at = body["name"], body["expires_at"]
    return run_command(lambda uow: api_keys.create_key(uow, user_id, name, expires_at), rendered(NewKeySchema, 201))


@blueprint.route("/api-keys/<uuid:api_key_id>", methods=["DELETE"])
@requires(Action.USER_MANAGE)
@blueprint.response(204)
def revoke_key(api_key_id: UUID) -> Response:
    """End a key

    It opens nothing from now on.
    """
    version = expected_version()
    return run_command(lambda uow: api_keys.revoke_key(uow, api_key_id, version), no_content)
