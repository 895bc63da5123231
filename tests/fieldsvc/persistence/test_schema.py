"""The database itself keeps what must never be: constraints and triggers, and a schema equal to the models."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Engine, delete, inspect, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from fieldsvc.domain.ledger import MoveReason
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import AuditEntry, Base, Event, StockBalance, StockLocation, StockMove, Team, Visit
from fieldsvc.persistence import migrate
from fieldsvc.persistence.audit import audit_faults
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.engine import make_engine
from fieldsvc.persistence.migrate import current_head, is_current, newest_head, upgrade

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def checks_of(engine: Engine) -> set[str | None]:
    tables = inspect(engine)
    return {check["name"] for table in Base.metadata.tables for check in tables.get_check_constraints(table)}


def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    wanted = {
        f"ck_{table.name}_{str(constraint.name).removeprefix(f'ck_{table.name}_')}"
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert checks_of(database.engine) == wanted  # alembic itself does not compare these


def test_a_database_knows_whether_it_is_current(database: Database) -> None:
    assert current_head(database.engine) == newest_head() == "0032"
    upgrade(database.engine)  # a second time changes nothing
    assert is_current(database.engine)


def test_an_empty_and_an_outdated_database_are_not_current(tmp_path: Any, sealer: Any) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/new/empty.db", sealer)
    assert not is_current(engine)
    upgrade(engine)
    assert is_current(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not is_current(engine)
    engine.dispose()


def test_the_newest_migrations_can_be_taken_back_with_rows(tmp_path: Any, sealer: Any) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/down.db", sealer)
    upgrade(engine)
    words = "'P-1', 'x', 'x', 1, 1"
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO parts (id, version, number, name_en, name_zh, unit_cost_cents, price_cents, is_serialised)"
                f" VALUES ('{7:032x}', 1, {words}, false)"
            )
        )
        connection.execute(text(f"INSERT INTO stock_values (part_id, value_cents) VALUES ('{7:032x}', 0)"))
    for how, to in ((command.downgrade, "0027"), (command.upgrade, "head")):
        config = Config()
        config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            how(config, to)
    assert is_current(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT has_lots, criticality FROM parts")).all() == [(0, 0)]
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y"])
def test_what_can_not_work_is_refused(url: str, sealer: Any) -> None:
    with pytest.raises(ValueError, match=r"memory|no database this system knows"):
        make_engine(url, sealer)


@pytest.fixture
def evidence(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        move = StockMove(
            id=UUID(int=50),
            part_id=world.part,
            quantity=3,
            from_location_id=world.supplier,
            to_location_id=world.van,
            reason=MoveReason.RECEIPT,
            occurred_at=NOW,
            recorded_at=NOW,
        )
        uow.session.add(move)
        uow.record(move, "stock_moved")
        uow.record(move, "stock_counted")
        uow.commit()


@pytest.mark.parametrize("model", [AuditEntry, Event, StockMove])
def test_evidence_can_only_be_appended(database: Database, evidence: None, model: type[Base]) -> None:
    table = model.__table__
    column = "action" if model is AuditEntry else "kind" if model is Event else "reason"
    attempts = [update(table).values({column: "transfer"}), delete(table)]
    if database.engine.dialect.name == "postgresql":
        attempts.append(text(f"TRUNCATE {table.name} CASCADE"))
    else:
        attempts.append(text(f"INSERT OR REPLACE INTO {table.name} SELECT * FROM {table.name}"))
    for attempt in attempts:
        with pytest.raises(IntegrityError, match="append-only"), database.engine.begin() as connection:
            connection.execute(attempt)


@pytest.mark.parametrize(
    ("attack", "finding"),
    [
        ("UPDATE audit_entries SET payload = '{}' WHERE seq = 1", "Entry 1 was changed."),
        ("DELETE FROM audit_entries WHERE seq = 1", "Entry 1 is missing"),
        ("DELETE FROM audit_entries WHERE seq = 2", "The counter stands at 2, the chain ends at 1."),
        ("UPDATE events SET kind = 'other' WHERE change_no = 2", "Event 2 differs from its audit entry."),
        ("UPDATE events SET data = '{\"a\": 1}' WHERE change_no = 1", "Event 1 differs from its audit entry."),
        ("DELETE FROM events WHERE change_no = 2", "Entry 2 has no event."),
    ],
)
def test_who_takes_the_triggers_away_is_found_out(
    database: Database, evidence: None, attack: str, finding: str
) -> None:
    with database.engine.connect() as connection:  # never committed: on both systems DDL is rolled back too
        if database.engine.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION refuse_change() CASCADE"))
        else:
            for table in ("audit_entries", "events"):
                connection.execute(text(f"DROP TRIGGER {table}_no_update"))
                connection.execute(text(f"DROP TRIGGER {table}_no_delete"))
        connection.execute(text(attack))
        with Session(connection) as session:
            assert any(finding in fault for fault in audit_faults(session))


@pytest.mark.parametrize(
    "change",
    [
        {"on_hand": -1, "reserved": 0},
        {"on_hand": 0},
        {"reserved": 4},
        {"reserved": -1},
        {"is_physical": False},
    ],
)
def test_a_physical_place_never_owes(database: Database, world: Any, change: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(update(StockBalance.__table__).values(change))


def test_a_balancing_place_may_owe_but_promises_nothing(database: Database, world: Any) -> None:
    def balance(**values: int) -> StockBalance:
        return StockBalance(
            id=UUID(int=60), part_id=world.part, location_id=world.supplier, is_physical=False, **values
        )

    with database.unit_of_work() as uow:
        uow.session.add(balance(on_hand=5, reserved=1))
        with pytest.raises(IntegrityError):
            uow.commit()
    with database.unit_of_work() as uow:
        uow.session.add(balance(on_hand=-5))
        uow.commit()


def test_a_van_can_not_be_declared_a_balancing_place(database: Database, world: Any) -> None:
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(
            update(StockLocation.__table__).where(StockLocation.code == "supplier").values(is_physical=True)
        )


def test_a_move_is_reversed_at_most_once(database: Database, evidence: None, world: Any) -> None:
    def reversal(number: int) -> StockMove:
        return StockMove(
            id=UUID(int=number),
            part_id=world.part,
            quantity=3,
            from_location_id=world.van,
            to_location_id=world.supplier,
            reason=MoveReason.CORRECTION,
            reverses_id=UUID(int=50),
            occurred_at=NOW,
            recorded_at=NOW,
        )

    with database.unit_of_work() as uow:
        uow.session.add(reversal(51))
        uow.commit()
    with database.unit_of_work() as uow:
        uow.session.add(reversal(52))
        with pytest.raises(IntegrityError):
            uow.commit()


def test_a_technician_has_one_started_visit(
    database: Database, world: Any, make_visit: Any, make_assignment: Any
) -> None:
    with database.unit_of_work() as uow:
        uow.session.add_all([make_visit(20), make_visit(21)])
        uow.flush()
        uow.session.add(make_assignment(30, UUID(int=20), VisitState.EN_ROUTE))
        uow.session.add(make_assignment(31, UUID(int=21), VisitState.ACCEPTED))
        uow.commit()
        with pytest.raises(IntegrityError):
            uow.session.connection().execute(text("UPDATE assignments SET state = 'working'"))


def test_a_visit_has_a_technician_once(database: Database, world: Any, make_assignment: Any) -> None:
    given_up = make_assignment(30, world.visit, VisitState.DISPATCHED)
    given_up.ended_at, given_up.end_reason = NOW, "declined"
    with database.unit_of_work() as uow:
        uow.session.add_all([given_up, make_assignment(31, world.visit, VisitState.DISPATCHED)])
        uow.commit()
    with database.unit_of_work() as uow:
        uow.session.add(make_assignment(32, world.visit, VisitState.DISPATCHED))
        with pytest.raises(IntegrityError):
            uow.commit()


def test_a_state_outside_the_list_is_refused_by_python_and_by_the_database(database: Database, world: Any) -> None:
    with pytest.raises(StatementError), database.engine.begin() as connection:
        connection.execute(update(Visit.__table__).values(state="lost"))
    with pytest.raises(DBAPIError), database.engine.begin() as connection:
        connection.execute(text("UPDATE visits SET state = 'lost'"))


def test_references_are_held(database: Database, world: Any) -> None:
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(delete(Team.__table__))
