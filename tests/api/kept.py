"""A database that can be put back to how it was at a moment, on each of the two systems."""

import shutil
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import make_url

from fieldsvc.models import Base
from tests.postgres_workspace import MUTING_TRIGGERS, PostgresWorkspace


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
    """PostgreSQL: a database of its own, and a copy of every table that has rows in another schema of it."""

    def __init__(self, workspace: PostgresWorkspace) -> None:
        self._server, self._name = workspace.server, f"{workspace.name}_kept"
        self.url = make_url(workspace.url).set(database=self._name).render_as_string(hide_password=False)
        workspace.leave()
        self._server.execute(f'CREATE DATABASE "{self._name}" TEMPLATE "{workspace.name}"')
        self._connection = psycopg.connect(workspace.plain(self.url), autocommit=True)

    def keep(self) -> None:
        """Copy the rows, and make the function that puts them back: the connection keeps the plans of what it does."""
        self._connection.execute("CREATE SCHEMA kept")
        statements = []
        for name in (table.name for table in Base.metadata.sorted_tables):
            statements.append(f"IF EXISTS (SELECT FROM {name}) THEN DELETE FROM {name}; END IF")
            if self._connection.execute(f"SELECT FROM {name} LIMIT 1").rowcount:
                self._connection.execute(f"CREATE TABLE kept.{name} AS TABLE {name}")
                statements.append(f"INSERT INTO {name} TABLE kept.{name}")
        self._connection.execute(
            "CREATE FUNCTION kept.put_back() RETURNS void LANGUAGE plpgsql"
            f" {MUTING_TRIGGERS} AS $$ BEGIN {'; '.join(statements)}; END $$"
        )

    def put_back(self) -> None:
        self._server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
            (self._name, self._connection.info.backend_pid),
        )
        self._connection.execute("SELECT kept.put_back()")

    def close(self) -> None:
        self._connection.close()
        self._server.execute(f'DROP DATABASE "{self._name}" WITH (FORCE)')
