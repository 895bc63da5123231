"""The cast in this test's database, ready to act."""

from collections.abc import Iterator

import pytest

from fieldsvc.persistence.audit import audit_faults
from fieldsvc.persistence.database import Database
from tests.fieldsvc.cast import build_cast
from tests.fieldsvc.stage import Stage


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    """Give the stage; whatever was done on it, the evidence holds."""
    yield Stage(database, build_cast(database))
    with database.read_only() as session:
        assert audit_faults(session) == []
