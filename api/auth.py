"""Who may use a route: each declares one permission or says why it is public, and nothing else is served."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import request

from api.current import View, current_application, matched_view, remember_actor
from fieldsvc.domain.errors import Forbidden, Unauthenticated
from fieldsvc.domain.permissions import Action, scope_for
from fieldsvc.services.sessions import authenticate

Function = TypeVar("Function", bound=View)

_DECLARATION = "fieldsvc_permission"
# A key that could make keys, set passwords or erase would outlive what ends it.
_FOR_PEOPLE = (
    Action.USER_MANAGE,
    Action.SESSION_MANAGE,
    Action.PRIVACY_MANAGE,
    Action.DEVICE_MANAGE,
    Action.DEVICE_CONFIRM_LOSS,
)
# A phone that was taken back tells what it holds, photos as well.
_WHILE_CONFINED = (Action.SYNC, Action.BLOB_CREATE)


@dataclass(frozen=True, slots=True)
class Requires:
    """The route is for roles that have a row for this action in the permissions table."""

    action: Action


@dataclass(frozen=True, slots=True)
class Public:
    """The route is for everybody, for this reason."""

    reason: str


def requires(action: Action) -> Callable[[Function], Function]:
    """Declare the permission of a view. Things out of scope are the use case's to hide, by its query."""
    return _declare(Requires(action))


def public(reason: str) -> Callable[[Function], Function]:
    """Declare that a view needs no permission, and why that is right."""
    return _declare(Public(reason))


def declaration_of(view: View) -> Requires | Public | None:
    """Return what a view has declared."""
    declared: Requires | Public | None = getattr(view, _DECLARATION, None)
    return declared


def authorize() -> None:
    """Refuse the request at hand unless its route is public or the caller's role has the permission.

    Runs before the view, so neither a body nor an id is looked at for somebody who may not ask.
    """
    view = matched_view()
    if view is None or request.method == "OPTIONS":  # no route, or the list of a route's methods
        return
    declared = declaration_of(view)
    if declared is None:
        raise RuntimeError(f"{request.endpoint} declares no permission")
    if isinstance(declared, Public):
        return
    application = current_application()
    actor = authenticate(application.database, application.tokens, _bearer_token())
    remember_actor(actor)
    if actor.is_confined and declared.action not in _WHILE_CONFINED:
        raise Forbidden("This device was taken back: it may only push what it holds.", code="device_revoked")
    if actor.is_program and declared.action in _FOR_PEOPLE:
        raise Forbidden("A person has to sign in for this: no key opens it.", code="not_for_keys")
    if scope_for(declared.action, actor.role) is None:
        raise Forbidden(f"The role {actor.role.value} may not do this ({declared.action.value}).")


def _bearer_token() -> str:
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer" or not authorization.token:
        raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
    return authorization.token


def _declare(declaration: Requires | Public) -> Callable[[Function], Function]:
    def mark(view: Function) -> Function:
        setattr(view, _DECLARATION, declaration)
        return view

    return mark
