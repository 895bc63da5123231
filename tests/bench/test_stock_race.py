"""Callers that race for units: nothing is promised twice, and where it is, the race says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from bench.phones.databases import databases
from bench.stock_race_rounds import CALLERS, UNITS, Race
from fieldsvc.models import StockBalance


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def race(request: pytest.FixtureRequest, tmp_path: Path, room: Path) -> Iterator[Race]:
    with databases(request.param, room) as made, Race.on(made, tmp_path) as begun:
        yield begun


def test_as_many_get_a_unit_as_there_are(race: Race) -> None:
    answers, found = race.claim(1)
    assert found == []
    assert (answers[200] + answers[201], answers[409]) == (UNITS, CALLERS - UNITS)
    answers, found = race.mix(1)
    assert found == []
    assert min(answers[200], answers[201]) > 0
    assert race.doctor() == []


def test_what_does_not_hold_is_found(race: Race) -> None:
    with race._database.engine.begin() as connection:
        connection.execute(update(StockBalance).where(StockBalance.is_physical).values(reserved=1))
    _, found = race.claim(1)
    assert any("reservations hold" in one for one in found)
