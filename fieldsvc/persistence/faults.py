"""What the two databases say, in words the services know."""

import sqlite3

from psycopg import errors as postgres
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from fieldsvc.domain.errors import ChangedMeanwhile

CHANGED_MEANWHILE = "Somebody else changed this at the same moment; read it again and decide anew."
_SQLITE_RACES = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_CHECK,
}


def is_lock_wait_over(error: Exception) -> bool:
    """Tell whether a lock was not had in time."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, postgres.LockNotAvailable):
        return True
    return isinstance(original, sqlite3.OperationalError) and original.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def is_transient(error: Exception) -> bool:
    """Tell whether the same work in a new transaction may succeed: it lost a race it can be run again after."""
    if isinstance(error, StaleDataError | ChangedMeanwhile):
        return True
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, postgres.SerializationFailure | postgres.DeadlockDetected)


def is_lost_race(error: IntegrityError) -> bool:
    """Tell whether a UNIQUE or CHECK constraint was broken: what a use case checked has changed since.

    A missing value or reference is not a race but a mistake in the program.
    """
    original = error.orig
    if isinstance(original, sqlite3.IntegrityError):
        return original.sqlite_errorcode in _SQLITE_RACES
    return isinstance(original, postgres.UniqueViolation | postgres.CheckViolation)
