"""Signing in, sessions and who one is."""

from api.schemas.base import EntitySchema, StrictSchema
from api.schemas.fields import Choice, Flag, Id, Instant, Items, Nested, Text, Whole
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.roles import Role


class SignInSchema(StrictSchema):
    """What somebody gives to sign in on a device."""

    login = Text(max_length=80, required=True)
    password = Text(max_length=200, required=True, load_only=True, metadata={"format": "password"})
    device_id = Text(max_length=80, load_default=None)
    device_name = Text(max_length=200, load_default=None)


class IdentitySignInSchema(StrictSchema):
    """The ID token of the identity provider. nonce: that the client had asked it to repeat."""

    id_token = Text(max_length=16_000, pattern="[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]*", required=True)
    nonce = Text(max_length=200, load_default=None, allow_none=True)
    device_id = Text(max_length=80, load_default=None)
    device_name = Text(max_length=200, load_default=None)


class RefreshSchema(StrictSchema):
    """The refresh token of the last pair; it works once."""

    refresh_token = Text(max_length=200, required=True, load_only=True)


class TokenPairSchema(StrictSchema):
    """The tokens of a session: one for requests, and one for the next pair."""

    access_token = Text(max_length=2000, required=True)
    expires_in_s = Whole(low=1, high=3600, required=True)
    refresh_token = Text(max_length=200, required=True)
    refresh_expires_at = Instant(required=True)
    session_id = Id(required=True)


class SessionSchema(EntitySchema):
    """A device on which the caller is signed in."""

    id = Id(required=True, attribute="family_id")
    device_id = Text(max_length=80, allow_none=True, required=True)
    device_name = Text(max_length=200, allow_none=True, required=True)
    created_at = Instant(required=True, metadata={"description": "When its tokens were last renewed."})
    last_used_at = Instant(required=True)
    expires_at = Instant(required=True)


class OwnTeamSchema(EntitySchema):
    """The team the caller belongs to."""

    name = Text(max_length=200, required=True)
    zone = Text(max_length=64, required=True)


class PermissionSchema(StrictSchema):
    """Something the caller may do, and whose things to."""

    action = Choice(Action, required=True)
    scope = Choice(Scope, required=True)


class MeSchema(EntitySchema):
    """Who is signed in."""

    id = Id(required=True, attribute="user.id")
    login = Text(max_length=80, required=True, attribute="user.login")
    display_name = Text(max_length=200, required=True, attribute="user.display_name")
    role = Choice(Role, required=True, attribute="user.role")
    language = Text(max_length=16, required=True, attribute="user.language")
    technician_id = Id(allow_none=True, required=True, attribute="user.technician_id")
    is_active = Flag(required=True, attribute="user.is_active")
    team = Nested(OwnTeamSchema, required=True)
    session_id = Id(allow_none=True, required=True)
    permissions = Items(Nested(PermissionSchema), max_items=200, required=True)
