"""The doctor: a sound database has no findings, and every invariant broken behind its back is found."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import OptimizationRun, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services.doctor import examine
from fieldsvc.services.run_claims import claim_run
from fieldsvc.services.runs import RunRequest, request_run
from fieldsvc.services.stock import post_move, special_location
from tests.fieldsvc.cast import build_cast
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import busy_day, planner
from tests.fieldsvc.stage import Stage

V2 = "(SELECT id FROM visits WHERE number = 'V2')"


@pytest.fixture
def world(database: Database) -> DayWorld:
    """Give a day with an applied run, dispatched visits and parts they count on."""
    made = DayWorld(database)
    busy_day(made)
    made.apply(made.propose(plan=planner(Ana="house V1 V2", Bia="V4")), dispatches=True)
    return made


def found(database: Database, **later: float) -> set[str]:
    with database.read_only() as session:
        return names(session, database, **later)


def names(session: OrmSession, database: Database, **later: float) -> set[str]:
    findings = examine(session, database.clock.now() + timedelta(**later))
    assert all(finding.sentence for finding in findings)
    return {finding.invariant for finding in findings}


def found_after(database: Database, *statements: str) -> set[str]:
    """Return what is found once SQL has gone past every trigger and constraint; nothing of it lasts."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    with database.engine.connect() as connection:
        (_disarm_sqlite if is_sqlite else _disarm_postgres)(connection)
        try:
            changed = [connection.exec_driver_sql(statement).rowcount for statement in statements]
            assert changed[-1] > 0
            with OrmSession(connection) as session:
                return names(session, database)
        finally:
            connection.rollback()
            if is_sqlite:
                connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")


def _disarm_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
    for trigger in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {trigger}")


def _disarm_postgres(connection: Connection) -> None:
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    connection.exec_driver_sql("ALTER TABLE stock_balances DROP CONSTRAINT ck_stock_balances_physical")
    connection.exec_driver_sql("ALTER TABLE stock_moves DROP CONSTRAINT uq_stock_moves_reverses_id")


def test_a_sound_database_has_no_findings(world: DayWorld) -> None:
    assert found(world.database) == set()


def test_an_empty_database_has_none(database: Database) -> None:
    assert found(database) == set()


