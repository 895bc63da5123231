"""The search on random days with every rule: what it finds holds, costs what it says, and comes out the same again."""

import pickle
from collections.abc import Set
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.random_days.feasible import feasible_day
from bench.stock_days import stock_day
from solver.check import violations
from solver.plan import Plan, StopKind
from solver.problem import Problem
from solver.score import score
from solver.search.bench import Bench, Tours
from solver.search.instance import Instance
from solver.search.part import Found, Stretch, search_part
from solver.search.reading import instance_of
from solver.search.writing import Names

pytestmark = pytest.mark.engine

SEEDS = st.integers(0, 2**32)


def stretch(steps: int = 60) -> Stretch:
    return Stretch(seed=7, seconds=0.0, steps=steps, hot=500.0, cold=5.0, size=4)


def written(problem: Problem, instance: Instance, tours: Tours) -> tuple[Plan, int]:
    """The plan that tours mean, and its cents as the search counts them."""
    bench = Bench(instance, 0)
    bench.lay(tours)
    return Names(problem).plan(instance, bench.state, bench.work), bench.cents


def searched(seed: int, *, from_start: bool, steps: int = 60) -> tuple[Problem, Plan, Found, Plan, int]:
    problem, start = feasible_day(Random(seed))
    instance = instance_of(problem)
    found = search_part(instance, Names(problem).tours(start) if from_start else Tours(), stretch(steps))
    plan, cents = written(problem, instance, found.best)
    return problem, start, found, plan, cents


@settings(max_examples=120, deadline=None)
@given(SEEDS, st.booleans())
def test_what_is_found_holds_and_costs_what_it_says(seed: int, from_start: bool) -> None:
    problem, _, found, plan, cents = searched(seed, from_start=from_start)
    assert violations(problem, plan) == ()
    assert cents == found.best_cents
    if all(job.crew_size == 1 for job in problem.jobs):  # of a crew, the least qualified member counts
        assert score(problem, plan).total_cents == cents


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_what_a_search_ends_with_is_laid_anew_whole(seed: int) -> None:
    problem, _ = feasible_day(Random(seed))
    instance = instance_of(problem)
    found = search_part(instance, Tours(), Stretch(seed % 1_000, 0.0, 80, 20_000.0, 10_000.0, 4))
    assert written(problem, instance, found.last)[1] == found.last_cents


def test_no_unit_is_lost_where_stock_is_short() -> None:
    problem = stock_day(60, seed=2, scarcity=0.3)
    instance = instance_of(problem)
    for seed in range(3):
        found = search_part(instance, Tours(), Stretch(seed, 0.0, 400, 5_000.0, 5_000.0, 10))
        plan, cents = written(problem, instance, found.last)
        assert cents == found.last_cents == score(problem, plan).total_cents
        assert violations(problem, plan) == ()


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_tours_survive_being_laid_anew(seed: int) -> None:
    problem, start, _, _, _ = searched(seed, from_start=True, steps=1)
    instance = instance_of(problem)
    plan, cents = written(problem, instance, Names(problem).tours(start))
    again, cents_again = written(problem, instance, Names(problem).tours(plan))
    assert cents_again <= cents
    assert violations(problem, again) == ()


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_what_is_held_stays_where_it_stands(seed: int) -> None:
    problem, start = feasible_day(Random(seed))
    instance = instance_of(problem)
    laid, _ = written(problem, instance, Names(problem).tours(start))
    plan, _ = written(problem, instance, search_part(instance, Names(problem).tours(start), stretch()).best)
    held = {job.id for index, job in enumerate(problem.jobs) if instance.nodes["is_held"][index]}
    before, after = _shifts(laid, held), _shifts(plan, held)
    assert {job: after.get(job) for job in before} == before
    begun = problem.committed_jobs
    assert _shifts(start, begun) == _shifts(plan, begun)
    assert _starts(laid, begun) == _starts(plan, begun)


def _shifts(plan: Plan, jobs: Set[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for route in plan.routes:
        for job in jobs.intersection(route.jobs):
            found.setdefault(job, set()).add(route.shift)
    return found


def _starts(plan: Plan, jobs: frozenset[str]) -> dict[str, int]:
    stops = (stop for route in plan.routes for stop in route.stops if stop.kind is StopKind.JOB)
    return {stop.id: stop.start_s for stop in stops if stop.id in jobs}


def test_the_same_stretch_gives_the_same_in_another_process() -> None:
    problem, start = feasible_day(Random(3))
    instance, tours = instance_of(problem), Names(problem).tours(start)
    here = search_part(instance, tours, stretch())
    again = search_part(pickle.loads(pickle.dumps(instance)), tours, stretch())
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        there = executor.submit(search_part, instance, tours, stretch()).result()
    assert here == again == there


def test_other_seeds_search_elsewhere() -> None:
    problem, _ = feasible_day(Random(40))
    instance = instance_of(problem)
    ends = {search_part(instance, Tours(), Stretch(seed, 0.0, 3, 9e5, 9e5, 4)).last_cents for seed in range(10)}
    assert len(ends) > 1
