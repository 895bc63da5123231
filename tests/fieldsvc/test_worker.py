"""The worker as a process: what is left of a run when the worker or its solver is killed, stopped or late."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from fieldsvc.domain.run_states import RunState
from fieldsvc.services.applications import ApplyOptions, apply_run
from fieldsvc.services.doctor import examine
from fieldsvc.services.runs import cancel_run
from tests.fieldsvc.worker_processes import FINAL, SHORT_LEASE_S, Company, until

pytestmark = [pytest.mark.engine, pytest.mark.server]
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def company(database_url: str, tmp_path: Path) -> Iterator[Company]:
    made = Company(database_url, tmp_path)
    try:
        yield made
        with made.database.read_only() as session:
            assert examine(session, made.database.clock.now()) == []
    finally:
        made.dismiss()


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_worker_proposes_what_it_is_asked_for(company: Company) -> None:
    company.hire()
    run = company.end_of(company.ask(time_limit_s=1))
    assert (run.state, run.attempts) == (RunState.PROPOSED, 1)
    result = company.world.row_with_result(run.id).result
    assert result["unplanned"] == []
    assert sum(stop["kind"] == "job" for route in result["routes"] for stop in route["stops"]) == 12
    applied = company.world.write(lambda uow: apply_run(uow, run.id, ApplyOptions()), company.world.dispatcher)
    assert applied.state is RunState.APPLIED


@only_sqlite
def test_the_solver_is_killed(company: Company) -> None:
    worker = company.hire()
    run_id = company.ask(time_limit_s=20)
    company.solver_of(worker).kill()
    run = company.end_of(run_id)
    assert (run.state, run.attempts) == (RunState.PROPOSED, 1)
    result = company.world.row_with_result(run_id).result
    assert result["status"] == "child_killed"
    assert result["unplanned"] == []
    assert company.end_of(company.ask(time_limit_s=1)).state is RunState.PROPOSED
    assert worker.is_running()


def test_the_worker_is_killed_and_another_finishes(company: Company) -> None:
    worker = company.hire(SHORT_LEASE_S)
    run_id = company.ask(time_limit_s=4)
    solver = company.solver_of(worker)
    worker.kill()
    until(lambda: is_gone(solver), "the solver to end with its worker")
    company.hire()
    run = company.end_of(run_id)
    assert (run.state, run.attempts, run.fencing_token) == (RunState.PROPOSED, 2, 2)
    kinds = [one.kind for one in company.world.events(run_id)]
    assert kinds == ["run_requested", "run_claimed", "run_requeued", "run_claimed", "run_proposed"]


@only_sqlite
def test_a_run_that_costs_two_workers_fails(company: Company) -> None:
    run_id = company.ask(time_limit_s=20)
    for attempt in (1, 2):
        worker = company.hire(SHORT_LEASE_S)
        company.solver_of(worker)
        assert company.run(run_id).attempts == attempt
        worker.kill()
    company.hire()
    run = company.end_of(run_id)
    assert (run.state, run.error["code"], run.attempts) == (RunState.FAILED, "worker_lost", 2)


@only_sqlite
def test_a_worker_that_stood_still_comes_too_late(company: Company) -> None:
    worker = company.hire(SHORT_LEASE_S)
    run_id = company.ask(time_limit_s=3)
    company.solver_of(worker)
    worker.send_signal(signal.SIGSTOP)
    company.hire()
    run = company.end_of(run_id)
    assert (run.state, run.fencing_token) == (RunState.PROPOSED, 2)
    first = company.world.row_with_result(run_id).result
    worker.send_signal(signal.SIGCONT)
    events = until(
        lambda: [one for one in company.world.events(run_id) if one.kind == "late_result_superseded"],
        "the late result",
    )
    assert events[0].data == {"fencing_token": 1, "newer": 2}
    assert company.run(run_id).state is RunState.PROPOSED
    assert company.world.row_with_result(run_id).result == first


@only_sqlite
def test_a_cancelled_run_is_no_longer_solved(company: Company) -> None:
    worker = company.hire()
    run_id = company.ask(time_limit_s=30)
    solver = company.solver_of(worker)
    company.world.write(lambda uow: cancel_run(uow, run_id), company.world.dispatcher)
    until(lambda: is_gone(solver), "the solver to end")
    assert company.end_of(company.ask(time_limit_s=1)).state is RunState.PROPOSED
    assert company.run(run_id).state is RunState.CANCELLED


def test_eight_dispatchers_at_once(company: Company) -> None:
    company.hire()
    company.hire()
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda seed: company.ask(time_limit_s=1, seed=seed), range(8)))
    assert len(set(runs)) == 8
    ends = [company.end_of(run_id) for run_id in runs]
    assert [run.state for run in ends] == [RunState.PROPOSED] * 8
    assert {run.attempts for run in ends} == {1}
    with ThreadPoolExecutor(8) as pool:
        applied = pool.map(
            lambda run_id: company.world.write(
                lambda uow: apply_run(uow, run_id, ApplyOptions(dispatches=True)), company.world.dispatcher
            ),
            runs,
        )
        states = [run.state for run in applied]
    assert set(states) <= FINAL
    assert states.count(RunState.APPLIED) == 1


@only_sqlite
def test_a_worker_that_is_told_to_stop_hands_in_what_it_has(company: Company) -> None:
    worker = company.hire()
    run_id = company.ask(time_limit_s=30)
    solver = company.solver_of(worker)
    worker.terminate()
    assert worker.wait(20) == 0
    assert is_gone(solver)
    run = company.run(run_id)
    assert (run.state, run.attempts) == (RunState.PROPOSED, 1)
    assert company.world.row_with_result(run_id).result["status"] == "stopped"


@only_sqlite
def test_a_worker_with_nothing_to_do_stops_too(company: Company) -> None:
    worker = company.hire()
    run_id = company.ask(time_limit_s=1)
    company.end_of(run_id)
    worker.terminate()
    assert worker.wait(20) == 0
