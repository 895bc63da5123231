"""The two shapes of a use case, so that a face of the system can name them without knowing the database."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session as OrmSession

from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork

Outcome = TypeVar("Outcome")
Shown = TypeVar("Shown")

WriteCase = Callable[[UnitOfWork], Outcome]
ReadCase = Callable[[OrmSession], Outcome]


def read(database: Database, use_case: ReadCase[Outcome], show: Callable[[Outcome], Shown]) -> Shown:
    """Run a use case that only reads, and show its outcome while related rows can still be loaded."""
    with database.read_only() as session:
        return show(use_case(session))