BROKEN = {
    "a balance that the moves do not give": (
        {"S1"},
        ["UPDATE stock_balances SET on_hand = on_hand + 1 WHERE is_physical"],
    ),
    "a move that no balance knows": ({"S1"}, ["UPDATE stock_moves SET quantity = quantity + 1"]),
    "a balance that is gone": ({"S1"}, ["DELETE FROM stock_balances WHERE NOT is_physical"]),
    "balances of units that never moved": ({"S1", "S"}, ["DELETE FROM stock_moves"]),
    "less than nothing": (
        {"S1", "S2"},
        ["UPDATE stock_balances SET on_hand = -1 WHERE is_physical"],
    ),
    "more reserved than there is": (
        {"S2"},
        ["UPDATE stock_balances SET reserved = on_hand + 1 WHERE is_physical"],
    ),
    "units reserved for nobody": (
        {"S2"},
        ["UPDATE stock_balances SET reserved = reserved + 1 WHERE is_physical AND reserved < on_hand"],
    ),
    "a promise of units that no balance knows": (
        {"S1", "S2", "S"},
        ["DELETE FROM stock_balances WHERE reserved > 0"],
    ),
    "a plan that counts on what nobody reserved": (
        {"R", "S2"},
        ["UPDATE reservations SET state = 'released' WHERE is_planned"],
    ),
    "a plan that has reserved what it does not count on": ({"R"}, ["DELETE FROM planned_parts"]),
    "a reservation used up by a move of something else": (
        {"R", "R1", "S2"},
        [
            "UPDATE reservations SET state = 'consumed', move_id = (SELECT id FROM stock_moves ORDER BY id LIMIT 1) "
            "WHERE id = (SELECT id FROM reservations ORDER BY id LIMIT 1)"
        ],
    ),
    "a ticket that is over and has something reserved": (
        {"R2"},
        ["UPDATE tickets SET state = 'closed' WHERE id = (SELECT ticket_id FROM reservations ORDER BY id LIMIT 1)"],
    ),
    "a state change that no table allows": (
        {"V1", "A1"},
        ["UPDATE events SET to_state = 'accepted' WHERE kind = 'visit_dispatched'"],
    ),
    "a technician with two started visits": (
        {"V2"},
        [
            "DROP INDEX uq_assignments_started",
            "UPDATE assignments SET state = 'working'",
            "UPDATE visits SET state = 'working' WHERE state = 'dispatched'",
        ],
    ),
    "a technician at two visits at once": (
        {"P4"},
        [
            "UPDATE assignments SET planned_arrival = (SELECT min(planned_arrival) FROM assignments), "
            "planned_start = (SELECT min(planned_start) FROM assignments), "
            "planned_end = (SELECT max(planned_end) FROM assignments)"
        ],
    ),
    "a published visit that nobody has": (
        {"P5"},
        [f"UPDATE assignments SET ended_at = dispatched_at WHERE visit_id = {V2}"],
    ),
    "an unscheduled visit that somebody has": (
        {"P5"},
        [f"UPDATE visits SET state = 'unscheduled' WHERE id = {V2}"],
    ),
    "an assignment in another state than its visit": (
        {"P5"},
        [f"UPDATE assignments SET state = 'accepted' WHERE visit_id = {V2}"],
    ),
    "a visit without a lead": ({"P5"}, [f"UPDATE assignments SET is_lead = false WHERE visit_id = {V2}"]),
    "a ticket that is not wanted any more, with a visit to come": (
        {"P3"},
        [f"UPDATE tickets SET state = 'cancelled' WHERE id = (SELECT ticket_id FROM visits WHERE id = {V2})"],
    ),
    "a cancelled visit that counts on parts": (
        {"R2", "R", "P5"},
        ["UPDATE visits SET state = 'cancelled' WHERE number = 'V1'"],
    ),
    "an unscheduled visit that counts on parts": (
        {"R2", "R", "P5"},
        ["UPDATE visits SET state = 'unscheduled' WHERE number = 'V1'"],
    ),
    "an applied run without a time": ({"P5"}, ["UPDATE optimization_runs SET applied_at = NULL"]),
    "an applied run that does not say what it did": ({"P5"}, ["UPDATE optimization_runs SET application = NULL"]),
    "an event that was changed": ({"A1"}, ["UPDATE events SET reason = 'other' WHERE kind = 'visit_planned'"]),
    "an audit entry that was changed": ({"A1"}, ["UPDATE audit_entries SET payload = '{}' WHERE seq = 3"]),
    "an event that is gone": ({"A1", "A2"}, ["DELETE FROM events WHERE change_no = 3"]),
    "an audit entry that is gone": ({"A1", "A2"}, ["DELETE FROM audit_entries WHERE seq = 3"]),
    "the newest change that is gone": (
        {"A1"},
        [
            "DELETE FROM events WHERE change_no = (SELECT max(change_no) FROM events)",
            "DELETE FROM audit_entries WHERE seq = (SELECT max(seq) FROM audit_entries)",
        ],
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found(world: DayWorld, what: str) -> None:
    expected, statements = BROKEN[what]
    assert found_after(world.database, *statements) == expected
    assert found(world.database) == set()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_move_reversed_twice(world: DayWorld) -> None:
    """SQLite can't drop the constraint that forbids it, so there it can't be brought about."""
    columns = "part_id, quantity, reason, serial, visit_id, actor_id, occurred_at, recorded_at"
    copies = [
        f"INSERT INTO stock_moves (id, from_location_id, to_location_id, reverses_id, {columns}) "
        f"SELECT '{number:032x}', to_location_id, from_location_id, id, {columns} FROM stock_moves "
        "WHERE id = (SELECT id FROM stock_moves WHERE reverses_id IS NULL ORDER BY id LIMIT 1)"
        for number in (1, 2)
    ]
    assert found_after(world.database, *copies) == {"S1", "S4"}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM diagnoses",
        "DELETE FROM service_reports",
        "DELETE FROM sign_offs",
        "UPDATE visits SET verification_passed = NULL WHERE state = 'completed'",
        "UPDATE visits SET states_no_parts = false WHERE state = 'completed'",
    ],
)
def test_a_completed_visit_with_a_hole_in_its_record(stage: Stage, statement: str) -> None:
    stage.bring_to("completed")
    assert found(stage.database) == set()
    assert found_after(stage.database, statement) == {"V4"}


def test_a_run_whose_worker_is_lost_and_that_nobody_sweeps(world: DayWorld) -> None:
    request = RunRequest(world.team, world.day)
    world.write(lambda uow: request_run(uow, request, max_solve_s=60), world.dispatcher)
    claim = world.write(lambda uow: claim_run(uow, "w1", 20))
    assert world.row(OptimizationRun, claim.run_id).state is RunState.SOLVING
    assert found(world.database) == set()
    assert found(world.database, minutes=4) == set()
    assert found(world.database, minutes=10) == {"runs"}


@pytest.mark.parametrize("state", ["accepted", "en_route", "working", "completed", "incomplete", "unscheduled"])
def test_the_technicians_way_is_sound_at_every_step(stage: Stage, state: str) -> None:
    stage.bring_to(state)
    assert stage.row(Visit, stage.cast.visit).state == VisitState(state)
    assert found(stage.database) == set()


def test_a_serial_in_two_places_is_found(database: Database) -> None:
    stage = Stage(database, build_cast(database))
    cast = stage.cast
    with database.unit_of_work() as uow:
        supplier = special_location(uow, LocationKind.SUPPLIER).id
        post_move(
            uow,
            part_id=cast.serial_part,
            quantity=1,
            from_location_id=supplier,
            to_location_id=cast.warehouse,
            reason=MoveReason.RECEIPT,
            serial="S-1",
        )
        uow.commit()
    with database.read_only() as session:
        found = examine(session, database.clock.now())
    assert [(one.invariant, "S-1" in one.sentence) for one in found] == [("S5", True)]
