"""Signing in, staying signed in, and being signed out. One session is one device."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, exists, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.adapters.passwords import Passwords
from fieldsvc.adapters.tokens import AccessTokens
from fieldsvc.config import Settings
from fieldsvc.domain.actor import SYSTEM, Actor
from fieldsvc.domain.device_states import DeviceState
from fieldsvc.domain.errors import NotFound, Unauthenticated
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.models import Device, Loan, Session, Team, User
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.api_keys import PREFIX, holder_of
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.sign_in_attempts import admit, note_success
from fieldsvc.services.users import lock_user, normalise_login

Outcome = TypeVar("Outcome")

# Every request is preceded by these, so they are not made anew each time.
_HOLDER = (
    select(User, Team.zone).join(Team, Team.id == User.team_id).where(User.is_active, User.id == bindparam("user_id"))
)
"""An active user with the zone of the user's team."""
_HOLDER_OF_SESSION = _HOLDER.where(
    exists(
        select(Session.id).where(
            Session.user_id == bindparam("user_id"),
            Session.rotated_at.is_(None),
            Session.revoked_at.is_(None),
            Session.expires_at > bindparam("now"),
            Session.family_id == bindparam("session_id"),
        )
    )
)
_DEVICE = (
    select(Device.id).where(Device.session_id == bindparam("session_id"), Device.state == bindparam("state")).limit(1)
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody gives to sign in; address is where from."""

    login: str
    password: str
    address: str
    device_id: str | None = None
    device_name: str | None = None
    request_id: str | None = None


class OnDevice(Protocol):
    """Whatever says which device it is about."""

    @property
    def device_id(self) -> str | None:
        """Return the device's own id."""

    @property
    def device_name(self) -> str | None:
        """Return what its user calls it."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a device holds: a token for requests, and one to get the next pair with, once."""

    access_token: str
    expires_in_s: int
    refresh_token: str
    refresh_expires_at: datetime
    session_id: UUID


def sign_in(
    database: Database, passwords: Passwords, tokens: AccessTokens, settings: Settings, request: SignIn
) -> TokenPair:
    """Open a session for a device, or refuse without saying whether the account exists."""
    login = normalise_login(request.login)
    attempt_id = admit(database, settings, login, request.address, request.request_id)
    with database.read_only() as session:
        user = session.scalar(select(User).where(User.login == login))
    # Between the transactions: the work takes long on purpose, and nobody should wait for it with a lock.
    fits = passwords.verify(request.password, user.password_hash if user else None)
    refused = Unauthenticated("Sign-in name or password is wrong.", code="sign_in_failed")
    if user is None or not fits or not user.is_active:
        raise refused
    renewed_hash = passwords.renewed(request.password, user.password_hash)

    def open_session(uow: UnitOfWork) -> tuple[Session, str]:
        current = lock_user(uow, user.id)
        if not current.is_active or current.password_hash != user.password_hash:
            raise refused
        if renewed_hash is not None:
            current.password_hash = renewed_hash
        note_success(uow, attempt_id)
        opened, refresh_token = new_session(uow, settings, user.id, uow.new_id(), request)
        uow.record(opened, "session_opened", data={"family_id": opened.family_id})
        return opened, refresh_token

    actor = Actor(user.role, user_id=user.id, team_ids=(user.team_id,), technician_id=user.technician_id)
    opened, refresh_token = execute_unkeyed(
        database, Command(actor, "sign in", request_id=request.request_id), open_session
    )
    return pair_of(tokens, opened, refresh_token)


def refresh(
    database: Database, tokens: AccessTokens, settings: Settings, refresh_token: str, request_id: str | None = None
) -> TokenPair:
    """Trade a refresh token for a new pair. One that comes a second time ends its session: somebody has a copy."""
    refused = Unauthenticated("The refresh token is not valid (any more); sign in.", code="refresh_failed")

    def rotate(uow: UnitOfWork) -> tuple[Session, str] | None:
        presented = Session.refresh_hash == _hash(refresh_token)
        user_id = uow.session.scalar(select(Session.user_id).where(presented))
        if user_id is None or not lock_user(uow, user_id).is_active:
            raise refused
        old = uow.session.scalars(select(Session).where(presented).with_for_update()).one()
        if old.revoked_at is not None or old.expires_at <= uow.now:
            raise wipe_order() if _is_lost(uow.session, old.family_id) else refused
        if old.rotated_at is not None:
            _end_family(uow, old, "refresh_token_reused")
            return None  # refused only after the commit, which has to last
        old.rotated_at = old.last_used_at = uow.now
        return new_session(uow, settings, old.user_id, old.family_id, old)

    rotated = execute_unkeyed(database, Command(SYSTEM, "refresh", request_id=request_id), rotate)
    if rotated is None:
        raise refused
    return pair_of(tokens, *rotated)


def authenticate(database: Database, tokens: AccessTokens, access_token: str) -> Actor:
    """Return who holds an access token or a key; refused at once when the session or key has ended.

    Also when the user is not active any more.
    """
    if access_token.startswith(PREFIX):
        return _by_key(database, access_token)
    claims = tokens.read(access_token)
    now = database.clock.now()
    with database.read_only() as session:
        asked = {"user_id": claims.user_id, "session_id": claims.session_id, "now": now}
        found = session.execute(_HOLDER_OF_SESSION, asked).first()
        if found is None:
            if _is_lost(session, claims.session_id):
                raise wipe_order()
            raise Unauthenticated("This session has ended; sign in.", code="session_ended")
        actor = _actor_of(session, found[0], found[1], now)
        is_confined = _has_device(session, claims.session_id, DeviceState.REVOKED)
        return replace(actor, session_id=claims.session_id, is_confined=is_confined)


def _by_key(database: Database, secret: str) -> Actor:
    user_id = holder_of(database, secret)
    with database.read_only() as session:
        found = session.execute(_HOLDER, {"user_id": user_id}).first() if user_id is not None else None
        if found is None:
            raise Unauthenticated("This key does not open anything (any more).", code="api_key_ended")
        return replace(_actor_of(session, found[0], found[1], database.clock.now()), is_program=True)


def _actor_of(session: OrmSession, user: User, zone: str, now: datetime) -> Actor:
    today = now.astimezone(ZoneInfo(zone)).date()
    teams = (user.team_id, *_loan_team_ids(session, user.technician_id, today))
    return Actor(user.role, user_id=user.id, team_ids=teams, technician_id=user.technician_id)


def list_sessions(session: OrmSession, actor: Actor, now: datetime, page: PageRequest) -> Page[Session]:
    """Return the sessions that are open for the actor, one for each device."""
    assert actor.user_id is not None, "only users have sessions"
    return fetch_page(session, _open_sessions(actor.user_id, now), [Session.family_id], page)


def read_session(session: OrmSession, actor: Actor, now: datetime, session_id: UUID) -> Session:
    """Return one open session of the actor."""
    assert actor.user_id is not None, "only users have sessions"
    found = session.scalar(_open_sessions(actor.user_id, now).where(Session.family_id == session_id))
    if found is None:
        raise NotFound("There is no such open session.")
    return found


def revoke_session(uow: UnitOfWork, session_id: UUID, version: int | None) -> None:
    """End one of the actor's own sessions, the one that asks included: its tokens fail from now on."""
    assert uow.actor.user_id is not None, "only users have sessions"
    lock_user(uow, uow.actor.user_id)
    found = read_session(uow.session, uow.actor, uow.now, session_id)
    row = uow.get(Session, found.id, lock=True, version=version)
    _end_family(uow, row, "session_revoked")


def end_session(uow: UnitOfWork, user_id: UUID, session_id: UUID) -> None:
    """Sign a device out, if it is signed in still."""
    lock_user(uow, user_id)
    rows = select(Session).where(Session.family_id == session_id, Session.revoked_at.is_(None))
    newest = uow.session.scalars(rows.order_by(Session.id.desc()).limit(1)).first()
    if newest is not None:
        _end_family(uow, newest, "session_revoked")


def _is_lost(session: OrmSession, session_id: UUID) -> bool:
    return _has_device(session, session_id, DeviceState.LOST)


def _has_device(session: OrmSession, session_id: UUID, state: DeviceState) -> bool:
    return session.scalars(_DEVICE, {"session_id": session_id, "state": state}).first() is not None


def wipe_order() -> Unauthenticated:
    """Return the refusal of a phone that was reported lost."""
    return Unauthenticated("This device was reported lost: delete what it holds.", code="wipe_ordered")


def _open_sessions(user_id: UUID, now: datetime) -> Select[Session]:
    return select(Session).where(
        Session.user_id == user_id,
        Session.rotated_at.is_(None),
        Session.revoked_at.is_(None),
        Session.expires_at > now,
    )


def _loan_team_ids(session: OrmSession, technician_id: UUID | None, today: date) -> Sequence[UUID]:
    if technician_id is None:
        return ()
    running = select(Loan.team_id).where(
        Loan.technician_id == technician_id, Loan.first_day <= today, Loan.last_day >= today
    )
    return session.scalars(running.order_by(Loan.first_day, Loan.id)).all()


def new_session(
    uow: UnitOfWork, settings: Settings, user_id: UUID, family_id: UUID, device: OnDevice
) -> tuple[Session, str]:
    """Add a session of a user on a device; return it with its refresh token."""
    refresh_token = secrets.token_urlsafe(32)
    opened = Session(
        id=uow.new_id(),
        user_id=user_id,
        family_id=family_id,
        refresh_hash=_hash(refresh_token),
        device_id=device.device_id,
        device_name=device.device_name,
        created_at=uow.now,
        expires_at=uow.now + timedelta(seconds=settings.refresh_token_s),
        last_used_at=uow.now,
    )
    uow.session.add(opened)
    return opened, refresh_token


def _end_family(uow: UnitOfWork, one: Session, kind: str) -> None:
    """End every session of a device; the user is locked, so that none is being added."""
    family = select(Session).where(Session.family_id == one.family_id, Session.revoked_at.is_(None))
    for row in uow.session.scalars(family.order_by(Session.id).with_for_update()):
        row.revoked_at = uow.now
    uow.record(one, kind, data={"family_id": one.family_id})


def pair_of(tokens: AccessTokens, opened: Session, refresh_token: str) -> TokenPair:
    """Return what a device gets of a session that was opened or renewed."""
    return TokenPair(
        access_token=tokens.issue(opened.user_id, opened.family_id),
        expires_in_s=tokens.lifetime_s,
        refresh_token=refresh_token,
        refresh_expires_at=opened.expires_at,
        session_id=opened.family_id,
    )


def _hash(refresh_token: str) -> str:
    return hashlib.sha256(refresh_token.encode()).hexdigest()
