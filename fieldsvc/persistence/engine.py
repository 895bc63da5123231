"""Engines that behave the same for the rest of the system, on SQLite and on PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection

from fieldsvc.models.keys import SealingKey
from fieldsvc.models.sealing import Keyring, Sealer, StoredKey
from fieldsvc.models.types import give_keyring

READ_ONLY = "fieldsvc_read_only"
_KEYS_AT_ONCE = 500


def make_engine(url: str, sealer: Sealer, *, lock_wait_s: float = 5.0, pool_size: int = 10) -> Engine:
    """Return an engine; a lock that is not had within lock_wait_s is given up with an OperationalError."""
    engine = _make_engine(url, lock_wait_s, pool_size)
    # Keys are asked for while rows are read, so not on the pool those are read by: it may have no connection left.
    keys = make_read_only(_make_engine(url, lock_wait_s, pool_size, max_overflow=-1))
    give_keyring(engine.dialect, Keyring(sealer, _StoredKeys(keys)))
    event.listen(engine, "engine_disposed", lambda _: keys.dispose())
    return engine


class _StoredKeys:
    """Reads data keys by connections of their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, key_id: UUID) -> Sequence[StoredKey]:
        """Return a key and those made after it: their owners came one after the other and are read together."""
        columns = (SealingKey.id, SealingKey.wrapped)
        query = select(*columns).where(SealingKey.id >= key_id).order_by(SealingKey.id).limit(_KEYS_AT_ONCE)
        with self._engine.connect() as connection:
            return [StoredKey(row.id, row.wrapped) for row in connection.execute(query)]

    def destroyed_since(self, moment: datetime) -> Sequence[UUID]:
        """Return keys that were destroyed at or after a moment."""
        with self._engine.connect() as connection:
            return connection.scalars(select(SealingKey.id).where(SealingKey.destroyed_at >= moment)).all()


def make_read_only(engine: Engine) -> Engine:
    """Return the same engine for transactions that only read, each of which sees one moment of the database."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(**{READ_ONLY: True})


def _make_engine(url: str, lock_wait_s: float, pool_size: int, max_overflow: int = 10) -> Engine:
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    pool = {"pool_size": pool_size, "max_overflow": max_overflow}
    if backend == "sqlite":
        return _make_sqlite_engine(url, parsed.database, lock_wait_s, pool)
    if backend == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"options": f"-c lock_timeout={round(lock_wait_s * 1000)} -c timezone=UTC"},
            **pool,
        )
    raise ValueError(f"{backend} is no database this system knows; use sqlite or postgresql")


def _make_sqlite_engine(url: str, database: str | None, lock_wait_s: float, pool: Mapping[str, int]) -> Engine:
    if not database or database == ":memory:":
        raise ValueError("a SQLite database in memory is another one for each connection; name a file")
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": lock_wait_s}, **pool)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: DBAPIConnection, _record: Any) -> None:
    # The driver's own BEGIN comes too late and takes no write lock: _begin_sqlite does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # a key that is destroyed leaves no trace in the file
        "recursive_triggers = ON",  # else INSERT OR REPLACE would delete without asking the triggers
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: a reader that turns writer later may find its snapshot outdated and fail.
    if connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
