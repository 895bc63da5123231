"""What the composition root hands around: one database with its clock and ids."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import structlog
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import sessionmaker

from fieldsvc.domain.clock import Clock
from fieldsvc.domain.ids import IdSource
from fieldsvc.models.sealing import Keyring, Sealer
from fieldsvc.models.types import keyring_of
from fieldsvc.persistence.engine import make_engine, make_read_only
from fieldsvc.persistence.ownership import note_customer, seal_pending
from fieldsvc.persistence.unit_of_work import Context, UnitOfWork

_log = structlog.get_logger("fieldsvc.database")


class Database:
    """Opens transactions, for writing and for reading."""

    def __init__(self, engine: Engine, clock: Clock, ids: IdSource) -> None:
        self.engine = engine
        self.clock = clock
        self.ids = ids
        self._writing = sessionmaker(engine, expire_on_commit=False)
        event.listen(self._writing, "before_flush", seal_pending)
        for became in ("loaded_as_persistent", "pending_to_persistent"):
            event.listen(self._writing, became, note_customer)
        self._reading = sessionmaker(make_read_only(engine), expire_on_commit=False)

    @classmethod
    def at(
        cls,
        url: str,
        sealer: Sealer,
        clock: Clock,
        ids: IdSource,
        *,
        lock_wait_s: float = 5.0,
        pool_size: int = 10,
    ) -> "Database":
        """Return the database at an address; nothing is connected yet."""
        return cls(make_engine(url, sealer, lock_wait_s=lock_wait_s, pool_size=pool_size), clock, ids)

    @property
    def keyring(self) -> Keyring:
        """Return what opens this database's personal data."""
        return keyring_of(self.engine.dialect)

    @property
    def sealer(self) -> Sealer:
        """Return what wraps its keys and makes its search indexes."""
        return self.keyring.sealer

    def unit_of_work(self, context: Context | None = None) -> UnitOfWork:
        """Return a transaction that may write; without a context the system acts."""
        return UnitOfWork(self._writing(), self.clock, self.ids, context or Context())

    @contextmanager
    def read_only(self) -> Iterator[OrmSession]:
        """Give a session that sees one moment of the database and can't write."""
        with self._reading() as session:
            yield session

    def scrub(self) -> None:
        """Let what was deleted or written over leave the files too, as far as the database can be told to."""
        self.keyring.look_again()
        try:
            if self.engine.dialect.name == "postgresql":
                with self.engine.connect() as connection:
                    outside = connection.execution_options(isolation_level="AUTOCOMMIT")
                    outside.exec_driver_sql("VACUUM sealing_keys, customers, sites")
                return
            with closing(self.engine.raw_connection()) as raw:  # outside of any transaction, as its driver begins none
                is_busy, *_ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except DBAPIError as error:
            is_busy, said = True, str(error.orig)
        else:
            said = "others were reading"
        if is_busy:  # the change is made; its traces go with the next vacuum or checkpoint
            _log.warning("not_scrubbed", said=said)

    def dispose(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()
