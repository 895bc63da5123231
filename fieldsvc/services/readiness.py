"""Whether this process can do its work right now, check by check."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from fieldsvc.domain.run_states import RunState
from fieldsvc.models import OptimizationRun
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.migrate import is_current

MAX_QUEUE_AGE_S = 300
MIN_FREE_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; detail holds figures, never secrets."""

    name: str
    is_ok: bool
    detail: str


def check_readiness(database: Database) -> list[Check]:
    """Return every check; those after a failed database are left out, as they would fail for the same reason."""
    checks = [_guarded("database", lambda: _migration(database))]
    if checks[0].is_ok:
        checks.append(_guarded("queue", lambda: _queue(database)))
    return [*checks, _disk(database)]


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except SQLAlchemyError as error:
        return Check(name, False, f"not reachable ({type(error).__name__})")


def _migration(database: Database) -> Check:
    current = is_current(database.engine)
    return Check("database", current, "at the newest migration" if current else "has to be migrated")


def _queue(database: Database) -> Check:
    oldest = select(func.min(OptimizationRun.requested_at)).where(OptimizationRun.state == RunState.QUEUED)
    with database.read_only() as session:
        waiting_since = session.scalar(oldest)
    age_s = 0 if waiting_since is None else round((database.clock.now() - waiting_since).total_seconds())
    return Check("queue", age_s <= MAX_QUEUE_AGE_S, f"the oldest run has waited for {age_s} s")


def _disk(database: Database) -> Check:
    file = database.engine.url.database if database.engine.dialect.name == "sqlite" else None
    free = shutil.disk_usage(Path(file).parent if file else Path.cwd()).free
    return Check("disk", free >= MIN_FREE_BYTES, f"{free // 1_000_000} MB are free")
