"""What is not kept for ever: stored answers, tries to sign in, sessions that are over, files nobody refers to.

Safe to repeat, and in small steps, so that nobody waits for long. What proves something is not touched.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select

from fieldsvc.adapters.blobs import BlobStore
from fieldsvc.domain.device_states import DeviceState
from fieldsvc.models import Blob, Device, IdempotencyKey, SealingKey, Session, SignInAttempt
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork

_AT_ONCE = 500
_ATTEMPTS_KEPT = timedelta(days=7)
_SESSIONS_KEPT = timedelta(days=90)
# A file is on the disk before the transaction that makes it known begins.
_FILES_ON_THE_WAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was forgotten."""

    answers: int
    keys: int
    attempts: int
    sessions: int
    files: int

    @property
    def total(self) -> int:
        """Return how much it is together."""
        return self.answers + self.keys + self.attempts + self.sessions + self.files


def forget(database: Database, store: BlobStore, answers_kept: timedelta) -> Forgotten:
    """Forget what is older than it is kept. answers_kept: for how long the same key gets the same answer."""
    now = database.clock.now()
    answered = now - answers_kept
    return Forgotten(
        answers=_all(database, lambda uow: _answers(uow, answered)),
        keys=_all(database, lambda uow: _shared_keys(uow, answered)),
        attempts=_all(
            database, lambda uow: _rows(uow, SignInAttempt, SignInAttempt.attempted_at < now - _ATTEMPTS_KEPT)
        ),
        sessions=_all(database, lambda uow: _rows(uow, Session, _is_over(now - _SESSIONS_KEPT))),
        files=_forget_files(database, store, now - _FILES_ON_THE_WAY),
    )


def _all(database: Database, step: Callable[[UnitOfWork], int]) -> int:
    """Take a step again and again until nothing is left, each in a transaction of its own."""
    total = 0
    while True:
        with database.unit_of_work() as uow:
            done = step(uow)
            uow.commit()
        total += done
        if done < _AT_ONCE:
            return total


def _answers(uow: UnitOfWork, before: datetime) -> int:
    old = select(IdempotencyKey.actor_key, IdempotencyKey.key).where(IdempotencyKey.created_at < before)
    found = uow.session.execute(old.limit(_AT_ONCE)).all()
    for actor_key, key in found:
        gone = (IdempotencyKey.actor_key == actor_key, IdempotencyKey.key == key, IdempotencyKey.created_at < before)
        uow.session.execute(delete(IdempotencyKey).where(*gone))
    return len(found)


def _shared_keys(uow: UnitOfWork, before: datetime) -> int:
    """Forget keys of answers that told of several customers; those that an erasure destroyed are evidence."""
    oldest = _id_of(before)
    return _rows(
        uow, SealingKey, SealingKey.shared_by.is_not(None) & SealingKey.wrapped.is_not(None) & (SealingKey.id < oldest)
    )


def _rows(uow: UnitOfWork, model: type[SignInAttempt | Session | SealingKey], old: ColumnElement[bool]) -> int:
    ids = uow.session.scalars(select(model.id).where(old).limit(_AT_ONCE)).all()
    uow.session.execute(delete(model).where(model.id.in_(ids), old))
    return len(ids)


def _is_over(before: datetime) -> ColumnElement[bool]:
    """Of a phone that was reported lost, or taken back, a session is what it is told by to wipe itself."""
    to_be_wiped = select(Device.session_id).where(Device.state.in_((DeviceState.LOST, DeviceState.REVOKED)))
    ended = or_(Session.expires_at < before, Session.revoked_at < before)
    return ended & Session.family_id.not_in(to_be_wiped)


def _forget_files(database: Database, store: BlobStore, before: datetime) -> int:
    """Remove files that no attachment names: of an upload that was broken off, or lost a race."""
    old = [blob_id for blob_id, written_at in store.files() if written_at < before]
    removed = 0
    for first in range(0, len(old), _AT_ONCE):
        some = old[first : first + _AT_ONCE]
        with database.read_only() as session:
            known = set(session.scalars(select(Blob.id).where(Blob.id.in_(some))))
        for blob_id in set(some) - known:
            store.remove(blob_id)
            removed += 1
    return removed


def _id_of(moment: datetime) -> UUID:
    """Return the smallest id that can have been made at a moment: their first 48 bits are the milliseconds."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
