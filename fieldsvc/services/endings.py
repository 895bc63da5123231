"""Ending what somebody is signed in with: sessions and keys. The user has to be locked."""

from uuid import UUID

from sqlalchemy import select

from fieldsvc.models.access import Session
from fieldsvc.models.api_keys import ApiKey
from fieldsvc.persistence.unit_of_work import UnitOfWork


def end_sessions(uow: UnitOfWork, user_id: UUID, *, but: UUID | None = None) -> None:
    """Sign a user out everywhere, but for one session."""
    rows = select(Session).where(Session.user_id == user_id, Session.revoked_at.is_(None))
    if but is not None:
        rows = rows.where(Session.family_id != but)
    for session in uow.session.scalars(rows.with_for_update()):
        session.revoked_at = uow.now


def end_keys(uow: UnitOfWork, user_id: UUID) -> None:
    """Let no key of a user open anything any more."""
    rows = select(ApiKey).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    for key in uow.session.scalars(rows.with_for_update()):
        key.revoked_at = uow.now
        uow.record(key, "api_key_revoked", data={"user_id": user_id})
