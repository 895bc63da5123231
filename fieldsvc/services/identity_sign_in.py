"""Signing in with the word of an identity provider: for users who are known here, once for each of its tokens."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.adapters.identity import IdentityProvider
from fieldsvc.adapters.tokens import AccessTokens
from fieldsvc.config import Settings
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Unauthenticated
from fieldsvc.models.access import Session, User
from fieldsvc.models.identities import UsedIdToken
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.sessions import TokenPair, new_session, pair_of
from fieldsvc.services.users import lock_user

# Somewhat longer than a token can be used, as clocks differ.
_REMEMBERED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class IdentitySignIn:
    """A token of the provider, the nonce the client had asked it to repeat, and the device."""

    id_token: str
    nonce: str | None = None
    device_id: str | None = None
    device_name: str | None = None
    request_id: str | None = None


def sign_in_with_identity(
    database: Database, tokens: AccessTokens, settings: Settings, provider: IdentityProvider, request: IdentitySignIn
) -> TokenPair:
    """Open a session for whom the provider names, if that is an active user here."""
    identity = provider.read(request.id_token, request.nonce)
    # Without its signature, of which there may be several that are right.
    token_hash = hashlib.sha256(request.id_token.rpartition(".")[0].encode()).hexdigest()
    refused = Unauthenticated("Nobody signs in here under this identity.", code="identity_unknown")
    with database.read_only() as session:
        user = _known(session, identity.name)
    if user is None or not user.is_active:
        raise refused

    def open_session(uow: UnitOfWork) -> tuple[Session, str]:
        current = lock_user(uow, user.id)
        if not current.is_active:
            raise refused
        uow.session.execute(delete(UsedIdToken).where(UsedIdToken.expires_at < uow.now - _REMEMBERED))
        if uow.session.get(UsedIdToken, token_hash) is not None:
            raise Unauthenticated("Somebody has signed in with this ID token already.", code="id_token_used")
        uow.session.add(UsedIdToken(token_hash=token_hash, expires_at=identity.expires_at))
        opened, refresh_token = new_session(uow, settings, user.id, uow.new_id(), request)
        uow.record(opened, "session_opened", reason="identity", data={"family_id": opened.family_id})
        return opened, refresh_token

    actor = Actor(user.role, user_id=user.id, team_ids=(user.team_id,), technician_id=user.technician_id)
    command = Command(actor, "sign in with identity", request_id=request.request_id)
    return pair_of(tokens, *execute_unkeyed(database, command, open_session))


def _known(session: OrmSession, name: str) -> User | None:
    """Return whose sign-in name this is, as it is spelt here: what looks alike at the provider is somebody else."""
    return session.scalar(select(User).where(User.login == name.lower())) if name.isascii() else None
