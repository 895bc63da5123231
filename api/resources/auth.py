"""Signing in, staying signed in, and the devices one is signed in on."""

from typing import Any
from uuid import UUID

from flask import Response, request

from api.auth import public, requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application, current_request_id
from api.etags import expected_version
from api.idempotency import key_ignored, run_command
from api.reading import read_one, read_page
from api.rendering import no_content, rendered, response_of
from api.schemas.access import IdentitySignInSchema, RefreshSchema, SessionSchema, SignInSchema, TokenPairSchema
from api.schemas.base import PageQuery, page_of
from fieldsvc.domain.errors import NotFound
from fieldsvc.domain.permissions import Action
from fieldsvc.services import identity_sign_in, sessions

blueprint = Blueprint("auth", "Signing in and out.")


@blueprint.route("/auth/tokens", methods=["POST"])
@key_ignored
@public("nobody has a token before it was given out")
@blueprint.arguments(SignInSchema)
@blueprint.response(201, TokenPairSchema)
def sign_in(body: dict[str, Any]) -> Response:
    """Sign in on a device

    Failures are counted for the account and for the address; too many of them are answered with 429.
    An Idempotency-Key is not honoured: tokens are given out once and kept nowhere.
    """
    app = current_application()
    credentials = sessions.SignIn(**body, address=request.remote_addr or "", request_id=current_request_id())
    pair = sessions.sign_in(app.database, app.passwords, app.tokens, app.settings, credentials)
    return response_of(rendered(TokenPairSchema, 201)(pair))


@blueprint.route("/auth/tokens/identity", methods=["POST"])
@key_ignored
@public("the provider's signature on the ID token says who asks")
@blueprint.arguments(IdentitySignInSchema)
@blueprint.response(201, TokenPairSchema)
def sign_in_with_identity(body: dict[str, Any]) -> Response:
    """Sign in with an identity provider's ID token

    Where the operator trusts one (OpenID Connect); the client gets the token by the code flow with PKCE. It names a
    user who is known here, was issued within ten minutes, and opens one session.
    """
    app = current_application()
    if app.identities is None:
        raise NotFound("No identity provider is trusted here.", code="no_identity_provider")
    asked = identity_sign_in.IdentitySignIn(**body, request_id=current_request_id())
    pair = identity_sign_in.sign_in_with_identity(app.database, app.tokens, app.settings, app.identities, asked)
    return response_of(rendered(TokenPairSchema, 201)(pair))


@blueprint.route("/auth/tokens/refresh", methods=["POST"])
@key_ignored
@public("the refresh token in the body says who asks")
@blueprint.arguments(RefreshSchema)
@blueprint.response(201, TokenPairSchema)
def refresh(body: dict[str, Any]) -> Response:
    """Trade a refresh token for the next pair

    Each refresh token works once. If one comes a second time, somebody has a copy, and the session ends.
    """
    app = current_application()
    pair = sessions.refresh(app.database, app.tokens, app.settings, body["refresh_token"], current_request_id())
    return response_of(rendered(TokenPairSchema, 201)(pair))


@blueprint.route("/auth/sessions")
@requires(Action.SESSION_MANAGE)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(SessionSchema))
def list_sessions(query: dict[str, Any]) -> Response:
    """List the devices one is signed in on"""
    now = current_application().clock.now()
    return read_page(
        lambda page: lambda session: sessions.list_sessions(session, current_actor(), now, page), SessionSchema, query
    )


@blueprint.route("/auth/sessions/<uuid:session_id>")
@requires(Action.SESSION_MANAGE)
@blueprint.response(200, SessionSchema)
def read_session(session_id: UUID) -> Response:
    """Read one of the devices one is signed in on"""
    now = current_application().clock.now()
    return read_one(lambda session: sessions.read_session(session, current_actor(), now, session_id), SessionSchema)


@blueprint.route("/auth/sessions/<uuid:session_id>", methods=["DELETE"])
@requires(Action.SESSION_MANAGE)
@blueprint.response(204)
def revoke_session(session_id: UUID) -> Response:
    """Sign a device out

    Its tokens fail from now on. With the id that `/me` calls `session_id` it is the device that asks.
    """
    version = expected_version()
    return run_command(lambda uow: sessions.revoke_session(uow, session_id, version), no_content)
