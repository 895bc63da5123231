"""A phone of somebody of the cast: it numbers what it is told, and pushes it when somebody says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.phone_commands import CommandStatus, CommandType
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import part_uses, visit_records
from fieldsvc.services.devices import Registration, register_device
from fieldsvc.services.sync_commands import PushedCommand
from fieldsvc.services.sync_pull import Pulled, pull_changes
from fieldsvc.services.sync_push import Push, Pushed, push_commands
from tests.fieldsvc.stage import STEPS, Stage

KINDS = {
    "accept": CommandType.ACCEPTANCE,
    "decline": CommandType.DECLINATION,
    "depart": CommandType.DEPARTURE,
    "check_in": CommandType.CHECK_IN,
    "work": CommandType.WORK,
    "pause": CommandType.PAUSE,
    "diagnose": CommandType.DIAGNOSIS,
    "solve": CommandType.SOLUTION,
    "verify": CommandType.VERIFICATION,
    "present": CommandType.REPORT,
    "sign": CommandType.SIGN_OFF,
    "complete": CommandType.COMPLETION,
    "break_off": CommandType.INCOMPLETION,
}
DONE = ("check_in", "work", "diagnose", "solve", "verify", "present", "sign", "complete")


class Phone:
    """Keeps everything it was told, so that it can be told again."""

    def __init__(self, stage: Stage, actor: Actor, name: str = "phone") -> None:
        self.stage, self.actor = stage, replace(actor, session_id=uuid4())
        wanted = Registration(name, "android", "1.0")
        self.id: UUID = stage.act(self.actor, lambda uow: register_device(uow, wanted)).id
        self.queue: list[PushedCommand] = []
        self.cursor: str | None = None

    def note(self, step: str, visit_id: UUID | None = None, **said: Any) -> PushedCommand:
        """Write down a step of the technician at the cast's visit, or at another."""
        visit = visit_id or self.stage.cast.visit
        return self.note_as(KINDS[step], visit, lambda uow, of: STEPS[step](of)(uow), **said)

    def note_use(self, use: part_uses.Use, visit_id: UUID | None = None) -> PushedCommand:
        """Write down that a part was used."""
        return self.note_as(
            CommandType.CONSUMPTION,
            visit_id or self.stage.cast.visit,
            lambda uow, of: visit_records.record_consumption(uow, of, use),
            use=use,
        )

    def note_as(
        self,
        kind: CommandType | str,
        visit_id: UUID,
        effect: Callable[[UnitOfWork, UUID], object] | None,
        *,
        ago: timedelta = timedelta(),
        at: datetime | None = None,
        **said: Any,
    ) -> PushedCommand:
        command = PushedCommand(
            id=uuid4(),
            seq=len(self.queue) + 1,
            type=str(kind),
            visit_id=visit_id,
            said_at=at or datetime.now().astimezone() - ago,
            args={},
            effect=effect,
            **said,
        )
        self.queue.append(command)
        return command

    def push(self, *commands: PushedCommand, sent_at: datetime | None = None) -> Pushed:
        """Push these commands, or all there are."""
        told = Push(self.id, sent_at or datetime.now().astimezone(), commands or self.queue, len(self.queue))
        return push_commands(self.stage.database, self.actor, told)

    def statuses(self, *commands: PushedCommand) -> list[CommandStatus]:
        """Push and return what became of each."""
        return [result.status for result in self.push(*commands).results]

    def pull(self, limit: int = 500, *, forgets: bool = False) -> Pulled:
        """Pull once; unless it forgets, the phone has stored the answer."""
        pulled = pull_changes(self.stage.database, self.actor, self.cursor, limit, show)
        if not forgets:
            self.cursor = pulled.cursor
        return pulled


def show(kind: str, thing: Any) -> tuple[Any, str]:
    """Return a thing, and what tells it from its other versions."""
    shown = {
        "visits": lambda: (str(thing.id), thing.visit.state.value, thing.visit.version),
        "procedures": lambda: (str(thing.id),),
        "routes": lambda: (thing.day.isoformat(), [str(stop.view.id) for stop in thing.visits]),
        "parts": lambda: (thing.number,),
        "stock": lambda: (str(thing.part_id), thing.on_hand),
    }[kind]()
    return thing, repr(shown)
