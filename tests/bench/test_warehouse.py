"""A small warehouse is loaded soundly and measured; what is wrong in it is found."""

import argparse
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select, update

from bench import warehouse
from bench.phones.databases import databases
from bench.warehouse_ledger import Sizes
from bench.warehouse_paces import Warehouse
from bench.warehouse_rows import Stocked, load_warehouse
from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.clock import SystemClock
from fieldsvc.models import Reservation, StockBalance, StockMove
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database

SIZES = Sizes(moves=2000, parts=50, vans=5, warehouses=2, visits_each=3)


@pytest.fixture
def database() -> Iterator[Database]:
    with databases("sqlite") as made:
        sealer = Sealer([Fernet.generate_key().decode()], "a secret for tests")
        opened = Database.at(made.fresh(), sealer, SystemClock(), TimeOrderedIds())
        yield opened
        opened.dispose()


@pytest.fixture
def stocked(database: Database) -> Stocked:
    return load_warehouse(database, SIZES, seed=1)


def test_what_is_loaded_is_sound_and_stays_so(database: Database, stocked: Stocked) -> None:
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(StockMove)) == SIZES.moves
        planned = session.scalar(select(func.count()).where(Reservation.is_planned))
        assert planned == SIZES.vans * SIZES.visits_each * 3
    assert (len(stocked.technicians), len(stocked.tickets)) == (5, 15)
    asked = Warehouse(database, stocked, seed=1)
    assert asked.doctor(is_stock_only=True)[1] == []
    reserved, released = asked.reserve(8, callers=2)
    assert (reserved["asked"], reserved["refused"], released["asked"]) == (8, 0, 8)
    assert asked.pick_lists(2)["lines"] == 5 * 3 * 2
    assert asked.hand_over(2)["asked"] == 2
    assert asked.pick_lists(1)["lines"] == 3 * 3 * 2  # what was handed over is on its way
    assert asked.count(1)["asked"] == 1
    assert asked.doctor(is_stock_only=False)[1] == []


def test_what_does_not_hold_is_found(database: Database, stocked: Stocked) -> None:
    with database.engine.begin() as connection:
        is_house = StockBalance.location_id == stocked.house
        connection.execute(update(StockBalance).where(is_house).values(on_hand=StockBalance.on_hand + 1))
    figures, found = Warehouse(database, stocked, seed=1).doctor(is_stock_only=True)
    assert len(found) == SIZES.parts
    assert {one[:2] for one in found} == {"S1"}
    assert float(figures["peak_memory_mb"]) > 0


def test_the_command_tells_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    warehouse.add_command(parser)
    sizes = ["--moves", "300", "--parts", "10", "--vans", "2", "--calls", "4", "--reads", "2", "--tours", "2"]
    options = parser.parse_args([*sizes, "--counts", "1", "--database", "sqlite", "--no-save"])
    assert options.run(options) == 0
    said = capsys.readouterr().out
    for name in ("load", "reserve", "release, 4 callers", "pick lists", "hand-over", "count of 10 parts", "doctor"):
        assert name in said
    assert '"findings": 0' in said.splitlines()[-1]
