"""What somebody stored in an empty database, to be put into the next one as it is: rows, evidence and keys.

Making it by the services takes ten times as long. Ids are the same each time, and so are the keys.
"""

import itertools
from contextlib import closing
from typing import Any

from sqlalchemy import select

from fieldsvc.models import Base, ChangeCounter, SealingKey
from fieldsvc.models.sealing import DataKey
from fieldsvc.persistence.database import Database
from tests.postgres_workspace import MAY_MUTE_TRIGGERS, MUTING_TRIGGERS

_NUMBERS = itertools.count()
# What a migration fills. The counter goes on counting; the rest is in every database.
_FILLED = {"catalogue_values", "change_counter"}
_COUNTER = "UPDATE change_counter SET last_change_no = {}, last_hash = '{}'"


class KeptRows:
    """The content of a database; the next one is of the same kind and, with PostgreSQL, the same one emptied."""

    def __init__(self, database: Database) -> None:
        self._tables = [table.name for table in Base.metadata.sorted_tables if table.name not in _FILLED]
        with database.read_only() as session:
            stored = session.execute(select(SealingKey.id, SealingKey.wrapped)).all()
            counter = session.scalars(select(ChangeCounter)).one()
        self._counting = _COUNTER.format(counter.last_change_no, counter.last_hash)
        self._keys: list[DataKey] = [database.sealer.unwrap(one.id, one.wrapped) for one in stored]
        self._rows: dict[str, list[Any]] = {}
        self._function = f"seeds.rows_{next(_NUMBERS)}"
        if database.engine.dialect.name == "sqlite":
            self._read(database)
        else:
            self._copy(database)

    def put_into(self, database: Database) -> None:
        """Store the rows. Where there are any of them already, it fails."""
        with closing(database.engine.raw_connection()) as raw:
            cursor = raw.cursor()
            if self._rows:
                cursor.execute("BEGIN IMMEDIATE")
                for insert, rows in self._rows.items():
                    cursor.executemany(insert, rows)
                cursor.execute(self._counting)
            else:
                cursor.execute(f"SELECT {self._function}()")
            raw.commit()
        for key in self._keys:
            database.keyring.learn(key)  # as whoever stores it does

    def _read(self, database: Database) -> None:
        with closing(database.engine.raw_connection()) as raw:
            cursor = raw.cursor()
            for table in self._tables:
                rows = cursor.execute(f"SELECT * FROM {table}").fetchall()
                if rows:
                    self._rows[f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})"] = rows

    def _copy(self, database: Database) -> None:
        """Keep the rows in a schema of the database, with a function that puts them back."""
        inserts = []
        with database.engine.begin() as connection:
            for table in self._tables:
                if connection.exec_driver_sql(f"SELECT EXISTS (SELECT FROM {table})").scalar():
                    kept = f"{self._function}_{table}"
                    connection.exec_driver_sql(f"CREATE TABLE {kept} AS TABLE {table}")
                    inserts.append(f"INSERT INTO {table} TABLE {kept}")
            body = "; ".join([*inserts, self._counting])
            muting = MUTING_TRIGGERS if connection.exec_driver_sql(MAY_MUTE_TRIGGERS).scalar() else ""
            connection.exec_driver_sql(
                f"CREATE FUNCTION {self._function}() RETURNS void LANGUAGE plpgsql {muting} AS $$ BEGIN {body}; END $$"
            )
