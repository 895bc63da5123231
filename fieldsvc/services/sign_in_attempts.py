"""Tries to prove who one is with a password: counted for the account and for the address."""

import math
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from fieldsvc.config import Settings
from fieldsvc.domain.actor import SYSTEM
from fieldsvc.domain.errors import TooManyRequests
from fieldsvc.models import ChangeCounter, SignInAttempt
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.command import Command, execute_unkeyed

# Many people share an office's address, so it may fail more often than one account.
ADDRESS_FACTOR = 5


def admit(database: Database, settings: Settings, login: str, address: str, request_id: str | None) -> UUID:
    """Note an attempt as failed before it is looked at, so that a thousand at once can't pass a count of ten."""
    account_index = database.sealer.index_of(f"sign-in account {login}")
    address_index = database.sealer.index_of(f"sign-in address {address}")

    def note(uow: UnitOfWork) -> UUID:
        # Attempts are counted one after the other. Nothing else is locked here, so this can't block in a circle.
        uow.session.scalars(select(ChangeCounter).with_for_update()).one()
        since = uow.now - timedelta(seconds=settings.sign_in_window_s)
        for column, index, allowed in (
            (SignInAttempt.account_index, account_index, settings.sign_in_failures),
            (SignInAttempt.address_index, address_index, settings.sign_in_failures * ADDRESS_FACTOR),
        ):
            failures = select(SignInAttempt.attempted_at).where(
                column == index, ~SignInAttempt.has_succeeded, SignInAttempt.attempted_at > since
            )
            latest = uow.session.scalars(failures.order_by(SignInAttempt.attempted_at.desc()).limit(allowed)).all()
            if len(latest) == allowed:
                wait = latest[-1] + timedelta(seconds=settings.sign_in_window_s) - uow.now
                raise TooManyRequests(
                    "Too many sign-ins have failed; wait before the next.",
                    retry_after_s=max(1, math.ceil(wait.total_seconds())),
                )
        attempt = SignInAttempt(
            id=uow.new_id(),
            account_index=account_index,
            address_index=address_index,
            attempted_at=uow.now,
            has_succeeded=False,
        )
        uow.session.add(attempt)
        return attempt.id

    return execute_unkeyed(database, Command(SYSTEM, "sign in", request_id=request_id), note)


def note_success(uow: UnitOfWork, attempt_id: UUID) -> None:
    """Count an attempt as one that did not fail."""
    uow.session.get_one(SignInAttempt, attempt_id).has_succeeded = True
