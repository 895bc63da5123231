"""What phones tell: each command once, in the phone's order, with an answer by which the phone may forget it.

A command and its device's counter last together, or neither does. No command blocks the queue.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.device_states import DeviceState
from fieldsvc.domain.errors import Busy, ChangedMeanwhile, Conflict, DomainError, RetryLater
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.phone_commands import SYNC, CommandStatus
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.devices import bind_session, check_may_tell, load_device
from fieldsvc.services.epochs import current_epoch
from fieldsvc.services.sync_commands import (
    CommandResult,
    Done,
    PushedCommand,
    Taken,
    apply_command,
    keep_command,
    status_of,
    take_once,
)

Result = TypeVar("Result")

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Push:
    """What a phone sends at once. sent_at: by its clock; newest_seq: of the last command it has noted, sent or not."""

    device_id: UUID
    sent_at: datetime
    commands: Sequence[PushedCommand]
    newest_seq: int


@dataclass(frozen=True, slots=True)
class Pushed:
    """The answer. results: of the commands that were looked at, in order; a gap or a busy database ends them early.

    last_seq: the phone goes on with the next one. is_wipe_ordered: the phone was taken back and has told everything.
    """

    results: tuple[CommandResult, ...]
    last_seq: int
    epoch: UUID
    server_time: datetime
    is_wipe_ordered: bool


@dataclass(frozen=True, slots=True)
class _Met:
    """A phone as the server knows it before it tells anything."""

    epoch: UUID
    now: datetime
    is_taken_back: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """The connection of a phone. clock_offset: server minus phone."""

    database: Database
    actor: Actor
    device_id: UUID
    request_id: str | None
    clock_offset: timedelta = timedelta()

    def run(self, use_case: Callable[[UnitOfWork], Result]) -> Result:
        """Run one transaction for the phone. Its answer is kept by what it writes, under no key."""
        command = Command(self.actor, "sync push", source=SYNC, request_id=self.request_id)
        return execute_unkeyed(self.database, command, use_case)

    def take(self, command: PushedCommand, effect: Callable[[UnitOfWork], Done]) -> Taken:
        """Take a command; run again what lost a race against a constraint, as it then sees who won."""
        for tries_left in reversed(range(_TRIES)):
            try:
                return self.run(lambda uow: take_once(uow, self.device_id, command, self.clock_offset, effect))
            except Conflict as lost:
                if lost.__cause__ is None and not isinstance(lost, ChangedMeanwhile):
                    raise
                if tries_left == 0:  # that others were quicker says nothing of the command
                    raise Busy("Others kept changing the same things; try again.", retry_after_s=1) from lost
        raise AssertionError("the last try returns or raises")


def push_commands(database: Database, actor: Actor, push: Push, request_id: str | None = None) -> Pushed:
    """Take a phone's commands one after the other, each in a transaction of its own."""
    line = _Line(database, actor, push.device_id, request_id)
    met = line.run(lambda uow: _meet(uow, push))
    line = replace(line, clock_offset=met.now - push.sent_at)
    results: list[CommandResult] = []
    for command in push.commands:
        try:
            taken = _take(line, command)
        except RetryLater:
            if not results:
                raise
            break
        if taken.forks:
            raise _forked()
        if taken.result is None:
            break
        results.append(taken.result)
    last_seq = line.run(lambda uow: load_device(uow, push.device_id, Action.SYNC).last_seq)
    return Pushed(
        results=tuple(results),
        last_seq=last_seq,
        epoch=met.epoch,
        server_time=met.now,
        is_wipe_ordered=met.is_taken_back and last_seq >= push.newest_seq,
    )


def _meet(uow: UnitOfWork, push: Push) -> _Met:
    """Look whether the phone may tell anything, and note what its clock shows."""
    device = load_device(uow, push.device_id, Action.SYNC)
    if device.state is DeviceState.FORKED:
        raise _forked()
    check_may_tell(device)
    device.last_seen_at = uow.now
    device.clock_offset_s = round((uow.now - push.sent_at).total_seconds())
    bind_session(uow, device)
    return _Met(current_epoch(uow), uow.now, device.state is DeviceState.REVOKED or uow.actor.is_confined)


def _take(line: _Line, command: PushedCommand) -> Taken:
    """Apply a command. If that is refused, keep it with the reason; so the queue goes on in any case."""
    try:
        return line.take(command, lambda uow: apply_command(uow, command))
    except RetryLater:
        raise
    except DomainError as error:
        refused = error
    if command.use is not None and status_of(command, refused) is CommandStatus.KEPT:
        try:
            return line.take(command, lambda uow: keep_command(uow, command, refused, books_use=True))
        except RetryLater:
            raise
        except DomainError as error:  # such a use can't be booked anywhere
            refused = error
    return line.take(command, lambda uow: keep_command(uow, command, refused, books_use=False))


def _forked() -> Conflict:
    return Conflict("Another phone uses the numbers of this one; register anew.", code="device_forked")
