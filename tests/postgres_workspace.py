"""A database of PostgreSQL that is migrated once and emptied between tests."""

import os
from collections.abc import Iterable

import psycopg
from sqlalchemy import Engine, event, make_url

from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.clock import SystemClock
from fieldsvc.domain.evidence import GENESIS
from fieldsvc.models import Base
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.migrate import upgrade

MAY_MUTE_TRIGGERS = "SELECT current_setting('is_superuser')::boolean"
MUTING_TRIGGERS = "SET session_replication_role = replica"
"""A clause of a function: what it does sets off no trigger. Nothing is append-only then, and no reference compared."""

_APPEND_ONLY = ("audit_entries", "events", "stock_move_lots", "stock_moves")
_SEEDED = "catalogue_values"
_NEW_COUNTER = (
    f"INSERT INTO change_counter (id, last_change_no, last_hash, epoch) VALUES (1, 0, '{GENESIS}', gen_random_uuid())"
)
# Nothing of it has to survive the tests, so it need not wait for the disk.
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "'128MB'"}


class PostgresWorkspace:
    """One migrated database of this worker, emptied between tests: making one takes half a second, this a few ms."""

    def __init__(self, url: str, sealer: Sealer, *, is_ours: bool) -> None:
        self.server = psycopg.connect(self.plain(url), autocommit=True)
        if is_ours:
            for setting, value in _CARELESS.items():
                self.server.execute(f"ALTER SYSTEM SET {setting} = {value}")
            self.server.execute("SELECT pg_reload_conf()")
        self.name = f"fieldsvc_test_{os.getpid()}"
        self.server.execute(f'CREATE DATABASE "{self.name}"')
        self.url = make_url(url).set(database=self.name).render_as_string(hide_password=False)
        database = Database.at(self.url, sealer, SystemClock(), TimeOrderedIds())
        upgrade(database.engine)
        database.dispose()
        self._spared: set[int] = set()
        self._connection = psycopg.connect(self.plain(self.url), autocommit=True)
        self._connection.execute("CREATE SCHEMA seeds")
        self._connection.execute(f"CREATE TABLE seeds.{_SEEDED} AS TABLE {_SEEDED}")
        (may_mute,) = self._connection.execute(MAY_MUTE_TRIGGERS).fetchone()
        self._emptying = self._quick_way() if may_mute else self._slow_way()

    @staticmethod
    def plain(url: str) -> str:
        return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    def spare(self, engines: Iterable[Engine]) -> None:
        """Let connections of engines live on when the database is emptied; none of them may be at work by then."""
        for engine in engines:
            event.listen(engine, "connect", lambda made, _: self._spared.add(made.info.backend_pid))

    def spare_nobody(self) -> None:
        """Let all connections there are be ended the next time; those made later live on."""
        self._spared.clear()

    def empty(self) -> None:
        """Take every row out, the evidence too, and start counting anew; what a migration has put in comes back."""
        self._end_others(self._spared)
        if self._connection.closed:
            self._connection = psycopg.connect(self.plain(self.url), autocommit=True)
        self._connection.execute(self._emptying)

    def leave(self) -> None:
        """Let nobody be connected, as somebody wants to copy the database."""
        self._connection.close()
        self._end_others(())

    def close(self) -> None:
        self._connection.close()
        self.server.execute(f'DROP DATABASE "{self.name}" WITH (FORCE)')
        self.server.close()

    def _end_others(self, spared: Iterable[int]) -> None:
        self.server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND NOT pid = ANY(%s)",
            (self.name, [*spared, self._connection.info.backend_pid] if not self._connection.closed else [*spared]),
        )

    def _quick_way(self) -> str:
        """Without triggers, so that nothing is append-only or referred to, and by plans that the connection keeps."""
        deletes = [
            f"IF EXISTS (SELECT FROM {table.name}) THEN DELETE FROM {table.name}; END IF"
            for table in Base.metadata.sorted_tables
        ]
        body = "; ".join([*deletes, f"INSERT INTO {_SEEDED} TABLE seeds.{_SEEDED}", _NEW_COUNTER])
        self._connection.execute(
            f"CREATE FUNCTION seeds.empty() RETURNS void LANGUAGE plpgsql {MUTING_TRIGGERS} AS $$ BEGIN {body}; END $$"
        )
        return "SELECT seeds.empty()"

    @staticmethod
    def _slow_way() -> str:
        """As the owner of the tables, who is no superuser: in the order of the references."""
        triggers = [f"ALTER TABLE {table} {{}} TRIGGER {table}_append_only" for table in _APPEND_ONLY]
        statements = [
            "BEGIN",
            *(trigger.format("DISABLE") for trigger in triggers),
            *(f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables)),
            f"INSERT INTO {_SEEDED} TABLE seeds.{_SEEDED}",
            _NEW_COUNTER,
            "SET CONSTRAINTS ALL IMMEDIATE",
            *(trigger.format("ENABLE") for trigger in triggers),
            "COMMIT",
        ]
        return "; ".join(statements)
