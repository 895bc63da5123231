"""Keys by which other programs act as a user: shown once, found by their hash, ended at any time."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.roles import Role
from fieldsvc.models.access import User
from fieldsvc.models.api_keys import ApiKey
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.faults import is_lock_wait_over, is_transient
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.users import lock_user

PREFIX = "fsk_"
LONGEST = timedelta(days=366)
_USED_TO_THE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret, which is not kept: this is the only time it is seen."""

    row: ApiKey
    secret: str

    @property
    def id(self) -> UUID:
        """Return the key's id."""
        return self.row.id

    @property
    def version(self) -> int:
        """Return the key's version."""
        return self.row.version


def create_key(uow: UnitOfWork, user_id: UUID, name: str, expires_at: datetime) -> NewKey:
    """Make a key that acts as a user, with all that the user may do, until it expires."""
    user = lock_user(uow, user_id)
    faults = []
    if not uow.now < expires_at <= uow.now + LONGEST:
        message = f"A key expires within {LONGEST.days} days from now."
        faults.append(Fault("out_of_range", "/expires_at", message))
    if user.role is Role.TECHNICIAN:
        faults.append(Fault("no_key_for_role", "/user_id", "A technician signs in on a phone, which syncs."))
    if faults:
        raise Invalid("The key can't be made like this.", faults=faults)
    if not user.is_active:
        raise Conflict("This user is not active.", code="user_not_active")
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        id=uow.new_id(),
        user_id=user.id,
        name=name,
        key_hash=hash_of(secret),
        created_at=uow.now,
        created_by=uow.actor.user_id,
        expires_at=expires_at,
    )
    uow.session.add(key)
    uow.record(key, "api_key_created", data={"user_id": user.id})
    return NewKey(key, secret)


def list_keys(session: OrmSession, user_id: UUID, page: PageRequest) -> Page[ApiKey]:
    """Return the keys of a user, ended ones too."""
    if session.get(User, user_id) is None:
        raise NotFound(f"There is no user {user_id}.")
    return fetch_page(session, select(ApiKey).where(ApiKey.user_id == user_id), [ApiKey.id], page)


def revoke_key(uow: UnitOfWork, api_key_id: UUID, version: int | None = None) -> None:
    """End a key: it opens nothing from now on; once more changes nothing."""
    key = uow.get(ApiKey, api_key_id, lock=True, version=version)
    if key.revoked_at is None:
        key.revoked_at = uow.now
        uow.record(key, "api_key_revoked", data={"user_id": key.user_id})


def holder_of(database: Database, secret: str) -> UUID | None:
    """Return whose key this is, None where it opens nothing (any more); notes to the hour that it was used."""
    now = database.clock.now()
    with database.read_only() as session:
        valid = (ApiKey.key_hash == hash_of(secret), ApiKey.revoked_at.is_(None), ApiKey.expires_at > now)
        key = session.scalar(select(ApiKey).where(*valid))
    if key is None:
        return None
    if key.last_used_at is None or key.last_used_at < now - _USED_TO_THE:
        _note_use(database, key.id, now)
    return key.user_id


def _note_use(database: Database, key_id: UUID, now: datetime) -> None:
    """Note that a key was used; where others write so much that it would have to wait, the next use notes it."""
    try:
        with database.unit_of_work() as uow:
            used = update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now, version=ApiKey.version)
            uow.session.execute(used)
            uow.commit()
    except DBAPIError as error:
        if not is_lock_wait_over(error) and not is_transient(error):
            raise


def hash_of(secret: str) -> str:
    """Return what is kept of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()
