"""One command of a phone: applied once and in its turn, or kept with the reason it was not.

A fact is never refused for the plan's sake: where it can't move the visit any more it is kept for the office, and the
units it used are booked all the same. A request may be refused; then both sides are kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import defer

from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.device_states import DEVICE, DeviceState
from fieldsvc.domain.errors import Conflict, DomainError, Fault, Invalid, NotFound
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.phone_commands import ABOUT_ONESELF, FACTS, CommandStatus, CommandType, corrected_time
from fieldsvc.domain.roles import Role
from fieldsvc.models.devices import Device, PhoneCommand
from fieldsvc.models.technicians import Technician
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.devices import check_may_tell, load_device
from fieldsvc.services.late_facts import find_ever_sent, first_sent, held_assignment, make_way
from fieldsvc.services.outcomes import Notice, Outcome
from fieldsvc.services.part_uses import Use, book_use
from fieldsvc.services.tasks import raise_task

# What a command does at its visit.
Effect = Callable[[UnitOfWork, UUID], object]
# What a check-in that is known already notes.
Arrival = Callable[[UnitOfWork, UUID], tuple[Notice, ...]]


@dataclass(frozen=True, slots=True)
class PushedCommand:
    """One command as it was read. visit_id: None where it names none; the technician's for what is about oneself.

    said_at: by the phone's clock.

    use: of a consumption. arrival: of a check-in, notes where it was if it is known already.

    args: as they were sent, None where no database can hold them. faults: what is wrong with it; then effect is None.
    """

    id: UUID
    seq: int
    type: str
    visit_id: UUID | None
    said_at: datetime
    base_version: int | None = None
    args: Any = None
    effect: Effect | None = None
    use: Use | None = None
    arrival: Arrival | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of a command. is_duplicate: it was told before, and this is what became of it then."""

    id: UUID
    seq: int
    status: CommandStatus
    is_duplicate: bool = False
    problem: dict[str, Any] | None = None
    notices: tuple[Notice, ...] = ()
    visit_version: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of looking at a command: a result; or none, as one before it is missing or its number was used."""

    result: CommandResult | None = None
    forks: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to."""

    status: CommandStatus
    notices: tuple[Notice, ...] = ()
    problem: dict[str, Any] | None = None


def take_once(
    uow: UnitOfWork,
    device_id: UUID,
    command: PushedCommand,
    clock_offset: timedelta,
    effect: Callable[[UnitOfWork], Done],
) -> Taken:
    """Let a command have an effect if it is the next of its phone; what was told before is answered as it was then."""
    device = load_device(uow, device_id, Action.SYNC)
    if device.state is DeviceState.FORKED:
        return Taken(forks=True)
    check_may_tell(device)
    is_next = command.seq == device.last_seq + 1
    known = uow.session.get(PhoneCommand, command.id, options=[defer(PhoneCommand.args)])
    if command.seq > device.last_seq + 1:
        return Taken()
    if known is not None and _is_same(known, device, command):
        if is_next:  # told under another registration of the phone
            device.last_seq = command.seq
        first = CommandResult(known.id, command.seq, known.status, True, known.problem, (), known.visit_after)
        return Taken(first)
    if known is not None or command.seq <= device.last_seq:
        _fork(uow, device, command.seq)
        return Taken(forks=True)
    if command.visit_id is not None:
        uow.find(Visit, command.visit_id, lock=True)  # before its version is read
    version_before = _version(uow, command.visit_id)
    uow.context = replace(uow.context, occurred_at=_happened_at(uow, device, command, clock_offset))
    done = effect(uow)
    uow.flush()
    device.last_seq = command.seq
    row = _row(uow, device, command, done, version_before)
    uow.session.add(row)
    return Taken(CommandResult(row.id, row.seq, done.status, False, done.problem, done.notices, row.visit_after))


def apply_command(uow: UnitOfWork, command: PushedCommand) -> Done:
    """Let a command have its effect, or raise why it has none."""
    if command.effect is None or command.visit_id is None:
        raise Invalid("The command can't be understood.", code="command_not_understood", faults=command.faults)
    kind = CommandType(command.type)
    if kind in ABOUT_ONESELF:
        command.effect(uow, command.visit_id)
        return Done(CommandStatus.APPLIED)
    found = find_ever_sent(uow, command.visit_id)
    if found is None:
        raise _unknown(uow, kind, command.visit_id)
    visit, newest = found
    notices: tuple[Notice, ...] = ()
    if kind in FACTS:
        way = make_way(uow, kind, visit, newest)
        notices = way.notices
        if not way.leads_on:
            known = command.arrival(uow, command.visit_id) if command.arrival is not None else ()
            return Done(CommandStatus.APPLIED, (*notices, *known))
    else:
        _check_asked(uow, visit, command)
    outcome = command.effect(uow, command.visit_id)
    said = outcome.notices if isinstance(outcome, Outcome) else ()
    return Done(CommandStatus.APPLIED, (*notices, *said))


