"""Callers that race for units: nothing is promised twice, and where it is, the race says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from bench.phones.databases import databases
from bench.stock_race_rounds import CALLERS, UNITS, Race
from bench.stock_race_sent import File, Sent, judged, tallied
from fieldsvc.domain.imports import ImportKind
from fieldsvc.models import StockBalance
from fieldsvc.persistence.database import Database


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
    assert min(race.files[outcome] for outcome in ("counts changed", "counts faulty", "parts changed")) > 0
    assert race.idle() == []
    assert race.doctor() == []


def test_what_does_not_hold_is_found(race: Race) -> None:
    with race._database.engine.begin() as connection:
        connection.execute(update(StockBalance).where(StockBalance.is_physical).values(reserved=1))
    _, found = race.claim(1)
    assert any("reservations hold" in one for one in found)


def test_answers_that_the_database_does_not_bear_out_are_found(database: Database) -> None:
    file = File("x", ImportKind.PARTS, b"x", "text/csv", frozenset({"N"}))
    body = {"id": "1", "is_repeat": False, "added": 1, "changed": 0, "counts": []}
    sent = [Sent(file, key, False, 200, body) for key in "ab"]
    sent += [Sent(file, "c", True, 200, body), Sent(file, "d", False, 503, {"code": "busy"})]
    with database.read_only() as session:
        found = " ".join(judged(session, sent, ()))
    for said in ("2 of 2 answers", "the database has []", "N is called None", "only tried out", "(503, 'busy')"):
        assert said in found
    assert tallied(sent) == {"parts changed": 2, "parts tried out": 1, "parts refused, busy": 1}
