"""What is acknowledged by a process that is killed is looked for afterwards; what is not there is found."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bench.phones.databases import databases
from bench.phones.day import PASSWORD, application_at
from bench.phones.killed import DOCTOR, _Killer, acknowledged
from bench.phones.world import found_company
from fieldsvc.adapters.passwords import Passwords
from fieldsvc.models import StockBalance, Visit


def test_what_is_acknowledged_is_there(room: Path) -> None:
    with databases("sqlite", room) as made:
        seen = list(acknowledged(made, 14))
    assert [what for what, _ in seen][:4] == ["tickets", "triage", "acceptance", "departure"]
    assert (len(seen), {finding for _, finding in seen}) == (14, {None})


@pytest.fixture
def killer(tmp_path: Path, room: Path) -> Iterator[_Killer]:
    with databases("sqlite", room) as made:
        passwords = Passwords(memory_kib=8, rounds=1)
        application = application_at(made.fresh(), tmp_path, passwords)
        yield _Killer(application, found_company(application.database, passwords.hash(PASSWORD)))
        application.database.dispose()


def in_the_child(monkeypatch: pytest.MonkeyPatch, instead: Callable[[Session], object]) -> None:
    """Let processes that are going to be killed do something else than to commit."""
    parent, commit = os.getpid(), Session.commit
    monkeypatch.setattr(Session, "commit", lambda self: commit(self) if os.getpid() == parent else instead(self))


def test_what_is_lost_is_found(killer: _Killer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is given although the transaction was never committed."""
    in_the_child(monkeypatch, lambda session: session.flush())
    _, finding = next(killer.go_by())
    assert finding is not None
    assert "was acknowledged and is not there" in finding


def test_a_process_that_dies_before_it_answers_has_acknowledged_nothing(killer: _Killer, monkeypatch) -> None:
    in_the_child(monkeypatch, lambda _: os._exit(1))
    _, finding = next(killer.go_by())
    assert finding == "/tickets: None"


def test_the_doctor_has_the_last_word(monkeypatch: pytest.MonkeyPatch, room: Path) -> None:
    def spoil(self: _Killer) -> Iterator[tuple[str, str | None]]:
        with self._server.app.extensions["fieldsvc"].database.engine.begin() as connection:
            connection.execute(update(StockBalance).values(on_hand=1))
            connection.execute(update(Visit).values(state="working"))
        yield "nothing", None

    monkeypatch.setattr(_Killer, "go_by", spoil)
    with databases("sqlite", room) as made:
        seen = list(acknowledged(made, 5))
    assert {what for what, _ in seen} == {"nothing", DOCTOR}
