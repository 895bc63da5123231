"""Engines that serve one test after the other: compiling statements anew takes half of a short test."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, QueuePool

from fieldsvc.models.sealing import Keyring, Sealer
from fieldsvc.models.types import give_keyring, keyring_of
from fieldsvc.persistence.engine import make_engine
from tests.postgres_workspace import PostgresWorkspace


class LastingEngines:
    """One engine for each address, lent to a test as if it were new: it knows no key of the test before."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._made: dict[str, Engine] = {}

    def at(self, url: str) -> Engine:
        return self._made[url]

    @contextmanager
    def lent(self, url: str, workspace: PostgresWorkspace | None) -> Iterator[None]:
        """Let a test have an engine. In a workspace its connections last too: the next ones need not learn all anew."""
        engine = self._made.get(url)
        if engine is None:
            engine = self._made[url] = make_engine(url, self._sealer)
            if workspace is not None:
                workspace.spare(_both(engine))
        give_keyring(engine.dialect, Keyring(self._sealer, keyring_of(engine.dialect)._source))
        yield
        if workspace is None:
            engine.dispose()
        elif any(_is_in_use(one) for one in _both(engine)):  # a test has let go of a connection, not given it back
            engine.dispose()
            workspace.spare_nobody()

    def close(self) -> None:
        for engine in self._made.values():
            engine.dispose()


def _both(engine: Engine) -> tuple[Engine, Engine]:
    """Return an engine and the one its keys are read by."""
    return engine, keyring_of(engine.dialect)._source._engine


def _is_in_use(engine: Engine) -> bool:
    return not isinstance(engine.pool, QueuePool) or engine.pool.checkedout() > 0
