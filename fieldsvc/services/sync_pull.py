"""What phones are told: the difference between what belongs on a phone now and what it has said it holds.

What there is decides, and not a log of changes, so none can be missed, and a day that passes moves the window by
itself; the log only tells when a look can be spared. What was sent counts as held only when the phone comes back with
the cursor it got with it; until then the same question has the same answer.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.device_states import DeviceState
from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.phone_commands import SYNC
from fieldsvc.models.devices import Device, DeviceHolding
from fieldsvc.models.evidence import ChangeCounter
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.epochs import current_epoch
from fieldsvc.services.sync_quiet import may_concern
from fieldsvc.services.sync_scope import local_day, phone_scope

KINDS = ("visits", "procedures", "routes", "parts", "stock")

# How a thing of a kind is shown: what goes to the phone, and the text that its hash is taken of.
Show = Callable[[str, Any], tuple[Any, str]]


@dataclass(frozen=True, slots=True)
class Changes:
    """Of one kind: what is new or looks different, and the keys of what is to be removed."""

    updated: list[Any] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pulled:
    """The answer. reset: the phone empties its store before it takes the changes in.

    is_revoked: the phone gets nothing any more, and pushes what it holds.
    """

    changes: Mapping[str, Changes]
    cursor: str | None
    has_more: bool
    reset: bool
    epoch: UUID
    last_seq: int
    is_revoked: bool
    server_time: datetime


def pull_changes(
    database: Database, actor: Actor, cursor: str | None, limit: int, show: Show, request_id: str | None = None
) -> Pulled:
    """Tell the phone of the actor's session what is different from what it holds."""
    command = Command(actor, "sync pull", source=SYNC, request_id=request_id)
    return execute_unkeyed(database, command, lambda uow: _pull(uow, cursor, limit, show))


def _pull(uow: UnitOfWork, cursor: str | None, limit: int, show: Show) -> Pulled:
    if uow.session.get_bind().dialect.name == "postgresql":  # one moment of the database, as SQLite shows anyway
        uow.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    device = _device(uow)
    epoch = current_epoch(uow)
    if device.state is DeviceState.REVOKED or uow.actor.is_confined:
        return Pulled({}, cursor, False, False, epoch, device.last_seq, True, uow.now)
    holding = uow.session.scalars(
        select(DeviceHolding)
        .where(DeviceHolding.device_id == device.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    # Read before the things are, so that what changes meanwhile is looked for the next time.
    change_no = uow.session.scalars(select(ChangeCounter.last_change_no)).one()
    moment = (change_no, local_day(uow.session, uow.actor, uow.now))
    base = _acknowledged(holding, epoch, cursor)
    changes: dict[str, Changes] = {}
    has_more = False
    if base is None or not _is_quiet(uow, holding, base, moment):
        changes, has_more = _differences(uow, holding, base, limit, show, moment)
    else:
        holding.quiet_change_no = change_no
    number = holding.number if holding.sent is None else holding.sent_number
    new_cursor = _cursor(epoch, number)
    return Pulled(changes, new_cursor, has_more, base is None, epoch, device.last_seq, False, uow.now)


def _device(uow: UnitOfWork) -> Device:
    query = select(Device).where(
        Device.user_id == uow.actor.user_id,
        Device.session_id == uow.actor.session_id,
        Device.state.in_((DeviceState.ACTIVE, DeviceState.REVOKED)),
    )
    device = uow.session.scalars(query.order_by(Device.registered_at.desc(), Device.id.desc()).limit(1)).first()
    if device is None:
        raise Conflict("Register this device first.", code="no_device")
    return device


def _acknowledged(holding: DeviceHolding, epoch: UUID, cursor: str | None) -> Mapping[str, str] | None:
    """Take the phone's word for what it holds and return that; None where the server does not know its cursor.

    A request that comes late, with a cursor of before, takes nothing away from what the phone has acknowledged since.
    """
    if holding.sent is not None and cursor == _cursor(epoch, holding.sent_number):
        holding.number, holding.held = holding.sent_number, holding.sent
        holding.quiet_change_no, holding.quiet_day = holding.sent_change_no, holding.sent_day
    elif cursor != _cursor(epoch, holding.number):
        return None
    holding.sent = None
    return holding.held


def _is_quiet(uow: UnitOfWork, holding: DeviceHolding, base: Mapping[str, str], moment: tuple[int, date]) -> bool:
    """Return whether nothing has happened that can show on the phone since it held all that belonged on it."""
    change_no, day = moment
    since = holding.quiet_change_no
    if since is None or holding.quiet_day != day:
        return False
    visits = [UUID(name.removeprefix("visits/")) for name in base if name.startswith("visits/")]
    return since == change_no or not may_concern(uow, since, change_no, visits)


def _cursor(epoch: UUID, number: int) -> str:
    return f"{epoch.hex[:12]}.{number}"


def _differences(
    uow: UnitOfWork,
    holding: DeviceHolding,
    base: Mapping[str, str] | None,
    limit: int,
    show: Show,
    moment: tuple[int, date],
) -> tuple[dict[str, Changes], bool]:
    held = base or {}
    sent, changes, room = dict(held), {kind: Changes() for kind in KINDS}, limit
    wanted = set()
    has_more = False
    for kind, key, thing in phone_scope(uow.session, uow.actor, uow.now, moment[1]).things():
        name = f"{kind}/{key}"
        wanted.add(name)
        shown, text = show(kind, thing)
        mark = hashlib.sha256(text.encode()).hexdigest()[:24]
        if held.get(name) == mark:
            continue
        if room == 0:
            has_more = True
            continue
        changes[kind].updated.append(shown)
        sent[name] = mark
        room -= 1
    for name in sorted(held.keys() - wanted):
        if room == 0:
            has_more = True
            break
        kind, _, key = name.partition("/")
        changes[kind].removed.append(key)
        del sent[name]
        room -= 1
    if room == limit and base is not None:
        holding.quiet_change_no, holding.quiet_day = moment
        return {}, False
    holding.sent, holding.sent_number = sent, holding.sent_number + 1
    holding.sent_change_no, holding.sent_day = (None, None) if has_more else moment
    return {kind: found for kind, found in changes.items() if found.updated or found.removed}, has_more
