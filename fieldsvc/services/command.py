"""Runs a use case as one transaction, so that its effect, its key and its answer last together or not at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Busy, ChangedMeanwhile, Conflict, Erased, IdempotencyKeyReused, StillRunning
from fieldsvc.models.evidence import IdempotencyKey
from fieldsvc.models.types import owned
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.faults import is_lock_wait_over, is_lost_race, is_transient
from fieldsvc.persistence.ownership import key_of_all
from fieldsvc.persistence.unit_of_work import Context, UnitOfWork

Outcome = TypeVar("Outcome")

_ATTEMPTS = 4
_NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class Command:
    """Who wants something done, and what makes a repetition of it recognisable.

    key, body_hash: the idempotency key and the hash of what was sent with it; both or neither.
    """

    actor: Actor
    route: str
    key: str | None = None
    body_hash: str | None = None
    occurred_at: datetime | None = None
    on_behalf: bool = False
    source: str = "api"
    request_id: str | None = None

    def __post_init__(self) -> None:
        if (self.key is None) != (self.body_hash is None):
            raise ValueError("an idempotency key needs the hash of the body, and the hash a key")

    @property
    def context(self) -> Context:
        """Return what the unit of work writes into events."""
        return Context(self.actor, self.occurred_at, self.on_behalf, self.source, self.request_id)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets, rendered before the commit so that it can be stored with it."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    is_replayed: bool = False


def execute(
    database: Database,
    command: Command,
    use_case: Callable[[UnitOfWork], Outcome],
    render: Callable[[Outcome], Answer],
    check_repeat: Callable[[OrmSession], None] | None = None,
) -> Answer:
    """Run the use case once for its key and return its answer, or the answer it had the first time.

    check_repeat: raises where an answer that was given once must not be given again.

    The use case is run again from the start when its transaction lost a race, so it must not touch anything but
    the unit of work.
    """
    for attempts_left in reversed(range(_ATTEMPTS)):
        try:
            return _run(database, command, use_case, render, check_repeat)
        except IntegrityError as error:
            if is_lost_race(error):
                raise Conflict("Another change got there first; read it again and decide anew.") from error
            raise
        except (DBAPIError, ChangedMeanwhile) as error:
            if is_lock_wait_over(error):
                raise Busy("Too much is being written at the moment; try again.", retry_after_s=1) from error
            if not is_transient(error):
                raise
            if attempts_left == 0:
                if isinstance(error, ChangedMeanwhile):
                    raise
                raise Busy("Others kept changing the same things; try again.", retry_after_s=1) from error
    raise AssertionError("the last attempt returns or raises")


def execute_unkeyed(database: Database, command: Command, use_case: Callable[[UnitOfWork], Outcome]) -> Outcome:
    """Run a use case as `execute` does and return its outcome: for what has no key, and no answer that is stored."""
    outcomes: list[Outcome] = []

    def keep(outcome: Outcome) -> Answer:
        outcomes.append(outcome)
        return Answer(204, "")

    execute(database, command, use_case, keep)
    return outcomes[-1]


def _run(
    database: Database,
    command: Command,
    use_case: Callable[[UnitOfWork], Outcome],
    render: Callable[[Outcome], Answer],
    check_repeat: Callable[[OrmSession], None] | None,
) -> Answer:
    with database.unit_of_work(command.context) as uow:
        if command.key is not None:
            first_answer = _claim_key(uow, command)
            if first_answer is not None:
                if check_repeat is not None:
                    check_repeat(uow.session)
                return first_answer
        outcome = use_case(uow)
        uow.flush()  # versions stand in the answer, so they have to be counted before it is rendered
        answer = render(outcome)
        if command.key is not None:
            _store_answer(uow, command, answer)
        uow.commit()
        return answer


def _claim_key(uow: UnitOfWork, command: Command) -> Answer | None:
    """Take the key for this transaction and return None, or return the answer that was given under it."""
    is_postgresql = uow.session.get_bind().dialect.name == "postgresql"
    insert = postgresql_insert if is_postgresql else sqlite_insert
    claim = (
        insert(IdempotencyKey)
        .values(
            actor_key=command.actor.key,
            key=command.key,
            route=command.route,
            body_hash=command.body_hash,
            created_at=uow.now,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    try:
        # PostgreSQL waits here, and only for a transaction that holds the same key. SQLite waits at BEGIN for any
        # writer, which tells nothing about the key.
        is_ours = uow.session.execute(claim).first() is not None
    except DBAPIError as error:
        if is_postgresql and is_lock_wait_over(error):
            raise StillRunning("The first request with this key is still running; ask again.") from error
        raise
    return None if is_ours else _first_answer(uow, command)


def _first_answer(uow: UnitOfWork, command: Command) -> Answer:
    stored = uow.session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.actor_key == command.actor.key, IdempotencyKey.key == command.key)
    ).one()
    if (stored.route, stored.body_hash) != (command.route, command.body_hash):
        raise IdempotencyKeyReused("This key was used before for another request; a new request needs a new key.")
    assert stored.status is not None, "a key is committed together with its answer"
    if not stored.body and stored.status != _NO_CONTENT:
        raise Erased("This was done; the answer was erased with the customer it was about.")
    return Answer(stored.status, stored.body or "", stored.headers or {}, is_replayed=True)


def _store_answer(uow: UnitOfWork, command: Command, answer: Answer) -> None:
    body = owned(answer.body, key_of_all(uow.session))
    uow.session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.actor_key == command.actor.key, IdempotencyKey.key == command.key)
        .values(status=answer.status, headers=dict(answer.headers), body=body)
    )
