"""A database that can be put back to how it was at a moment, on each of the two systems."""

import shutil
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import make_url

from fieldsvc.models import Base
from tests.conftest import PostgresWorkspace


class Kept(Protocol):
    """A database at `url` with a moment that is kept. Nobody may be connected when it is kept or put back."""

    url: str

    def keep(self) -> None: ...

    def put_back(self) -> None: ...


class KeptFile:
    """SQLite: a file and a copy of it."""

    def __init__(self, directory: Path, template: Path) -> None:
        self._used, self._kept = directory / "used.db", directory / "kept.db"
        self.url = f"sqlite:///{self._used}"
        shutil.copyfile(template, self._used)

    def keep(self) -> None:
        shutil.copyfile(self._used, self._kept)  # the last connection has folded the write-ahead log into the file

    def put_back(self) -> None:
        for file in (self._used, *self._used.parent.glob(f"{self._used.name}-*")):
            file.unlink(missing_ok=True)
        shutil.copyfile(self._kept, self._used)


class KeptCopy:
    """PostgreSQL: a database of its own, and a copy of every table in another schema of it."""

    def __init__(self, workspace: PostgresWorkspace) -> None:
        self._server, self._name = workspace.server, f"{workspace.name}_kept"
        self.url = make_url(workspace.url).set(database=self._name).render_as_string(hide_password=False)
        self._server.execute(f'CREATE DATABASE "{self._name}" TEMPLATE "{workspace.name}"')
        self._tables = [table.name for table in Base.metadata.sorted_tables]

    def keep(self) -> None:
        self._run(["CREATE SCHEMA kept", *(f"CREATE TABLE kept.{name} AS TABLE {name}" for name in self._tables)])

    def put_back(self) -> None:
        # Without triggers, as evidence is append-only and rows refer to each other.
        emptied = (f"DELETE FROM {name}" for name in self._tables)
        filled = (f"INSERT INTO {name} TABLE kept.{name}" for name in self._tables)
        self._run(["SET LOCAL session_replication_role = replica", *emptied, *filled])

    def close(self) -> None:
        self._server.execute(f'DROP DATABASE "{self._name}" WITH (FORCE)')

    def _run(self, statements: list[str]) -> None:
        self._server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (self._name,))
        with psycopg.connect(PostgresWorkspace.plain(self.url)) as connection:
            connection.execute("; ".join(statements))
