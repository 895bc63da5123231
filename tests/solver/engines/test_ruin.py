"""The main engine: repeats exactly with an iteration limit, whoever carries the work; never worse than its start."""

from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from solver import engines
from solver.check import violations
from solver.engines import ruin
from solver.engines.base import Incumbent
from solver.engines.ruin import RuinEngine
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem, Receipt, Window
from solver.score import score
from solver.search.warming import warm
from tests.solver.builders import EAST, NORTH, SOUTH, at, job, lunch, problem, shift, warehouse

pytestmark = pytest.mark.engine


def day() -> Problem:
    """More than fits: 30 visits for three, one pump too few."""
    jobs = tuple(
        job(
            f"job-{rank}",
            (NORTH, EAST, SOUTH)[rank % 3],
            1_800 + 300 * (rank % 4),
            windows=(Window(at(8 + rank % 5), at(12 + rank % 5)),) if rank % 2 else (),
            parts={"pump": 1} if rank % 7 == 0 else {},
            unplanned_penalty_cents=5_000 + 700 * rank,
        )
        for rank in range(30)
    )
    costs = {"cost_cents_per_hour": 4_000, "cost_cents_per_km": 50, "breaks": (lunch(),)}
    shifts = tuple(shift(name, **costs) for name in ("ann", "bob", "eve"))
    return problem(jobs, shifts, warehouses=(warehouse(stock={"pump": (Receipt(0, 4),)}),))


def reported(workers: int, executor: Executor | None = None, *, seed: int = 5, start: Plan | None = None) -> list[Plan]:
    found: list[Incumbent] = []
    params = SolveParams(engine="ruin", iteration_limit=600, workers=workers, seed=seed)
    RuinEngine(executor).solve(day(), params, start, found.append, lambda: False)
    assert all(violations(day(), one.plan) == () for one in found)
    return [one.plan for one in found]


def test_the_plan_does_not_depend_on_the_number_of_workers() -> None:
    plans = reported(1)
    assert len(plans) > 1
    assert plans == reported(2) == reported(4)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_any_executor_carries_the_search(kind: str) -> None:
    executor: Executor = (
        ThreadPoolExecutor(2) if kind == "threads" else ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    )
    with executor:
        assert reported(2, executor) == reported(2)


def test_a_start_is_never_made_worse() -> None:
    good = reported(1)[-1]
    assert score(day(), reported(1, start=good, seed=9)[-1]).total_cents <= score(day(), good).total_cents


def test_a_day_searched_in_parts_repeats_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruin, "LEAST_JOBS", 0)
    plans = reported(1)
    assert plans == reported(2)
    assert len(plans) > 1
    assert score(day(), plans[-1]).total_cents < score(day(), plans[0]).total_cents


def test_a_day_searched_in_parts_ends_when_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruin, "LEAST_JOBS", 0)
    found: list[Incumbent] = []
    RuinEngine().solve(day(), SolveParams(engine="ruin", time_limit_s=60), None, found.append, lambda: True)
    assert len(found) == 1


def test_nothing_is_compiled_before_a_solve_where_that_has_been_done() -> None:
    warm()
    assert not engines.prepare("ruin")
    assert not engines.prepare("routing")


def test_it_ends_when_told_to() -> None:
    found: list[Incumbent] = []
    RuinEngine().solve(day(), SolveParams(engine="ruin", time_limit_s=60), None, found.append, lambda: True)
    assert len(found) == 1
