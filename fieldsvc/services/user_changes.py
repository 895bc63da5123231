"""What an administrator changes about users; nothing is left ownerless."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound, StaleVersion
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.roles import Role
from fieldsvc.models.access import User
from fieldsvc.models.technicians import Team, Technician
from fieldsvc.models.tickets import Ticket
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.belongings import belongings_of, may_handle
from fieldsvc.services.endings import end_keys, end_sessions
from fieldsvc.services.publication_lock import hold_publications
from fieldsvc.services.users import lock_user, role_faults


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
    if "is_active" in changes:
        hold_publications(uow)  # nobody is planned who is being kept out
    if changes.keys() & {"role", "is_active"}:  # of two who keep each other out the second one sees the first
        admins = select(User.id).where(User.role == Role.ADMIN, User.is_active).order_by(User.id)
        uow.session.execute(admins.with_for_update(key_share=True)).all()
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
    if "is_active" in different and user.technician_id is not None:
        uow.get(Technician, user.technician_id, lock=True).is_active = user.is_active
    if different.get("is_active") is False:
        end_sessions(uow, user.id)
    if different.keys() & {"is_active", "role"}:  # a program that was let in for one role is not for another
        end_keys(uow, user.id)
    if different:
        said = {name: value for name, value in different.items() if name in ("role", "team_id", "is_active")}
        uow.record(user, "user_changed", data={"fields": sorted(different)} | said)
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
    teams = uow.session.scalars(select(Ticket.team_id).where(Ticket.id.in_(owned.tickets))).all()
    tickets = sum(not may_handle(user, team_id) for team_id in teams)
    visits = 0 if user.is_active else len(owned.visits)
    if tickets or visits:
        detail = f"{tickets} open tickets and {visits} visits would be nobody's: hand them over first."
        raise Conflict(detail, code="still_owns")
