"""A team's day with nothing in it yet."""

import pytest

from fieldsvc.persistence.database import Database
from tests.fieldsvc.day_world import DayWorld


@pytest.fixture
def world(database: Database) -> DayWorld:
    """Give an empty day at the evening before, to which a test adds what it is about."""
    return DayWorld(database)
