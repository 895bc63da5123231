"""A large day in parts: all is in exactly one of them, what hangs together is not torn, and nothing gets lost."""

from random import Random

import pytest

from bench.random_days.feasible import feasible_day
from solver.check import violations
from solver.engines.ruin_parts import cut, merged
from solver.problem import Predecessor, Problem, Receipt
from solver.search.part import Bench, Stretch, Tours, search_part
from solver.search.reading import instance_of
from solver.search.writing import Names
from tests.solver.builders import EAST, NORTH, SOUTH, job, problem, shift, warehouse

pytestmark = pytest.mark.engine

PAID = {"cost_cents_per_hour": 3_600, "cost_cents_per_km": 100}


def crowd(**changes: object) -> Problem:
    jobs = tuple(job(f"job-{rank}", (NORTH, EAST, SOUTH)[rank % 3], 1_800, **changes) for rank in range(40))
    return problem(jobs, tuple(shift(name, **PAID) for name in ("ann", "bob", "eve", "dan")))


def searched(day: Problem, tours: Tours, **extent: tuple[int, ...]) -> Tours:
    return search_part(instance_of(day), tours, Stretch(3, 0.0, 300, 900.0, 9.0, 5, **extent)).best


@pytest.mark.parametrize("seed", range(5))
def test_every_shift_and_every_open_job_is_in_one_part(seed: int) -> None:
    day = crowd()
    tours = searched(day, Tours())
    parts = cut(instance_of(day), tours, 2, seed)
    assert sorted(number for part in parts for number in part.shifts) == [0, 1, 2, 3]
    assert sorted(number for part in parts for number in part.jobs) == list(range(40))
    assert all(node in part.jobs for part in parts for number in part.shifts for node in tours.nodes.get(number, ()))


def test_tours_that_wait_for_each_other_stay_together() -> None:
    first = job("first", NORTH, required_technicians=frozenset({"ann"}))
    second = job("second", SOUTH, required_technicians=frozenset({"dan"}), predecessors=(Predecessor("first"),))
    day = problem((first, second), tuple(shift(name, **PAID) for name in ("ann", "bob", "eve", "dan")))
    tours = searched(day, Tours())
    assert set(tours.nodes) == {0, 3}
    for seed in range(10):
        assert any({0, 3} <= set(part.shifts) for part in cut(instance_of(day), tours, 2, seed))


@pytest.mark.parametrize("seed", [0, 4, 5, 9, 14, 20, 33, 37, 40, 47])
def test_parts_leave_alone_what_is_not_theirs_and_merge_into_what_holds(seed: int) -> None:
    day, _ = feasible_day(Random(seed))
    instance = instance_of(day)
    start = searched(day, Tours())
    parts = cut(instance, start, 2, seed)
    ends = [searched(day, start, shifts=part.shifts, jobs=part.jobs) for part in parts]
    for part, end in zip(parts, ends, strict=True):
        elsewhere = set(range(len(day.shifts))).difference(part.shifts)
        assert {number: end.nodes.get(number) for number in elsewhere} == {
            number: start.nodes.get(number) for number in elsewhere
        }
    before, after = Bench(instance, 0), Bench(instance, 0)
    before.lay(start)
    tours, cents = merged(instance, start, parts, ends)
    after.lay(tours)
    assert after.cents == cents <= before.cents
    assert violations(day, Names(day).plan(instance, after.state, after.work)) == ()


def test_parts_that_take_the_same_last_unit_do_not_both_get_it() -> None:
    jobs = (job("one", NORTH, parts={"pump": 1}), job("two", SOUTH, parts={"pump": 1}))
    day = problem(
        jobs, (shift("ann", **PAID), shift("bob", **PAID)), warehouses=(warehouse(stock={"pump": (Receipt(0, 1),)}),)
    )
    instance = instance_of(day)
    parts = cut(instance, Tours(), 2, 1)
    ends = [searched(day, Tours(), shifts=(number,), jobs=(number,)) for number in (0, 1)]
    assert [len(end.nodes) for end in ends] == [1, 1]
    tours, _ = merged(instance, Tours(), [*sorted(parts, key=lambda part: part.shifts)], ends)
    assert len(tours.nodes) == 1
