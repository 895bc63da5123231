"""What a file of counts holds, and that it judges parts as they are once they are held."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

import pytest
from sqlalchemy import select, update

from fieldsvc.adapters.csv_files import read_csv, write_csv
from fieldsvc.domain.imports import ImportKind
from fieldsvc.models import Part
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import count_imports, counts
from fieldsvc.services.import_lines import ImportRefused
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


def test_a_part_that_was_changed_till_it_is_held_is_judged_as_it_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage.database.unit_of_work() as uow:
        uow.session.add(Part(id=uow.new_id(), number="new", name_en="x", name_zh="x", unit_cost_cents=1, price_cents=1))
        uow.commit()

    def hold_after_a_change(uow: UnitOfWork, part_ids: Iterable[UUID]) -> None:
        """Find what another transaction would have written while this one waited."""
        changed = update(Part).where(Part.number == "new").values(is_serialised=True)
        uow.session.execute(changed, execution_options={"synchronize_session": False})
        hold_parts(uow, part_ids)

    monkeypatch.setattr(count_imports, "hold_parts", hold_after_a_change)
    with pytest.raises(ImportRefused) as refused:
        bring(stage, ("warehouse", "P-1", 1), ("warehouse", "new", 2))
    assert [(one.code, one.pointer) for one in refused.value.faults] == [("serials_missing", "/lines/3/serials")]


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
