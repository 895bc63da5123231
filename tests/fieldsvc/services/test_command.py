"""A key has one effect and one answer, however often and however simultaneously it is used."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Busy, Conflict, IdempotencyKeyReused, Invalid, StillRunning
from fieldsvc.domain.roles import Role
from fieldsvc.models import Event, IdempotencyKey, Team
from fieldsvc.persistence.audit import audit_faults
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.command import Answer, Command, execute

ACTOR = Actor(Role.ADMIN, user_id=UUID(int=7))
KEYED = Command(ACTOR, "POST /teams", key="k1", body_hash="a" * 64)


def found_team(uow: UnitOfWork) -> Team:
    team = Team(id=uow.new_id(), name=f"team {uuid4()}", zone="Asia/Shanghai")
    uow.session.add(team)
    uow.record(team, "team_founded")
    return team


def render(team: Team) -> Answer:
    return Answer(201, f'{{"id": "{team.id}"}}', {"ETag": f'"{team.version}"'})


def count(database: Database, model: type) -> int:
    with database.read_only() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_ten_in_turn_have_one_effect_and_one_answer(database: Database) -> None:
    answers = [execute(database, KEYED, found_team, render) for _ in range(10)]
    assert {(answer.status, answer.body, answer.headers["ETag"]) for answer in answers} == {
        (201, answers[0].body, '"1"')
    }
    assert [answer.is_replayed for answer in answers] == [False] + [True] * 9
    assert (count(database, Team), count(database, Event)) == (1, 1)


def test_thirty_two_at_once_have_one_effect_and_one_answer(open_database) -> None:
    database = open_database(pool_size=32)
    start = threading.Barrier(32)

    def ask(_: int) -> str:
        start.wait()
        try:
            return execute(database, KEYED, found_team, render).body
        except (StillRunning, Busy):
            return "still running"

    with ThreadPoolExecutor(32) as pool:
        answers = set(pool.map(ask, range(32)))
    assert len(answers - {"still running"}) == 1
    assert (count(database, Team), count(database, Event)) == (1, 1)
    with database.read_only() as session:
        assert audit_faults(session) == []


def test_another_body_or_route_under_the_same_key_is_refused(database: Database) -> None:
    execute(database, KEYED, found_team, render)
    for other in (
        Command(ACTOR, "POST /teams", key="k1", body_hash="b" * 64),
        Command(ACTOR, "POST /users", key="k1", body_hash="a" * 64),
    ):
        with pytest.raises(IdempotencyKeyReused):
            execute(database, other, found_team, render)
    assert count(database, Team) == 1


def test_keys_of_different_actors_are_different_keys(database: Database) -> None:
    execute(database, KEYED, found_team, render)
    stranger = Command(Actor(Role.ADMIN, user_id=UUID(int=8)), "POST /teams", key="k1", body_hash="a" * 64)
    assert not execute(database, stranger, found_team, render).is_replayed
    assert count(database, Team) == 2


def test_a_refusal_is_not_stored_and_the_key_is_free_again(database: Database) -> None:
    def refuse(uow: UnitOfWork) -> Team:
        found_team(uow)
        raise Invalid("no")

    with pytest.raises(Invalid):
        execute(database, KEYED, refuse, render)
    assert (count(database, Team), count(database, IdempotencyKey)) == (0, 0)
    assert not execute(database, KEYED, found_team, render).is_replayed


def test_the_second_caller_learns_that_the_first_is_still_running(open_database) -> None:
    database, impatient = open_database(), open_database(lock_wait_s=0.05)
    # SQLite can't tell whose writing it waits for.
    told = StillRunning if database.engine.dialect.name == "postgresql" else Busy

    def ask_meanwhile(uow: UnitOfWork) -> Team:
        with pytest.raises(told):
            execute(impatient, KEYED, found_team, render)
        return found_team(uow)

    assert execute(database, KEYED, ask_meanwhile, render).status == 201
    assert count(database, Team) == 1


def test_a_lock_not_had_in_time_says_when_to_try_again(open_database) -> None:
    database, impatient = open_database(), open_database(lock_wait_s=0.05)
    unkeyed = Command(ACTOR, "PATCH /teams")
    team_id = UUID(execute(database, unkeyed, found_team, render).body[8:44])

    def rename(uow: UnitOfWork) -> Team:
        team = uow.get(Team, team_id, lock=True)
        team.name += "!"
        return team

    def ask_meanwhile(uow: UnitOfWork) -> Team:
        team = rename(uow)
        uow.flush()
        with pytest.raises(Busy) as refused:
            execute(impatient, unkeyed, rename, render)
        assert refused.value.retry_after_s == 1
        return team

    assert execute(database, unkeyed, ask_meanwhile, render).headers["ETag"] == '"2"'


def test_a_key_of_ones_own_is_not_called_running_for_another_writer(open_database) -> None:
    database, impatient = open_database(), open_database(lock_wait_s=0.05)
    fresh = Command(ACTOR, "POST /teams", key="k2", body_hash="a" * 64)

    def ask_meanwhile(uow: UnitOfWork) -> Team:
        team = found_team(uow)
        uow.flush()
        with contextlib.suppress(Busy):  # PostgreSQL has room for both until they number their events
            execute(impatient, fresh, found_team, render)
        return team

    assert execute(database, KEYED, ask_meanwhile, render).status == 201


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_deadlock_each_time_says_when_to_try_again(database: Database) -> None:
    attempts = []

    def meet_a_deadlock(uow: UnitOfWork) -> Team:
        attempts.append(uow)
        uow.session.execute(text("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"))
        return found_team(uow)

    with pytest.raises(Busy) as refused:
        execute(database, KEYED, meet_a_deadlock, render)
    assert (refused.value.retry_after_s, len(attempts) > 1) == (1, True)
    assert count(database, Team) == 0


def test_a_lost_race_is_run_again_from_the_start(database: Database) -> None:
    unkeyed = Command(ACTOR, "PATCH /teams")
    team_id = UUID(execute(database, unkeyed, found_team, render).body[8:44])
    seen = []

    def rename(uow: UnitOfWork) -> Team:
        team = uow.get(Team, team_id)
        seen.append(team.version)
        if len(seen) == 1:
            # Somebody else was faster, which this transaction's memory does not know.
            uow.session.connection().exec_driver_sql("UPDATE teams SET version = version + 1")
        team.name = "renamed"
        return team

    assert execute(database, unkeyed, rename, render).headers["ETag"] == '"2"'
    assert seen == [1, 1]  # the other change stood in the same transaction and was rolled back with it


def test_a_broken_unique_constraint_is_a_conflict(database: Database) -> None:
    def found_twice(uow: UnitOfWork) -> Team:
        team, twin = found_team(uow), found_team(uow)
        twin.name = team.name
        return team

    with pytest.raises(Conflict):
        execute(database, KEYED, found_twice, render)
    assert count(database, Team) == 0


def test_a_key_without_the_hash_of_its_body_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="hash of the body"):
        Command(ACTOR, "POST /teams", key="k1")
