"""What a file of counts holds."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.adapters.csv_files import read_csv, write_csv
from fieldsvc.domain.imports import ImportKind
from fieldsvc.models import Part
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import count_imports, counts
from fieldsvc.services.imports import ImportReport, ImportWish, import_file
from fieldsvc.services.reserved_units import hold_parts
from tests.fieldsvc.cast import build_cast
from tests.fieldsvc.stage import Stage


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database, build_cast(database))


def bring(stage: Stage, *rows: tuple[str, str, int]) -> ImportReport:
    content = write_csv(["location", "part", "quantity"], rows)
    wish = ImportWish(ImportKind.COUNTS, hashlib.sha256(content).hexdigest(), read_csv(content, None), False, 10**9)
    return stage.act(stage.cast.warehouse_keeper, lambda uow: import_file(uow, wish))


def test_no_other_parts_of_the_place_are_held(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    held: set[UUID] = set()

    def noted(uow: UnitOfWork, part_ids: Iterable[UUID]) -> None:
        ids = set(part_ids)
        held.update(ids)
        hold_parts(uow, ids)

    for module in (count_imports, counts):
        monkeypatch.setattr(module, "hold_parts", noted)
    bring(stage, ("warehouse", "P-1", 1), ("van1", "P-1", 1))
    with stage.database.read_only() as session:
        assert held == {session.scalars(select(Part.id).where(Part.number == "P-1")).one()}