def keep_command(uow: UnitOfWork, command: PushedCommand, refused: DomainError, *, books_use: bool) -> Done:
    """Keep what was told and how things stand, for the office. books_use: the units are gone all the same."""
    status = status_of(command, refused)
    problem: dict[str, Any] = {
        "code": refused.code,
        "detail": refused.detail,
        "errors": [{"code": one.code, "pointer": one.pointer, "message": one.message} for one in refused.faults],
    }
    visit = _visit_to_keep_it_at(uow, command)
    if visit is None:
        return Done(status, (), problem)
    problem |= {"state": visit.state.value, "version": visit.version}
    data = {"command_id": command.id, "type": command.type, "status": status.value}
    uow.record(visit, "phone_command_kept", reason=refused.code, data=data)
    raise_task(uow, TaskKind.LATE_FACT if status is CommandStatus.KEPT else TaskKind.PHONE_CONFLICT, visit)
    if books_use and command.use is not None:
        book_use(uow, visit, command.use, None, _own_van(uow))
    return Done(status, (), problem)


def status_of(command: PushedCommand, refused: DomainError) -> CommandStatus:
    """Return what becomes of a refused command: how things stand is the plan's matter, all else is wrong in itself.

    A record is incomplete because something before it was kept, or somebody else added to it.
    """
    stands_otherwise = isinstance(refused, Conflict) and refused.code != "transition_not_for_role"
    if command.type in FACTS:
        is_kept = stands_otherwise or refused.code == "record_incomplete"
        return CommandStatus.KEPT if is_kept else CommandStatus.REJECTED
    return CommandStatus.CONFLICT if stands_otherwise else CommandStatus.REJECTED


def _unknown(uow: UnitOfWork, kind: CommandType, visit_id: UUID) -> DomainError:
    """Return why a command about a visit the technician was never sent is refused.

    Of a visit of the own team a fact is kept: a server that was set back has forgotten that it sent it.
    """
    if kind in FACTS and _of_own_team(uow, visit_id) is not None:
        return Conflict("The office does not know that this technician was sent this visit.", code="visit_not_sent")
    return NotFound(f"There is no visit {visit_id}.")


def _visit_to_keep_it_at(uow: UnitOfWork, command: PushedCommand) -> Visit | None:
    if command.visit_id is None:
        return None
    found = find_ever_sent(uow, command.visit_id)
    if found is not None:
        return found[0]
    return _of_own_team(uow, command.visit_id) if command.type in FACTS else None


def _of_own_team(uow: UnitOfWork, visit_id: UUID) -> Visit | None:
    visit = uow.find(Visit, visit_id, lock=True)
    return visit if visit is not None and visit.team_id in uow.actor.team_ids else None


def _own_van(uow: UnitOfWork) -> UUID | None:
    van = select(Technician.van_location_id).where(Technician.id == uow.actor.technician_id)
    return uow.session.scalar(van)


def _is_same(known: PhoneCommand, device: Device, command: PushedCommand) -> bool:
    return known.user_id == device.user_id and (known.device_id != device.id or known.seq == command.seq)


def _happened_at(uow: UnitOfWork, device: Device, command: PushedCommand, clock_offset: timedelta) -> datetime:
    """Return when it happened: not before the visit was sent out, nor before what the phone told last."""
    earliest = first_sent(uow, command.visit_id)
    last = select(PhoneCommand.occurred_at).where(
        PhoneCommand.device_id == device.id, PhoneCommand.seq == device.last_seq
    )
    earliest = max(earliest, uow.session.scalar(last) or earliest)
    return corrected_time(command.said_at, clock_offset, earliest, uow.now)


def _fork(uow: UnitOfWork, device: Device, seq: int) -> None:
    if device.state is not DeviceState.ACTIVE:  # taken back already: that is not to be got out of
        return
    row = DEVICE.allowed(device.state, "fork", Role.SYSTEM)
    before, device.state = device.state, row.to
    uow.record(device, "device_forked", before, row.to, data={"seq": seq}, source="system")


def _check_asked(uow: UnitOfWork, visit: Visit, command: PushedCommand) -> None:
    """Refuse a request about a visit that others have changed since the phone saw it; its own commands may have."""
    if held_assignment(uow, visit) is None:
        raise Conflict(f"The visit is {visit.state}, and not this technician's.", code="visit_not_yours")
    if command.base_version is None:
        return
    own = select(PhoneCommand.visit_before, PhoneCommand.visit_after).where(
        PhoneCommand.visit_id == visit.id,
        PhoneCommand.user_id == uow.actor.user_id,
        PhoneCommand.visit_after.is_not(None),
    )
    seen: int | None = command.base_version
    for before, after in uow.session.execute(own.order_by(PhoneCommand.visit_after)):
        if before == seen:
            seen = after
    if seen != visit.version:
        raise Conflict("The visit was changed in the meantime; look at it as it is now.", code="visit_changed")


def _row(
    uow: UnitOfWork, device: Device, command: PushedCommand, done: Done, version_before: int | None
) -> PhoneCommand:
    has_effect = done.status is CommandStatus.APPLIED
    return PhoneCommand(
        id=command.id,
        device_id=device.id,
        user_id=device.user_id,
        seq=command.seq,
        type=command.type,
        visit_id=command.visit_id,
        base_version=command.base_version,
        args=command.args if command.args is None or isinstance(command.args, dict) else {"sent": command.args},
        said_at=command.said_at,
        occurred_at=uow.occurred_at,
        recorded_at=uow.now,
        status=done.status,
        problem=done.problem,
        visit_before=version_before if has_effect else None,
        visit_after=_version(uow, command.visit_id) if has_effect else None,
    )


def _version(uow: UnitOfWork, visit_id: UUID | None) -> int | None:
    return uow.session.scalar(select(Visit.version).where(Visit.id == visit_id))
