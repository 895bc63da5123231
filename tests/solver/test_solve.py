"""The one way from a problem to a plan: bad shapes never reach a child, empty days need none, starts are kept."""

from collections.abc import Callable
from dataclasses import replace
from multiprocessing.context import ForkServerProcess
from typing import Any

import numpy as np
import pytest

from solver import codec
from solver.check import violations
from solver.engines.child import Status
from solver.errors import InvalidProblem, UnknownEngine
from solver.insertion import first_come_plan
from solver.params import SolveParams, Weights
from solver.plan import Plan
from solver.problem import Problem, Profile
from solver.reasons import Reason
from solver.score import score
from solver.solve import solve
from tests.solver.builders import EAST, ISLAND, NORTH, PLACES, SOUTH, at, job, lunch, problem, route, shift, stop
from tests.solver.builders import plan as planned

FEW = SolveParams(time_limit_s=20, iteration_limit=20)
"""Repeats exactly: ends long before the time limit."""


def day(**changes: Any) -> Problem:
    jobs = tuple(job(f"job-{rank}", location) for rank, location in enumerate((SOUTH, NORTH, EAST) * 2))
    costs = {"cost_cents_per_hour": 4_000, "cost_cents_per_km": 100, "breaks": (lunch(),)}
    return problem(jobs, (shift("ann", **costs), shift("bob", **costs)), **changes)


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the processes started; they do start."""
    started: list[str] = []
    start = ForkServerProcess.start

    def noted(process: ForkServerProcess) -> None:
        started.append(process.name)
        start(process)

    monkeypatch.setattr(ForkServerProcess, "start", noted)
    return started


def document(change: Callable[[dict[str, Any]], None]) -> Callable[[], Problem]:
    """The day as a document with one thing wrong in it."""

    def read() -> Problem:
        wrong = codec.problem_to_document(day(), packed=False)
        change(wrong)
        return codec.problem_from_document(wrong)

    return read


def cell(value: object) -> Callable[[dict[str, Any]], None]:
    def change(wrong: dict[str, Any]) -> None:
        wrong["profiles"]["car"]["seconds"][0][1] = value

    return change


def with_job(**changes: Any) -> Problem:
    return problem((job(**changes),), (shift(),))


def with_shift(**changes: Any) -> Problem:
    return problem((job(),), (shift(**changes),))


def with_matrix(matrix: Any) -> Problem:
    return day(profiles={"car": Profile(seconds=matrix, metres=matrix)})


SIZE = len(PLACES)
BAD_SHAPES: dict[str, tuple[Callable[[], Problem], str]] = {
    "a start out of range": (lambda: with_shift(start_location=SIZE), "UNKNOWN_LOCATION"),
    "an end out of range": (lambda: with_shift(end_location=-1), "OUT_OF_RANGE"),
    "a job out of range": (lambda: with_job(location=SIZE), "UNKNOWN_LOCATION"),
    "a matrix too small": (lambda: with_matrix(np.zeros((2, 2), np.int32)), "MATRIX_SHAPE"),
    "a matrix that is not square": (lambda: with_matrix(np.zeros((SIZE, 2), np.int32)), "MATRIX_SHAPE"),
    "a matrix of floats": (lambda: with_matrix(np.full((SIZE, SIZE), 0.5)), "MATRIX_TYPE"),
    "a matrix of not-a-numbers": (lambda: with_matrix(np.full((SIZE, SIZE), np.nan)), "MATRIX_TYPE"),
    "a matrix of nothing": (lambda: with_matrix(np.full((SIZE, SIZE), None)), "MATRIX_TYPE"),
    "a matrix beyond 64 bits": (lambda: with_matrix(np.full((SIZE, SIZE), 2**63, np.uint64)), "MATRIX_TYPE"),
    "a float in a row": (document(cell(0.5)), "MATRIX_TYPE"),
    "not a number in a row": (document(cell(float("nan"))), "MATRIX_TYPE"),
    "nothing in a row": (document(cell(None)), "MATRIX_TYPE"),
    "2**63 in a row": (document(cell(2**63)), "MATRIX_RANGE"),
    "a float duration": (lambda: with_job(service_s=0.5), "WRONG_TYPE"),
    "a duration that is not a number": (lambda: with_job(service_s=float("nan")), "NOT_A_NUMBER"),
    "no duration": (lambda: with_job(service_s=None), "WRONG_TYPE"),
    "a duration of 2**63": (lambda: with_job(service_s=2**63), "OUT_OF_RANGE"),
    "a negative duration": (lambda: with_job(service_s=-1), "OUT_OF_RANGE"),
    "a negative demand": (lambda: with_job(parts={"seal": -1}), "OUT_OF_RANGE"),
    "a negative penalty": (lambda: with_job(unplanned_penalty_cents=-1), "OUT_OF_RANGE"),
    "a negative capacity": (lambda: with_shift(max_jobs=-1), "OUT_OF_RANGE"),
    "a float capacity": (lambda: with_shift(max_jobs=1.5), "WRONG_TYPE"),
    "negative van stock": (lambda: day(van_stock={"ann": {"seal": -1}}), "OUT_OF_RANGE"),
    "a profile that is not there": (lambda: with_shift(profile="bicycle"), "UNKNOWN_REFERENCE"),
    "a technician that is not there": (lambda: day(technicians=()), "UNKNOWN_REFERENCE"),
    "no locations": (lambda: problem((job(),), (shift(),), locations=(), profiles={}), "UNKNOWN_LOCATION"),
    "a list for a problem": (list, "WRONG_TYPE"),
}


@pytest.mark.parametrize("shape", BAD_SHAPES)
def test_a_bad_shape_is_refused_and_never_reaches_the_child(shape: str, children: list[str]) -> None:
    make, code = BAD_SHAPES[shape]
    with pytest.raises(InvalidProblem) as refused:
        solve(make(), FEW)
    assert code in {fault.code for fault in refused.value.faults}
    assert children == []


def test_an_unknown_engine_is_refused(children: list[str]) -> None:
    with pytest.raises(UnknownEngine):
        solve(day(), replace(FEW, engine="os:system"))
    assert children == []


@pytest.mark.parametrize(
    "empty", [problem(), problem((job(),)), problem((), (shift(),))], ids=["nothing", "nobody", "nothing to do"]
)
def test_empty_days_need_no_child(empty: Problem, children: list[str]) -> None:
    result = solve(empty, FEW)
    assert result.status is Status.COMPLETE
    assert result.plan.routes == ()
    assert len(result.plan.unplanned) == len(empty.jobs)
    assert children == []


def test_nobody_there_is_the_reason() -> None:
    result = solve(problem((job(),)), FEW)
    assert [cause.reason for left in result.plan.unplanned for cause in left.causes] == [Reason.NO_TECHNICIAN]


@pytest.mark.engine
def test_a_day_is_planned_better_than_first_come(children: list[str]) -> None:
    result = solve(day(), FEW)
    assert children == ["solver-engine"]
    assert violations(day(), result.plan) == ()
    assert result.score.total_cents < score(day(), first_come_plan(day())).total_cents
    assert [cost for _, cost in result.incumbents] == sorted((cost for _, cost in result.incumbents), reverse=True)
    assert result.incumbents[-1][1] == result.score.total_cents


@pytest.mark.engine
def test_a_day_that_nobody_can_do_is_all_unplanned() -> None:
    island = problem((job("far", ISLAND), job("skilled", skills={"gas": 1})), (shift(),))
    result = solve(island, FEW)
    assert {left.job for left in result.plan.unplanned} == {"far", "skilled"}
    assert all(left.causes for left in result.plan.unplanned)


@pytest.mark.engine
def test_a_good_start_is_never_made_worse() -> None:
    best = solve(day(), FEW)
    again = solve(day(), replace(FEW, iteration_limit=1, seed=2), start=best.plan)
    assert again.score.total_cents <= best.score.total_cents
    assert again.incumbents[0][1] == best.score.total_cents


@pytest.mark.engine
def test_a_start_with_violations_is_repaired_and_noted() -> None:
    first, second = day().jobs[1], day().jobs[2]
    too_early = planned(route(day().shifts[0], stop(first, at(8, 10)), stop(second, at(3))))
    result = solve(day(), FEW, start=too_early)
    assert violations(day(), result.plan) == ()
    assert "the start was refused" in result.notes[0]


@pytest.mark.engine
def test_a_start_about_another_problem_is_put_aside() -> None:
    start = Plan("elsewhere", routes=(route(shift("stranger"), stop(job("unheard"), at(9))),))
    result = solve(day(), FEW, start=start)
    assert violations(day(), result.plan) == ()


@pytest.mark.engine
def test_the_same_seed_gives_the_same_plan() -> None:
    dear = day(weights=Weights(travel_cents_per_hour=100))
    assert solve(dear, FEW).plan == solve(dear, FEW).plan
