"""What an administrator changes about users, and everybody about the own password; nothing is left ownerless."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.adapters.passwords import Passwords
from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound, StaleVersion
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.roles import Role
from fieldsvc.models.access import Session, User
from fieldsvc.models.technicians import Team, Technician
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.belongings import belongings_of, may_handle
from fieldsvc.services.users import lock_user, password_faults, role_faults


def list_users(session: OrmSession, page: PageRequest, *, role: Role | None = None) -> Page[User]:
    """Return users by their sign-in name."""
    query = select(User) if role is None else select(User).where(User.role == role)
    return fetch_page(session, query, [User.login], page)


def get_user(session: OrmSession, user_id: UUID) -> User:
    """Return one user."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(f"There is no user {user_id}.")
    return user


def change_user(uow: UnitOfWork, user_id: UUID, changes: Mapping[str, Any], version: int | None) -> User:
    """Change name, language, role, team or whether somebody may sign in; what is not named stays."""
    user = lock_user(uow, user_id)
    if version is not None and user.version != version:
        raise StaleVersion(f"This is version {user.version} by now, not {version}; read it again.")
    different = {name: value for name, value in changes.items() if getattr(user, name) != value}
    faults = role_faults(different.get("role", user.role), user.technician_id)
    faults += _team_faults(uow, user, different.get("team_id"))
    if faults:
        raise Invalid("The user can't be changed like this.", faults=faults)
    loses_admin = user.role is Role.ADMIN and (
        different.get("role", Role.ADMIN) is not Role.ADMIN or different.get("is_active") is False
    )
    if loses_admin and _other_admins(uow, user) == 0:
        raise Conflict("Nobody else could manage users: make another administrator first.", code="last_admin")
    for name, value in different.items():
        setattr(user, name, value)
    _check_owns_nothing(uow, user)
    if different.get("is_active") is False:
        _end_sessions(uow, user.id, but=None)
    if different:
        said = {name: value for name, value in different.items() if name in ("role", "team_id", "is_active")}
        uow.record(user, "user_changed", data={"fields": sorted(different)} | said)
    return user


def change_own_password(uow: UnitOfWork, passwords: Passwords, old: str, new: str) -> User:
    """Give the actor another password; every other device is signed out."""
    assert uow.actor.user_id is not None, "only users have passwords"
    user = lock_user(uow, uow.actor.user_id)
    if not passwords.verify(old, user.password_hash):
        fault = Fault("wrong_password", "/old_password", "This is not your password.")
        raise Invalid("The password was not changed.", faults=[fault])
    faults = password_faults(new, user.login, user.display_name, pointer="/new_password")
    if faults:
        raise Invalid("This password can't be used.", faults=faults)
    user.password_hash = passwords.hash(new)
    uow.record(user, "password_changed")
    _end_sessions(uow, user.id, but=uow.actor.session_id)
    return user


def _team_faults(uow: UnitOfWork, user: User, team_id: UUID | None) -> list[Fault]:
    if team_id is None:
        return []
    if uow.find(Team, team_id) is None:
        return [Fault("unknown_team", "/team_id", "There is no such team.")]
    if user.technician_id is not None and uow.get(Technician, user.technician_id).team_id != team_id:
        return [Fault("other_team", "/team_id", "A technician's user belongs to the technician's own team.")]
    return []


def _other_admins(uow: UnitOfWork, user: User) -> int:
    admins = select(func.count()).where(User.role == Role.ADMIN, User.is_active, User.id != user.id)
    return uow.session.scalars(admins).one()


def _check_owns_nothing(uow: UnitOfWork, user: User) -> None:
    """Refuse to leave tickets or visits with somebody who can't care for them any more."""
    owned = belongings_of(uow.session, user)
    tickets = len(owned.tickets) if not may_handle(user) else 0
    visits = len(owned.visits) if not user.is_active else 0
    if tickets or visits:
        detail = f"{tickets} open tickets and {visits} visits would be nobody's: hand them over first."
        raise Conflict(detail, code="still_owns")


def _end_sessions(uow: UnitOfWork, user_id: UUID, *, but: UUID | None) -> None:
    rows = select(Session).where(Session.user_id == user_id, Session.revoked_at.is_(None))
    if but is not None:
        rows = rows.where(Session.family_id != but)
    for session in uow.session.scalars(rows.with_for_update()):
        session.revoked_at = uow.now
