"""Users, their keys, handing over, and lending technicians."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Day, Flag, Id, Instant, Text, Whole
from fieldsvc.domain.roles import Role

_LANGUAGE = "[a-z]{2}([_-][A-Za-z]{2,4})?"
_REASON = "[a-z][a-z_]{0,39}"
_CODE = {"description": "A code, such as leave or illness."}


class UserSchema(EntitySchema):
    """Somebody who signs in."""

    login = Text(max_length=80, required=True)
    display_name = Text(max_length=200, required=True)
    role = Choice(Role, required=True)
    team_id = Id(required=True)
    technician_id = Id(required=True, allow_none=True)
    language = Text(max_length=16, required=True)
    is_active = Flag(required=True)


class UsersQuery(PageQuery):
    """Which users."""

    role = Choice(Role, load_default=None)


class NewUserSchema(StrictSchema):
    """Whoever is to sign in. A technician's user names the technician."""

    login = Text(max_length=80, required=True)
    display_name = Text(max_length=200, required=True)
    password = Text(max_length=200, required=True, load_only=True, metadata={"format": "password"})
    role = Choice(Role, required=True)
    team_id = Id(required=True)
    technician_id = Id(load_default=None, allow_none=True)
    language = Text(max_length=16, pattern=_LANGUAGE, load_default="en")


class UserChangesSchema(StrictSchema):
    """What is to be different; what is not named stays."""

    display_name = Text(max_length=200)
    role = Choice(Role)
    team_id = Id()
    language = Text(max_length=16, pattern=_LANGUAGE)
    is_active = Flag()


class NewPasswordSchema(StrictSchema):
    """Another password for somebody."""

    password = Text(max_length=200, required=True, load_only=True, metadata={"format": "password"})


class OwnPasswordSchema(StrictSchema):
    """Another password for oneself."""

    old_password = Text(max_length=200, required=True, load_only=True, metadata={"format": "password"})
    new_password = Text(max_length=200, required=True, load_only=True, metadata={"format": "password"})


class KeyRequestSchema(StrictSchema):
    """A key for a program. expires_at: within a year."""

    name = Text(max_length=200, required=True)
    expires_at = Instant(required=True)


class ApiKeySchema(EntitySchema):
    """A key of a user, without its secret. last_used_at: to the hour."""

    user_id = Id(required=True)
    name = Text(max_length=200, required=True)
    created_at = Instant(required=True)
    expires_at = Instant(required=True)
    revoked_at = Instant(required=True, allow_none=True)
    last_used_at = Instant(required=True, allow_none=True)


class NewKeySchema(EntitySchema):
    """A key with its secret, which is shown this once: `Authorization: Bearer <secret>`."""

    secret = Text(max_length=100, required=True)
    expires_at = Instant(required=True, attribute="row.expires_at")


class HandOverSchema(StrictSchema):
    """To whom, and from which day on; visits of before stay where they are."""

    to_user_id = Id(required=True)
    first_day = Day(required=True)
    reason = Text(max_length=40, pattern=_REASON, required=True, metadata=_CODE)


class HandedOverSchema(StrictSchema):
    """How much was handed over. kept_visits: of before that day, or begun already."""

    tickets = Whole(low=0, high=2**31, required=True)
    visits = Whole(low=0, high=2**31, required=True)
    kept_visits = Whole(low=0, high=2**31, required=True)


class HandlerSchema(StrictSchema):
    """Who handles the ticket from now on; null = nobody."""

    user_id = Id(required=True, allow_none=True)
    reason = Text(max_length=40, pattern=_REASON, required=True, metadata=_CODE)


class LoanRequestSchema(StrictSchema):
    """To which team, and on which days; both included."""

    team_id = Id(required=True)
    first_day = Day(required=True)
    last_day = Day(required=True)


class LoanSchema(StrictSchema):
    """A technician's second team for some days."""

    id = Id(required=True)
    technician_id = Id(required=True)
    team_id = Id(required=True)
    first_day = Day(required=True)
    last_day = Day(required=True)
