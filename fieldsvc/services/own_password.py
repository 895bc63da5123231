"""Changing one's own password: the old one is not guessed by trying, and nobody waits while the new one is weighed."""

from dataclasses import dataclass

from fieldsvc.adapters.passwords import Passwords
from fieldsvc.config import Settings
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.models.access import User
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.endings import end_sessions
from fieldsvc.services.sign_in_attempts import admit, note_success
from fieldsvc.services.users import lock_user, password_faults


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The old and the new one; address is where from."""

    old: str
    new: str
    address: str
    request_id: str | None = None


def change_own_password(
    database: Database, passwords: Passwords, settings: Settings, actor: Actor, change: PasswordChange
) -> None:
    """Give the actor another password; every other device is signed out."""
    assert actor.user_id is not None, "only users have passwords"
    with database.read_only() as session:
        user = session.get_one(User, actor.user_id)
    attempt_id = admit(database, settings, user.login, change.address, change.request_id)
    # Between the transactions: the work takes long on purpose, and nobody should wait for it with a lock.
    if not passwords.verify(change.old, user.password_hash):
        fault = Fault("wrong_password", "/old_password", "This is not your password.")
        raise Invalid("The password was not changed.", faults=[fault])
    faults = password_faults(change.new, user.login, user.display_name, pointer="/new_password")
    new_hash = None if faults else passwords.hash(change.new)

    def set_it(uow: UnitOfWork) -> None:
        note_success(uow, attempt_id)
        if new_hash is None:
            return
        current = lock_user(uow, user.id)
        if current.password_hash != user.password_hash:
            raise Conflict("The password was changed meanwhile.", code="password_changed_meanwhile")
        current.password_hash = new_hash
        uow.record(current, "password_changed")
        end_sessions(uow, user.id, but=actor.session_id)

    execute_unkeyed(database, Command(actor, "change own password", request_id=change.request_id), set_it)
    if faults:
        raise Invalid("This password can't be used.", faults=faults)
