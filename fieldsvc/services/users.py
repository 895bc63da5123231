"""People who sign in: made, listed and given passwords."""

import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.adapters.password_strength import weakness
from fieldsvc.adapters.passwords import Passwords
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.permissions import Action, Scope, scope_for
from fieldsvc.domain.roles import STAFF, Role
from fieldsvc.models import Team, Technician, User
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.endings import end_keys, end_sessions

MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 200  # hashing more would let one request keep a processor busy
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,79}")


def normalise_login(login: str) -> str:
    """Return the one spelling of a sign-in name."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def create_user(
    uow: UnitOfWork,
    passwords: Passwords,
    *,
    login: str,
    display_name: str,
    password: str,
    role: Role,
    team_id: UUID,
    technician_id: UUID | None = None,
    language: str = "en",
) -> User:
    """Make somebody who can sign in at once."""
    login = normalise_login(login)
    faults = _login_faults(login) + password_faults(password, login, display_name) + role_faults(role, technician_id)
    faults += _place_faults(uow, team_id, technician_id)
    if faults:
        raise Invalid("This user can't be made as described.", faults=faults)
    if uow.session.scalar(select(User.id).where(User.login == login)) is not None:
        raise Conflict("Somebody else has this sign-in name.", code="login_taken")
    user = User(
        id=uow.new_id(),
        login=login,
        display_name=display_name,
        password_hash=passwords.hash(password),
        role=role,
        team_id=team_id,
        technician_id=technician_id,
        language=language,
    )
    uow.session.add(user)
    uow.record(user, "user_created", data={"role": role.value, "team_id": str(team_id)})
    return user


def set_password(uow: UnitOfWork, passwords: Passwords, user_id: UUID, password: str) -> User:
    """Give a user another password, and end every session and key of before; one's own is changed otherwise."""
    if user_id == uow.actor.user_id:
        raise Conflict("Change your own password with the old one.", code="own_account")
    user = lock_user(uow, user_id)
    faults = password_faults(password, user.login, user.display_name)
    if faults:
        raise Invalid("This password can't be used.", faults=faults)
    user.password_hash = passwords.hash(password)
    uow.record(user, "password_set")
    end_sessions(uow, user_id)
    end_keys(uow, user_id)
    return user


def lock_user(uow: UnitOfWork, user_id: UUID) -> User:
    """Return a user whose sessions nobody else opens, renews or ends before this transaction does.

    Taken before any session is locked: a query that waits for the lock of one session does not see the successor
    that the transaction it waits for is adding.
    """
    uow.flush()
    # Not FOR UPDATE: rows that only refer to the user may still be added by others.
    query = select(User).where(User.id == user_id).with_for_update(key_share=True)
    user = uow.session.scalar(query.execution_options(populate_existing=True))
    if user is None:
        raise NotFound(f"There is no user {user_id}.")
    return user


def find_user(session: OrmSession, login: str) -> User:
    """Return the user with a sign-in name."""
    user = session.scalar(select(User).where(User.login == normalise_login(login)))
    if user is None:
        raise NotFound("There is no user with this sign-in name.")
    return user


@dataclass(frozen=True, slots=True)
class Permission:
    """Something the actor may do, and whose things to."""

    action: Action
    scope: Scope


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the actor is, and what the actor may do to whose things."""

    user: User
    team: Team
    permissions: tuple[Permission, ...]
    session_id: UUID | None

    @property
    def version(self) -> int:
        """Return the version of the user's row."""
        return self.user.version


def read_profile(session: OrmSession, actor: Actor) -> Profile:
    """Return the profile of a signed-in user."""
    user = session.get_one(User, actor.user_id)
    team = session.get_one(Team, user.team_id)
    scopes = ((action, scope_for(action, actor.role)) for action in Action)
    permissions = tuple(Permission(action, scope) for action, scope in scopes if scope is not None)
    return Profile(user, team, permissions, actor.session_id)


def _login_faults(login: str) -> list[Fault]:
    if _LOGIN.fullmatch(login):
        return []
    message = "A sign-in name has 1 to 80 letters a-z, digits and . _ @ + -, and begins with a letter or digit."
    return [Fault("invalid_login", "/login", message)]


def password_faults(password: str, *known: str, pointer: str = "/password") -> list[Fault]:
    """Return what is wrong with a password; known: what others know of whose it is to be."""
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        message = f"A password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters."
        return [Fault("invalid_password", pointer, message)]
    parts = {part for name in known for part in re.split(r"[\W_]+", name.casefold()) if len(part) > 2}
    if any(part in password.casefold() for part in parts):
        return [Fault("weak_password", pointer, "Your name is the first thing anybody tries.")]
    found = weakness(password, sorted(parts))
    return [] if found is None else [Fault("weak_password", pointer, found)]


def _place_faults(uow: UnitOfWork, team_id: UUID, technician_id: UUID | None) -> list[Fault]:
    faults = []
    if uow.find(Team, team_id) is None:
        faults.append(Fault("unknown_team", "/team_id", "There is no such team."))
    if technician_id is None:
        return faults
    technician = uow.find(Technician, technician_id)
    has_user = uow.session.scalar(select(User.id).where(User.technician_id == technician_id)) is not None
    if technician is None or has_user:
        faults.append(
            Fault("unknown_technician", "/technician_id", "There is no technician without a user with this id.")
        )
    if technician is not None and technician.team_id != team_id:
        message = "A technician's user belongs to the technician's own team."
        faults.append(Fault("other_team", "/team_id", message))
    return faults


def role_faults(role: Role, technician_id: UUID | None) -> list[Fault]:
    """Return why nobody can have this role, as this technician or as none."""
    if role not in STAFF:
        return [Fault("invalid_role", "/role", f"Nobody signs in as {role.value}.")]
    if (role is Role.TECHNICIAN) != (technician_id is not None):
        message = "A user with the role technician, and no other, names the technician it is."
        return [Fault("technician_needed", "/technician_id", message)]
    return []
