"""What goes into a column comes out the same, on both databases, and personal data stands there unreadable."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from fieldsvc.models import Base, Customer, ServiceReport, Shift, Visit, VisitPart, VisitWindow
from fieldsvc.models.sealing import DataKey, Sealer
from fieldsvc.persistence.database import Database


def test_an_instant_comes_back_in_utc(database: Database, world: Any) -> None:
    there = datetime(2026, 3, 2, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-3)))
    with database.unit_of_work() as uow:
        uow.get(Visit, world.visit).due_at = there
        uow.commit()
    with database.read_only() as session:
        due_at = session.scalars(select(Visit.due_at)).one()
    assert due_at == there
    assert due_at.tzinfo is UTC
    with database.read_only() as session:  # and is compared as an instant
        assert session.scalars(select(Visit.id).where(Visit.due_at <= there)).all() == [world.visit]


def test_a_time_without_a_zone_is_refused(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        uow.get(Visit, world.visit).due_at = datetime(2026, 3, 2)  # noqa: DTZ001 -- that is the point
        with pytest.raises(StatementError, match="has no zone"):
            uow.commit()


def test_personal_data_is_readable_only_through_the_application(database: Database, world: Any) -> None:
    with database.read_only() as session:
        customer = session.get(Customer, world.customer)
        assert customer is not None
        assert (customer.name, customer.phone, customer.email) == ("王伟", "+5551999990000", None)
        stored = session.execute(text("SELECT name, phone, email FROM customers")).one()
    assert "王伟" not in stored.name
    assert "999990000" not in stored.phone
    assert stored.email is None


def test_a_report_comes_back_byte_for_byte(database: Database, world: Any) -> None:
    content = b'{ "b":1,  "a": 2 }\n'
    with database.unit_of_work() as uow:
        uow.session.add(
            ServiceReport(
                id=UUID(int=70),
                visit_id=world.visit,
                report_version=1,
                content=content,
                sha256="0" * 64,
                media_type="application/json",
                recorded_at=uow.now,
            )
        )
        uow.commit()
    with database.read_only() as session:
        assert session.scalars(select(ServiceReport.content)).one() == content
        assert content not in bytes(session.execute(text("SELECT content FROM service_reports")).scalar_one())


def test_what_a_visit_needs_is_loaded_with_it_and_goes_with_it(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        visit = uow.get(Visit, world.visit)
        late, early = (datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (15, 9))
        for earliest in (late, early):
            visit.windows.append(VisitWindow(id=uow.new_id(), earliest=earliest, latest=earliest + timedelta(hours=2)))
        visit.parts.append(VisitPart(id=uow.new_id(), part_id=world.part, quantity=2))
        uow.commit()
    with database.unit_of_work() as uow:
        visit = uow.get(Visit, world.visit)
        assert [window.earliest for window in visit.windows] == [early, late]
        assert [(need.part_id, need.quantity) for need in visit.parts] == [(world.part, 2)]
        visit.windows.clear()
        uow.commit()
    with database.read_only() as session:
        assert session.scalars(select(VisitWindow)).all() == []


def test_keys_are_rotated_without_losing_what_they_sealed() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before, after = Sealer([old], "index"), Sealer([new, old], "index")
    key = DataKey.made(UUID(int=1))
    assert after.unwrap(key.id, before.wrap(key)) == key
    with pytest.raises(InvalidToken):
        before.unwrap(key.id, after.wrap(key))


def test_an_index_finds_equal_texts_and_only_with_its_key() -> None:
    key = Fernet.generate_key().decode()
    assert Sealer([key], "one").index_of("+55") == Sealer([key], "one").index_of("+55")
    assert Sealer([key], "one").index_of("+55") != Sealer([key], "two").index_of("+55")
    assert Sealer([key], "one").index_of("+55") != Sealer([key], "one").index_of("+56")


def test_every_row_people_change_has_a_version_that_is_compared() -> None:
    versioned = {mapper.class_ for mapper in Base.registry.mappers if "version" in mapper.columns}
    compared = {mapper.class_ for mapper in Base.registry.mappers if mapper.version_id_col is not None}
    assert versioned == compared
    assert {Visit, Shift, Customer} <= compared
