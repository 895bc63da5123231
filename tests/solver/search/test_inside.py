"""A part of a day as an instance of its own: what is found in it holds in the whole, at the same cost."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from bench.random_days.feasible import feasible_day
from solver.check import violations
from solver.engines.ruin_parts import cut
from solver.problem import CommittedStop, Problem, Receipt
from solver.search.bench import Bench, Tours, tours_of
from solver.search.inside import Inside, inside
from solver.search.leftovers import leftovers
from solver.search.part import Stretch, search_part
from solver.search.reading import instance_of
from solver.search.state import COST
from solver.search.writing import Names
from tests.solver.builders import NORTH, SOUTH, at, job, problem, shift, warehouse

pytestmark = pytest.mark.engine

PAID = {"cost_cents_per_hour": 3_600, "cost_cents_per_km": 100}


def laid(day: Problem, tours: Tours) -> Bench:
    bench = Bench(instance_of(day, is_searched=False), 0)
    bench.lay(tours)
    return bench


def parts_of(bench: Bench, shifts: Sequence[Sequence[int]], jobs: Sequence[Sequence[int]], turn: int) -> list[Inside]:
    shares = leftovers(bench.instance, bench.state, shifts, turn)
    return [inside(bench.instance, *rest) for rest in zip(shifts, jobs, shares, strict=True)]


@pytest.mark.parametrize("seed", range(40))
def test_parts_of_any_day_are_searched_apart_and_hold_together(seed: int) -> None:
    day, _ = feasible_day(Random(seed))
    begin = search_part(instance_of(day), Tours(), Stretch(seed, 0.0, 40, 9_000.0, 900.0, 3)).last
    before = laid(day, begin)
    tours = tours_of(before.instance, before.state)
    parts = cut(before.instance, tours, 2, seed)
    own = parts_of(before, [part.shifts for part in parts], [part.jobs for part in parts], seed)
    whole, gain = tours, 0
    for one in own:
        alone = Bench(one.instance, 0)
        alone.lay(one.tours(tours))
        found = search_part(one.instance, one.tours(tours), Stretch(seed, 0.0, 60, 900.0, 90.0, 3))
        gain += alone.cents - found.best_cents
        whole = one.replaced(whole, found.best)
    after = laid(day, whole)
    assert violations(day, Names(day).plan(after.instance, after.state, after.work)) == ()
    assert tours_of(after.instance, after.state).nodes == whole.nodes
    assert before.cents - after.cents == gain >= 0


@pytest.mark.parametrize("seed", range(12))
def test_a_part_sees_its_own_tours_as_the_whole_does(seed: int) -> None:
    day, _ = feasible_day(Random(seed))
    begin = search_part(instance_of(day), Tours(), Stretch(seed, 0.0, 40, 9_000.0, 900.0, 3)).last
    bench = laid(day, begin)
    tours = tours_of(bench.instance, bench.state)
    for part in cut(bench.instance, tours, 2, seed):
        (own,) = parts_of(bench, [part.shifts], [part.jobs], 0)
        alone = Bench(own.instance, 0)
        alone.lay(own.tours(tours))
        assert own.replaced(tours, tours_of(own.instance, alone.state)) == tours
        assert alone.state.figures[:, COST].tolist() == bench.state.figures[list(part.shifts), COST].tolist()


def test_two_parts_never_get_the_same_unit() -> None:
    jobs = (job("one", NORTH, parts={"pump": 1}), job("two", SOUTH, parts={"pump": 1}))
    stock = {"pump": (Receipt(0, 1),)}
    day = problem(jobs, (shift("ann", **PAID), shift("bob", **PAID)), warehouses=(warehouse(stock=stock),))
    for turn in (0, 1):
        bench = laid(day, Tours())
        ends = [
            search_part(one.instance, Tours(), Stretch(1, 0.0, 20, 900.0, 90.0, 2)).best
            for one in parts_of(bench, [[0], [1]], [[0], [1]], turn)
        ]
        assert [len(end.nodes) for end in ends] == ([1, 0] if turn == 0 else [0, 1])


def test_what_is_left_is_never_more_than_what_stays() -> None:
    stock = {"pump": (Receipt(0, 1), Receipt(36_000, 2))}
    jobs = tuple(job(f"job-{rank}", NORTH, parts={"pump": 1}) for rank in range(3))
    day = problem(jobs, (shift("ann", **PAID), shift("bob", **PAID)), warehouses=(warehouse(stock=stock),))
    bench = laid(day, Tours())
    bench.state.loaded[0, 0], bench.state.loaded_s[0, 0] = 1, 37_000
    rest, own = leftovers(bench.instance, bench.state, [[1], [0]], 0)
    assert rest.rows.tolist() == [[0, 1], [36_000, 1]]
    assert own.rows.tolist() == [[37_000, 1]]
    bench.state.loaded[0, 0], bench.state.loaded_s[0, 0] = 3, 37_000
    (rest,) = leftovers(bench.instance, bench.state, [[1]], 0)
    assert rest.rows.tolist() == []


def test_parts_have_the_near_jobs_of_their_own() -> None:
    day = problem(tuple(job(f"job-{rank}", NORTH) for rank in range(6)), (shift("ann"), shift("bob")))
    bench = laid(day, Tours())
    (own,) = parts_of(bench, [[1]], [[1, 3, 4]], 0)
    assert own.instance.near.shape == (3, 3)
    assert all(sorted(row) == [0, 1, 2] for row in own.instance.near.tolist())
    assert np.array_equal(own.shifts, [1])
    assert all(first <= last for first, last in pairwise(own.instance.technician_first.tolist()))


def test_a_crew_that_has_begun_is_part_of_its_part() -> None:
    begun = (CommittedStop("heavy", at(9)),)
    people = (shift("ann", committed=begun), shift("bob", committed=begun), shift("eve"))
    day = problem((job("heavy", crew_size=2), job("free"), job("far", SOUTH)), people)
    bench = laid(day, Tours())
    tours = tours_of(bench.instance, bench.state)
    for part in cut(bench.instance, tours, 2, 1):
        (own,) = parts_of(bench, [part.shifts], [part.jobs], 0)
        found = search_part(own.instance, own.tours(tours), Stretch(1, 0.0, 20, 900.0, 90.0, 2))
        tours = own.replaced(tours, found.best)
    after = laid(day, tours)
    assert violations(day, Names(day).plan(after.instance, after.state, after.work)) == ()
    assert after.cents < bench.cents
