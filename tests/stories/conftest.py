"""A real server and a real worker for every story, on a database of its own."""

import contextlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TypeVar
from unittest import mock

import pytest
from cryptography.fernet import Fernet

from fieldsvc.adapters.passwords import Passwords
from fieldsvc.bootstrap import build
from fieldsvc.cli import main
from fieldsvc.config import load_settings
from fieldsvc.persistence.database import Database
from tests.fieldsvc.cast import PASSWORD
from tests.stories.cast import Agent, Customer, Dispatcher, Person, Technician
from tests.stories.town import Town, build_town

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 60
Somebody = TypeVar("Somebody", bound=Person)


class House:
    """The running system: whoever works with it, and the doctor."""

    def __init__(
        self, address: str, town: Town, database: Database, environ: dict[str, str], closing: contextlib.ExitStack
    ) -> None:
        self.town, self.database, self.address = town, database, address
        self._environ, self._closing = environ, closing
        self.agent = self._known(Agent(address, "agent"))
        self.admin = self._known(Person(address, "admin"))
        self.dispatcher = self._known(Dispatcher(address, "dispatcher"))
        self.ana = self._known(Technician(address, "technician1"))
        self.bruno = self._known(Technician(address, "technician2"))
        self.keeper = self._known(Person(address, "keeper"))
        self.supervisor = self._known(Person(address, "supervisor"))
        self.outsider = self._known(Dispatcher(address, "outsider"))

    def customer_with(self, token: str) -> Customer:
        return self._known(Customer(self.address, token))

    def doctor(self) -> str:
        """Let the doctor look at the database; what it says."""
        told = io.StringIO()
        with mock.patch.dict(os.environ, self._environ), redirect_stdout(told), redirect_stderr(told):
            main(["doctor"])  # the command, but in this process: to begin one takes ten times as long as to look
        return told.getvalue()

    def _known(self, person: Somebody) -> Somebody:
        self._closing.callback(person.close)
        return person


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "FIELDSVC_ENV": "production",
        "FIELDSVC_DATABASE_URL": database_url,
        "FIELDSVC_SECRET_KEY": "a secret key for stories, long enough",
        "FIELDSVC_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "FIELDSVC_WORKER_POLL_S": "0.1",
        "FIELDSVC_BLOB_DIRECTORY": str(tmp_path / "blobs"),
    }


@pytest.fixture
def house(environ: dict[str, str], tmp_path: Path) -> Iterator[House]:
    """Settle the town, open the house, and close it in the end: both processes have to end by themselves."""
    passwords = Passwords(memory_kib=8, rounds=1)
    application = build(load_settings(environ, tmp_path), passwords=passwords)
    town = build_town(application.database, passwords.hash(PASSWORD))
    log = tmp_path / "server.log"
    with contextlib.ExitStack() as closing:
        closing.callback(application.database.dispose)
        closing.enter_context(_process(["api.serve", "--port", "0"], environ, log))
        closing.enter_context(_process(["fieldsvc", "worker"], environ, tmp_path / "worker.log"))
        yield House(_address_in(log), town, application.database, environ, closing)


@contextlib.contextmanager
def _process(arguments: list[str], environ: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("w") as stderr:
        process = subprocess.Popen([sys.executable, "-m", *arguments], env=environ, cwd=log.parent, stderr=stderr)
        try:
            yield
            assert process.poll() is None, f"{arguments[0]} ended by itself:\n{log.read_text()}"
            process.terminate()
            assert process.wait(timeout=30) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()


def _address_in(log: Path) -> str:
    """Return where the server says it listens."""
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if line.startswith("Serving on "):
                return line.split()[2]
        time.sleep(0.05)
    raise AssertionError(f"the server does not start:\n{log.read_text()}")
