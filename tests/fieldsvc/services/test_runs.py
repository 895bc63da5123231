"""Runs from the request to the claim: who may ask, what joins, what waits, and what becomes of a lost worker."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from fieldsvc.dispatching.proposal import Proposal, proposal_of
from fieldsvc.domain.errors import Forbidden, Invalid, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RunState
from fieldsvc.models import OptimizationRun
from fieldsvc.services.run_claims import Claim, claim_run, fail_run, propose, renew_lease, sweep_runs
from fieldsvc.services.runs import RunRequest, cancel_run, discard_run, get_run, list_runs, request_run
from solver.engines.child import Status
from solver.insertion import first_come_plan
from solver.score import score
from solver.solve import Result
from tests.conftest import OpenDatabase
from tests.fieldsvc.day_world import DayWorld, Person
from tests.fieldsvc.services.run_world import assert_sound

LEASE_S = 20


@pytest.fixture
def world(open_database: OpenDatabase) -> DayWorld:
    made = DayWorld(open_database(lock_wait_s=30.0))
    yield made
    assert_sound(made)


@pytest.fixture
def ana(world: DayWorld) -> Person:
    return world.technician("Ana")


def ask(world: DayWorld, *people: Person, by: Any = None, **values: Any) -> tuple[OptimizationRun, bool]:
    named = tuple(one.id for one in people) if people else None
    request = RunRequest(**{"team_id": world.team, "day": world.day, "technicians": named, **values})
    outcome: tuple[OptimizationRun, bool] = world.write(
        lambda uow: request_run(uow, request, max_solve_s=60), by or world.dispatcher
    )
    return outcome


def claim(world: DayWorld, owner: str = "w1") -> Claim | None:
    claimed: Claim | None = world.write(lambda uow: claim_run(uow, owner, LEASE_S))
    return claimed


def claimed(world: DayWorld, owner: str = "w1") -> Claim:
    found = claim(world, owner)
    assert found is not None
    return found


def sweep(world: DayWorld) -> int:
    swept: int = world.write(sweep_runs)
    return swept


def run_of(world: DayWorld, run_id: UUID) -> OptimizationRun:
    run: OptimizationRun = world.row(OptimizationRun, run_id)
    return run


def proposal(world: DayWorld) -> Proposal:
    snapshot = world.snapshot()
    plan = first_come_plan(snapshot.problem)
    result = Result(Status.COMPLETE, plan, score(snapshot.problem, plan), None, 0.1, 1, "test", ())
    return Proposal(snapshot, plan, proposal_of(snapshot, result, plan))


def kinds(world: DayWorld, run_id: UUID) -> list[str]:
    return [one.kind for one in world.events(run_id)]


class TestRequest:
    def test_a_request_is_queued_with_what_it_covers(self, world: DayWorld, ana: Person) -> None:
        bia = world.technician("Bia")
        world.technician("Caio", works=None)
        run, is_joined = ask(world, time_limit_s=7, seed=3)
        assert not is_joined
        assert (run.state, run.day, run.team_id) == (RunState.QUEUED, world.day, world.team)
        assert run.requested_by == world.dispatcher.user_id
        assert {cover.technician_id for cover in run.covers} == {ana.id, bia.id}
        assert (run.params["time_limit_s"], run.params["seed"]) == (7, 3)
        assert kinds(world, run.id) == ["run_requested"]

    def test_every_fault_is_named_at_once(self, world: DayWorld, ana: Person) -> None:
        off = world.technician("Bia", works=None)
        foreign = world.technician("Eva", team=world.add_team("South"))
        unknown = uuid4()
        request = RunRequest(world.team, world.day, (off.id, ana.id, foreign.id, unknown), time_limit_s=61)
        with pytest.raises(Invalid) as refused:
            world.write(lambda uow: request_run(uow, request, max_solve_s=60), world.dispatcher)
        pointers = [fault.pointer for fault in refused.value.faults]
        assert pointers == ["/time_limit_s", "/technicians/0", "/technicians/2", "/technicians/3"]
        assert str(unknown) in refused.value.faults[-1].message

    @pytest.mark.parametrize(("seconds", "is_fine"), [(0, False), (-1, False), (1, True), (60, True), (61, False)])
    def test_the_limit_of_the_limit(self, world: DayWorld, ana: Person, seconds: int, is_fine: bool) -> None:
        if is_fine:
            assert ask(world, time_limit_s=seconds)[0].state is RunState.QUEUED
        else:
            with pytest.raises(Invalid):
                ask(world, time_limit_s=seconds)

    def test_an_identical_unfinished_request_is_joined(self, world: DayWorld, ana: Person) -> None:
        bia = world.technician("Bia")
        first, _ = ask(world, ana, bia)
        second, is_joined = ask(world, bia, ana)
        assert (second.id, is_joined) == (first.id, True)
        claimed(world)
        assert ask(world, ana, bia)[0].id == first.id
        assert kinds(world, first.id) == ["run_requested", "run_claimed"]

    @pytest.mark.parametrize("other", [{"time_limit_s": 11}, {"seed": 2}])
    def test_another_request_is_another_run(self, world: DayWorld, ana: Person, other: dict[str, int]) -> None:
        assert ask(world)[0].id != ask(world, **other)[0].id

    def test_a_finished_run_is_not_joined(self, world: DayWorld, ana: Person) -> None:
        first, _ = ask(world)
        world.write(lambda uow: cancel_run(uow, first.id), world.dispatcher)
        second, is_joined = ask(world)
        assert (second.id != first.id, is_joined) == (True, False)

    def test_eight_at_once_are_one_run(self, world: DayWorld, ana: Person) -> None:
        barrier = threading.Barrier(8)

        def press(_: int) -> UUID:
            barrier.wait()
            return ask(world)[0].id

        with ThreadPoolExecutor(8) as pool:
            runs = set(pool.map(press, range(8)))
        assert len(runs) == 1
        with world.database.read_only() as session:
            assert session.scalar(select(func.count()).select_from(OptimizationRun)) == 1

    def test_who_may_ask(self, world: DayWorld, ana: Person) -> None:
        south = world.add_team("South")
        for role in (Role.AGENT, Role.TECHNICIAN, Role.WAREHOUSE):
            with pytest.raises(Forbidden):
                ask(world, by=world.user(f"one {role}", role))
        with pytest.raises(NotFound):
            ask(world, by=world.user("outsider", Role.DISPATCHER, south))
        with pytest.raises(NotFound):
            ask(world, by=world.user("supervisor", Role.SUPERVISOR), team_id=uuid4())
        assert ask(world, by=world.user("chief", Role.SUPERVISOR, south))[0].state is RunState.QUEUED


class TestReading:
    def test_another_teams_runs_do_not_exist(self, world: DayWorld, ana: Person) -> None:
        outsider = world.user("outsider", Role.DISPATCHER, world.add_team("South"))
        run, _ = ask(world)
        with world.database.read_only() as session:
            assert get_run(session, world.dispatcher, run.id).id == run.id
            with pytest.raises(NotFound):
                get_run(session, outsider, run.id)
            assert list(list_runs(session, outsider, PageRequest(10)).items) == []
            assert [one.id for one in list_runs(session, world.dispatcher, PageRequest(10)).items] == [run.id]
            tomorrow = world.day + timedelta(days=1)
            assert list(list_runs(session, world.dispatcher, PageRequest(10), tomorrow).items) == []
        for change in (cancel_run, discard_run):
            with pytest.raises(NotFound):
                world.write(lambda uow: change(uow, run.id), outsider)  # noqa: B023
        assert run_of(world, run.id).state is RunState.QUEUED

    def test_there_is_no_proposal_before_there_is_one(self, world: DayWorld, ana: Person) -> None:
        run, _ = ask(world)
        with world.database.read_only() as session, pytest.raises(NotFound) as refused:
            get_run(session, world.dispatcher, run.id, with_result=True)
        assert refused.value.code == "no_proposal"


class TestCancel:
    def test_a_queued_run(self, world: DayWorld, ana: Person) -> None:
        run, _ = ask(world)
        cancelled = world.write(lambda uow: cancel_run(uow, run.id), world.dispatcher)
        assert (cancelled.state, cancelled.finished_at) == (RunState.CANCELLED, world.clock.now())
        assert claim(world) is None
        world.write(lambda uow: cancel_run(uow, run.id), world.dispatcher)
        assert kinds(world, run.id) == ["run_requested", "run_cancelled"]

    def test_a_run_being_solved_stores_nothing_any_more(self, world: DayWorld, ana: Person) -> None:
        run, _ = ask(world)
        own = claimed(world)
        world.write(lambda uow: cancel_run(uow, run.id), world.dispatcher)
        assert not world.write(lambda uow: renew_lease(uow, own, LEASE_S, {}))
        assert not world.write(lambda uow: propose(uow, own, proposal(world)))
        assert run_of(world, run.id).state is RunState.CANCELLED
        assert kinds(world, run.id)[-1] == "late_result_superseded"
        with world.database.read_only() as session, pytest.raises(NotFound):
            get_run(session, world.dispatcher, run.id, with_result=True)

    def test_a_finished_run_can_not_be_cancelled(self, world: DayWorld, ana: Person) -> None:
        run_id = world.propose()
        with pytest.raises(TransitionRefused):
            world.write(lambda uow: cancel_run(uow, run_id), world.dispatcher)
        with pytest.raises(StaleVersion):
            world.write(lambda uow: discard_run(uow, run_id, 1), world.dispatcher)
        assert world.write(lambda uow: discard_run(uow, run_id), world.dispatcher).state is RunState.DISCARDED


class TestClaim:
    def test_the_oldest_first(self, world: DayWorld, ana: Person) -> None:
        bia = world.technician("Bia")
        first, _ = ask(world, ana)
        world.clock.pass_by(seconds=1)
        second, _ = ask(world, bia, day=world.day)
        own = claimed(world)
        assert (own.run_id, own.fencing_token) == (first.id, 1)
        assert own.request.technicians == (ana.id,)
        run = run_of(world, first.id)
        assert (run.state, run.lease_owner, run.attempts) == (RunState.SOLVING, "w1", 1)
        assert run.lease_until == world.clock.now() + timedelta(seconds=LEASE_S)
        assert run_of(world, second.id).state is RunState.QUEUED

    def test_nothing_to_do(self, world: DayWorld) -> None:
        assert claim(world) is None

    def test_a_run_that_shares_a_technician_waits_for_the_first(self, world: DayWorld, ana: Person) -> None:
        bia = world.technician("Bia")
        first, _ = ask(world, ana)
        second, _ = ask(world, ana, bia)
        own = claimed(world)
        assert claim(world, "w2") is None
        world.write(lambda uow: propose(uow, own, proposal(world)))
        assert claimed(world, "w2").run_id == second.id
        assert run_of(world, first.id).state is RunState.PROPOSED

    def test_a_run_that_shares_only_unscheduled_visits_waits_too(self, world: DayWorld, ana: Person) -> None:
        bia = world.technician("Bia")
        world.visit("V1")
        ask(world, ana)
        second, _ = ask(world, bia)
        own = claimed(world)
        assert claim(world, "w2") is None
        world.write(lambda uow: fail_run(uow, own, "solve_failed", "no"))
        assert claimed(world, "w2").run_id == second.id

    def test_teams_and_days_that_share_nothing_are_solved_side_by_side(self, world: DayWorld, ana: Person) -> None:
        south = world.add_team("South")
        world.technician("Eva", team=south)
        tomorrow = world.day + timedelta(days=1)
        world.shift(ana.id, (8, 17), tomorrow)
        ask(world)
        ask(world, by=world.user("chief", Role.SUPERVISOR), team_id=south)
        ask(world, day=tomorrow)
        assert len({claimed(world, f"w{number}").run_id for number in range(3)}) == 3
        assert claim(world) is None

    def test_a_technician_on_loan_makes_two_teams_wait_for_each_other(self, world: DayWorld, ana: Person) -> None:
        south = world.add_team("South")
        world.lend(ana, south)
        ask(world)
        ask(world, by=world.user("chief", Role.SUPERVISOR), team_id=south)
        assert claim(world) is not None
        assert claim(world, "w2") is None

    def test_workers_that_claim_at_once_never_get_the_same_run(self, world: DayWorld, ana: Person) -> None:
        for number in range(4):
            day = world.day + timedelta(days=number)
            if number:
                world.shift(ana.id, (8, 17), day)
            ask(world, day=day)
            ask(world, day=day, seed=2)
        barrier = threading.Barrier(6)

        def work(number: int) -> list[UUID]:
            barrier.wait()
            found = []
            while (own := claim(world, f"w{number}")) is not None:
                found.append(own.run_id)
            return found

        with ThreadPoolExecutor(6) as pool:
            runs = [run_id for own in pool.map(work, range(6)) for run_id in own]
        assert len(runs) == len(set(runs)) == 4  # of each day one; its twin has to wait


class TestLease:
    def test_a_heartbeat_renews_it_and_shows_progress(self, world: DayWorld, ana: Person) -> None:
        run, _ = ask(world)
        own = claimed(world)
        world.clock.pass_by(seconds=LEASE_S - 1)
        assert world.write(lambda uow: renew_lease(uow, own, LEASE_S, {"phase": "solving"}))
        world.clock.pass_by(seconds=LEASE_S - 1)
        assert sweep(world) == 0
        assert run_of(world, run.id).progress == {"phase": "solving"}
        assert run_of(world, run.id).state is RunState.SOLVING

    def test_a_lost_worker_costs_one_more_attempt_and_then_the_run(self, world: DayWorld, ana: Person) -> None:
        run, _ = ask(world)
        first = claimed(world)
        world.clock.pass_by(seconds=LEASE_S + 1)
        assert sweep(world) == 1
        queued = run_of(world, run.id)
        assert (queued.state, queued.lease_owner, queued.lease_until) == (RunState.QUEUED, None, None)
        second = claimed(world, "w2")
        assert (second.run_id, second.fencing_token) == (run.id, first.fencing_token + 1)
        world.clock.pass_by(seconds=LEASE_S + 1)
        assert sweep(world) == 1
        failed = run_of(world, run.id)
        assert (failed.state, failed.error["code"], failed.attempts) == (RunState.FAILED, "worker_lost", 2)
        assert failed.finished_at == world.clock.now()
        assert claim(world) is None
        assert kinds(world, run.id) == ["run_requested", "run_claimed", "run_requeued", "run_claimed", "run_failed"]

    def test_a_late_owner_changes_nothing(self, world: DayWorld, ana: Person) -> None:
        world.visit("V1")
        run, _ = ask(world)
        first = claimed(world)
        world.clock.pass_by(seconds=LEASE_S + 1)
        sweep(world)
        second = claimed(world, "w2")
        assert not world.write(lambda uow: renew_lease(uow, first, LEASE_S, {"phase": "late"}))
        assert not world.write(lambda uow: propose(uow, first, proposal(world)))
        assert not world.write(lambda uow: fail_run(uow, first, "late", "late"))
        assert run_of(world, run.id).state is RunState.SOLVING
        assert kinds(world, run.id)[-2:] == ["late_result_superseded"] * 2
        assert world.write(lambda uow: propose(uow, second, proposal(world)))
        assert not world.write(lambda uow: propose(uow, first, proposal(world)))
        assert not world.write(lambda uow: propose(uow, second, proposal(world)))
        assert run_of(world, run.id).state is RunState.PROPOSED

    def test_a_failure_is_kept_with_its_code(self, world: DayWorld, ana: Person) -> None:
        run, _ = ask(world)
        own = claimed(world)
        assert world.write(lambda uow: fail_run(uow, own, "window_inverted", "The window ..."))
        failed = run_of(world, run.id)
        assert (failed.state, failed.error) == (
            RunState.FAILED,
            {"code": "window_inverted", "detail": "The window ..."},
        )

    def test_a_proposal_is_stored_whole(self, world: DayWorld, ana: Person) -> None:
        world.visit("V1")
        run, _ = ask(world)
        own, found = claimed(world), proposal(world)
        world.write(lambda uow: propose(uow, own, found))
        stored = world.row_with_result(run.id)
        assert stored.snapshot_hash == found.snapshot.hash
        assert [one["kind"] for one in stored.result["differences"]] == []
        assert [stop["number"] for stop in stored.result["routes"][0]["stops"]] == ["V1"]
        assert (stored.lease_owner, stored.lease_until, stored.progress) == (None, None, {"phase": "done"})


def test_a_team_with_more_visits_than_a_run_takes_is_told(world: DayWorld, ana: Person) -> None:
    for number in ("V1", "V2", "V3"):
        world.visit(number)
    world.visit("S1", team=world.add_team("South"))  # not of this team, so it does not count
    world.publish("V1", ana, 10)  # published visits count as much as those that wait
    request = RunRequest(world.team, world.day)

    def ask_with_limit(most: int) -> None:
        world.write(lambda uow: request_run(uow, request, max_solve_s=60, max_visits=most), world.dispatcher)

    with pytest.raises(Invalid) as refused:
        ask_with_limit(2)
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [("too_many_visits", "/team_id")]
    with world.database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(OptimizationRun)) == 0
    ask_with_limit(3)
