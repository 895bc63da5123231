"""A transaction changes, numbers and proves all of it, or nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import ChangedMeanwhile, NotFound, StaleVersion
from fieldsvc.domain.roles import Role
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import AuditEntry, Event, Team, Visit
from fieldsvc.persistence.audit import audit_faults
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context

WRITERS, COMMITS = 8, 15


def events(database: Database) -> list[Event]:
    with database.read_only() as session:
        return list(session.scalars(select(Event).order_by(Event.change_no)))


def chain_faults(database: Database) -> list[str]:
    with database.read_only() as session:
        return audit_faults(session)


def test_a_change_has_one_event_and_one_audit_entry(database: Database, world: Any) -> None:
    happened = datetime(2026, 3, 2, 8, tzinfo=UTC)
    dispatcher = Actor(Role.DISPATCHER, user_id=UUID(int=77))
    with database.unit_of_work(Context(dispatcher, happened, on_behalf=True, source="api", request_id="r1")) as uow:
        visit = uow.get(Visit, world.visit, lock=True)
        visit.state = VisitState.PLANNED
        uow.record(visit, "visit_planned", "unscheduled", "planned", reason="apply", data={"run_id": UUID(int=5)})
        uow.commit()
        assert visit.version == 2
    (event,) = events(database)
    assert (event.change_no, event.entity_type, event.entity_id) == (1, "visit", world.visit)
    assert (event.from_state, event.to_state, event.kind) == ("unscheduled", "planned", "visit_planned")
    assert (event.actor_id, event.actor_role, event.on_behalf) == (UUID(int=77), Role.DISPATCHER, True)
    assert (event.occurred_at, event.source, event.request_id) == (happened, "api", "r1")
    assert event.recorded_at > happened
    assert event.data == {"run_id": str(UUID(int=5))}
    with database.read_only() as session:
        (entry,) = session.scalars(select(AuditEntry))
    assert entry.seq == 1
    assert '"fields":["run_id"]' in entry.payload
    assert str(UUID(int=5)) not in entry.payload
    assert chain_faults(database) == []


def test_what_is_not_committed_leaves_nothing(database: Database, world: Any) -> None:
    def fail_after_writing() -> None:
        with database.unit_of_work() as uow:
            visit = uow.get(Visit, world.visit)
            visit.state = VisitState.PLANNED
            uow.record(visit, "visit_planned", "unscheduled", "planned")
            uow.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    with database.unit_of_work() as uow:
        assert uow.get(Visit, world.visit).state is VisitState.UNSCHEDULED
    assert events(database) == []


def test_a_state_change_without_its_event_is_not_committed(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        uow.get(Visit, world.visit).state = VisitState.PLANNED
        with pytest.raises(RuntimeError, match="state changes without their events"):
            uow.commit()
    with database.unit_of_work() as uow:
        assert uow.get(Visit, world.visit).state is VisitState.UNSCHEDULED


def test_several_state_changes_of_one_row_need_an_event_each(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        visit = uow.get(Visit, world.visit)
        visit.state = VisitState.DISPATCHED
        uow.record(visit, "visit_planned", "unscheduled", "planned")
        uow.record(visit, "visit_dispatched", "planned", "dispatched")
        uow.flush()
        visit.state = VisitState.ACCEPTED
        uow.record(visit, "visit_accepted", "dispatched", "accepted")
        uow.commit()
    assert [event.change_no for event in events(database)] == [1, 2, 3]
    assert chain_faults(database) == []


def test_numbers_are_gapless_and_in_commit_order_under_eight_writers(open_database: Any) -> None:
    database = open_database(pool_size=WRITERS + 1)
    done = threading.Event()
    gaps: list[tuple[int, int]] = []

    def write(writer: int) -> None:
        for turn in range(COMMITS):
            with database.unit_of_work() as uow:
                team = Team(id=uow.new_id(), name=f"{writer}/{turn}", zone="UTC")
                uow.session.add(team)
                uow.record(team, "team_founded")
                if turn % 3 == 0:
                    uow.record(team, "team_named")
                if turn % 5 != 4:  # the others are rolled back and must not leave a hole
                    uow.commit()

    def watch() -> int:
        looks = 0
        while not done.is_set():
            with database.read_only() as session:
                count, last = session.execute(select(func.count(), func.max(Event.change_no))).one()
            looks += 1
            if count != (last or 0):
                gaps.append((count, last))
        return looks

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        watcher = pool.submit(watch)
        for writer in [pool.submit(write, writer) for writer in range(WRITERS)]:
            writer.result()
        done.set()
        assert watcher.result() > 0
    assert gaps == []  # a reader never sees a number before all smaller ones
    numbers = [event.change_no for event in events(database)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == WRITERS * (12 + 4)  # 12 of 15 commit; turns 0, 3, 6 and 12 of them say two things
    assert chain_faults(database) == []


def test_the_loser_of_compare_and_set_is_told(database: Database, world: Any) -> None:
    def change_what_was_changed(*, by_query: bool) -> None:
        with database.unit_of_work() as uow:
            visit = uow.get(Visit, world.visit)
            # As if another transaction had committed after this one read.
            uow.session.connection().execute(update(Visit.__table__).values(version=9))
            visit.priority = 1
            if by_query:
                uow.session.scalars(select(Visit)).all()  # flushes first
            uow.commit()

    for by_query in (False, True):
        with pytest.raises(ChangedMeanwhile):
            change_what_was_changed(by_query=by_query)


def test_of_eight_who_read_the_same_version_one_writes(open_database: Any, world: Any) -> None:
    database = open_database(pool_size=WRITERS)
    start = threading.Barrier(WRITERS)

    def claim(writer: int) -> bool:
        start.wait()
        with database.unit_of_work() as uow:
            visit = uow.get(Visit, world.visit, lock=True)
            if visit.state is not VisitState.UNSCHEDULED:
                return False
            visit.state = VisitState.PLANNED
            uow.record(visit, "visit_planned", "unscheduled", "planned", data={"writer": writer})
            uow.commit()
            return True

    with ThreadPoolExecutor(WRITERS) as pool:
        assert sum(pool.map(claim, range(WRITERS))) == 1
    assert len(events(database)) == 1


def test_locking_a_row_keeps_what_was_changed_of_it(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        uow.get(Visit, world.visit).priority = 1
        assert uow.get(Visit, world.visit, lock=True).priority == 1


def test_an_expected_version_is_compared(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        assert uow.get(Visit, world.visit, version=1).number == "V7"
        with pytest.raises(StaleVersion, match="version 1 by now, not 2"):
            uow.get(Visit, world.visit, version=2)
        with pytest.raises(NotFound, match="no visit"):
            uow.get(Visit, UUID(int=404))


def test_a_reader_can_not_write(database: Database, world: Any) -> None:
    with database.read_only() as session, pytest.raises(DBAPIError):
        session.execute(update(Visit.__table__).values(priority=1))
    with database.unit_of_work() as uow:  # and the connection is a writer's again
        uow.get(Visit, world.visit).priority = 1
        uow.commit()


def test_a_reader_sees_one_moment(database: Database, world: Any) -> None:
    with database.read_only() as session:
        assert session.scalar(text("SELECT priority FROM visits")) == 3
        with database.unit_of_work() as uow:
            uow.get(Visit, world.visit).priority = 1
            uow.commit()
        assert session.scalar(text("SELECT priority FROM visits")) == 3


def test_what_has_no_one_form_is_refused_where_it_is_recorded(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        visit = uow.get(Visit, world.visit)
        with pytest.raises(TypeError, match="integer of a unit"):
            uow.record(visit, "visit_checked_in", data={"distance_m": 1.5})
