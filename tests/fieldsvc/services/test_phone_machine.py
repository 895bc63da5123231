"""Phones and the office in any order: every change is one the tables allow, told once, and what is quiet is equal.

V1 to V3, Y1 to Y6, A1, A2, K1 and K2 of the design, as far as technicians, phones and the desk have to do with them.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.catalogue import CancelReason, PostponeReason
from fieldsvc.domain.clock import SystemClock
from fieldsvc.domain.errors import DomainError
from fieldsvc.models import Consumption, PhoneCommand, Visit
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database
from fieldsvc.services.command import Answer, Command, execute
from fieldsvc.services.doctor import examine
from fieldsvc.services.part_uses import Use
from fieldsvc.services.sync_pull import Pulled, pull_changes
from fieldsvc.services.visit_returns import Cancellation, Postponement, cancel_visit, postpone_visit
from tests.fieldsvc.cast import build_cast
from tests.fieldsvc.phone import KINDS, Phone, show
from tests.fieldsvc.services.test_late_facts import give_to
from tests.fieldsvc.stage import STEPS, Stage

NUMBERS = st.integers(0, 2)  # one technician has two phones
VISITS = st.sampled_from(("visit", "other_visit"))
_KEYS = {"visits": "id", "procedures": "id", "routes": "day", "parts": "id", "stock": "part_id"}


class PhoneMachine(RuleBasedStateMachine):
    """Three phones of two technicians, and a dispatcher."""

    template: Path
    sealer: Sealer

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory(prefix="machine-", dir=self.template.parent)
        path = Path(self.directory.name) / "fieldsvc.db"
        shutil.copyfile(self.template, path)
        self.database = Database.at(f"sqlite:///{path}", self.sealer, SystemClock(), TimeOrderedIds())
        self.stage = Stage(self.database, build_cast(self.database))
        one, two = self.stage.cast.technician1, self.stage.cast.technician2
        self.phones = [Phone(self.stage, actor) for actor in (one, one, two)]
        self.told = [0, 0, 0]
        self.held: list[dict[tuple[str, str], str]] = [{}, {}, {}]

    @rule(number=NUMBERS, step=st.sampled_from(sorted(KINDS)), which=VISITS)
    def tap(self, number: int, step: str, which: str) -> None:
        self.phones[number].note(step, getattr(self.stage.cast, which))

    @rule(number=NUMBERS, which=VISITS)
    def tap_a_whole_visit(self, number: int, which: str) -> None:
        for step in (
            "accept",
            "depart",
            "check_in",
            "work",
            "diagnose",
            "solve",
            "verify",
            "present",
            "sign",
            "complete",
        ):
            self.phones[number].note(step, getattr(self.stage.cast, which))

    @rule(number=NUMBERS, which=VISITS)
    def tap_a_part(self, number: int, which: str) -> None:
        self.phones[number].note_use(Use(self.stage.cast.part, 1), getattr(self.stage.cast, which))

    @rule(number=NUMBERS, first=st.integers(0, 30), count=st.integers(1, 8))
    def push(self, number: int, first: int, count: int) -> None:
        """Push a stretch of the queue: what is next, what was told before, or what leaves a gap."""
        phone = self.phones[number]
        commands = phone.queue[first : first + count]
        if commands:
            self.told[number] = phone.push(*commands).last_seq

    @rule(number=NUMBERS)
    def push_what_is_next(self, number: int) -> None:
        phone = self.phones[number]
        if commands := phone.queue[self.told[number] :]:
            self.told[number] = phone.push(*commands).last_seq

    @rule(number=NUMBERS, limit=st.integers(1, 5), is_lost=st.booleans())
    def pull(self, number: int, limit: int, is_lost: bool) -> None:
        pulled = self.phones[number].pull(limit, forgets=is_lost)
        if not is_lost:
            self._take_in(number, pulled)

    @rule(which=VISITS, verb=st.sampled_from(("put off", "cancel", "give to one", "give to two")))
    def office(self, which: str, verb: str) -> None:
        cast, visit = self.stage.cast, getattr(self.stage.cast, which)
        with suppress(DomainError):  # the rules do not allow it now
            if verb == "put off":
                wanted = Postponement(PostponeReason.OTHER)
                self.stage.act(cast.dispatcher, lambda uow: postpone_visit(uow, visit, wanted))
            elif verb == "cancel":
                ended = Cancellation(CancelReason.OTHER, timedelta(hours=1))
                self.stage.act(cast.dispatcher, lambda uow: cancel_visit(uow, visit, ended))
            else:
                give_to(self.stage, visit, cast.technician1 if verb == "give to one" else cast.technician2)

    @rule(step=st.sampled_from(sorted(STEPS)), which=VISITS, is_one=st.booleans())
    def ask_twice_under_one_key(self, step: str, which: str, is_one: bool) -> None:
        cast, visit = self.stage.cast, getattr(self.stage.cast, which)
        command = Command(cast.technician1 if is_one else cast.technician2, step, key=uuid4().hex, body_hash="x" * 64)

        def answer(_: object) -> Answer:
            return Answer(200, uuid4().hex)

        def ask() -> str:
            try:
                return execute(self.database, command, STEPS[step](visit), answer).body
            except DomainError as refused:
                return f"refused {refused.code}"

        first, changes = ask(), len(self.stage.events(visit))
        again = ask()
        assert again == first or first.startswith("refused")
        assert len(self.stage.events(visit)) == changes or first.startswith("refused")

    @invariant()
    def what_the_doctor_looks_for_holds(self) -> None:
        with self.database.read_only() as session:
            assert examine(session, SystemClock().now()) == []

    @invariant()
    def units_are_booked_once(self) -> None:
        with self.database.read_only() as session:
            used = select(func.count()).where(
                PhoneCommand.type == "consumption", PhoneCommand.status.in_(("applied", "kept"))
            )
            booked = session.scalar(select(func.coalesce(func.sum(Consumption.quantity), 0)))
            assert session.scalar(used) == booked

    def teardown(self) -> None:
        if not hasattr(self, "phones"):
            return
        for number, phone in enumerate(self.phones):
            if phone.queue:
                assert phone.push().last_seq == len(phone.queue)  # no command blocks those after it
            else:
                assert self.told[number] == 0
        for number, phone in enumerate(self.phones):
            while (pulled := phone.pull(100)).has_more or pulled.changes:
                self._take_in(number, pulled)
            assert self.held[number] == self._from_scratch(phone)
        self._commands_are_all_there()
        self.database.dispose()
        self.directory.cleanup()

    def _take_in(self, number: int, pulled: Pulled) -> None:
        held = self.held[number]
        if pulled.reset:
            held.clear()
        for kind, changes in pulled.changes.items():
            for key in changes.removed:
                assert held.pop((kind, key), None) is not None, "what was never sent is not removed"
            for thing in changes.updated:
                held[kind, _key(kind, thing)] = show(kind, thing)[1]

    def _from_scratch(self, phone: Phone) -> dict[tuple[str, str], str]:
        pulled = pull_changes(self.database, phone.actor, None, 500, show)
        return {
            (kind, _key(kind, thing)): show(kind, thing)[1]
            for kind, changes in pulled.changes.items()
            for thing in changes.updated
        }

    def _commands_are_all_there(self) -> None:
        with self.database.read_only() as session:
            stored = {row.id: row.seq for row in session.scalars(select(PhoneCommand))}
            assert session.scalar(select(func.count()).select_from(Visit)) is not None
        noted = {command.id: command.seq for phone in self.phones for command in phone.queue}
        assert stored == noted


def _key(kind: str, thing: Any) -> str:
    return str(getattr(thing, _KEYS[kind]))


@contextmanager
def _on(template: Path, sealer: Sealer) -> Iterator[type[PhoneMachine]]:
    yield type("Machine", (PhoneMachine,), {"template": template, "sealer": sealer})


@pytest.mark.parametrize("steps", [20])
def test_whatever_phones_and_the_office_do(sqlite_template: Path, sealer: Sealer, steps: int) -> None:
    with _on(sqlite_template, sealer) as machine:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=15,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
