"""A large day in parts: all is in exactly one of them, and what hangs together is not torn."""

import pytest

from solver.engines.ruin_parts import cut
from solver.problem import Predecessor, Problem
from solver.search.bench import Tours
from solver.search.part import Stretch, search_part
from solver.search.reading import instance_of
from tests.solver.builders import EAST, NORTH, SOUTH, job, problem, shift

pytestmark = pytest.mark.engine

PAID = {"cost_cents_per_hour": 3_600, "cost_cents_per_km": 100}
PEOPLE = tuple(shift(name, **PAID) for name in ("ann", "bob", "eve", "dan"))


def crowd() -> Problem:
    return problem(tuple(job(f"job-{rank}", (NORTH, EAST, SOUTH)[rank % 3], 1_800) for rank in range(40)), PEOPLE)


def searched(day: Problem) -> Tours:
    return search_part(instance_of(day), Tours(), Stretch(3, 0.0, 300, 900.0, 9.0, 5)).best


@pytest.mark.parametrize("seed", range(5))
def test_every_shift_and_every_job_is_in_one_part(seed: int) -> None:
    day = crowd()
    tours = searched(day)
    parts = cut(instance_of(day), tours, 2, seed)
    assert len(parts) == 2
    assert sorted(number for part in parts for number in part.shifts) == [0, 1, 2, 3]
    assert sorted(number for part in parts for number in part.jobs) == list(range(40))
    assert all(node in part.jobs for part in parts for number in part.shifts for node in tours.nodes.get(number, ()))
    assert min(len(part.jobs) for part in parts) >= 10


def test_a_day_without_tours_is_cut_too() -> None:
    parts = cut(instance_of(crowd()), Tours(), 2, 1)
    assert sorted(number for part in parts for number in part.jobs) == list(range(40))


def test_tours_and_jobs_that_wait_for_each_other_stay_together() -> None:
    jobs = (
        job("first", NORTH, required_technicians=frozenset({"ann"})),
        job("second", SOUTH, required_technicians=frozenset({"dan"}), predecessors=(Predecessor("first"),)),
        job("never", EAST, 900_000, predecessors=(Predecessor("second"),)),
        *(job(f"job-{rank}", EAST) for rank in range(9)),
    )
    day = problem(jobs, PEOPLE)
    tours = searched(day)
    assert {0, 3} <= set(tours.nodes)
    for seed in range(10):
        parts = cut(instance_of(day), tours, 2, seed)
        assert any({0, 3} <= set(part.shifts) and {0, 1, 2} <= set(part.jobs) for part in parts)


def test_a_locked_order_is_never_torn() -> None:
    jobs = tuple(job(f"job-{rank}", (NORTH, EAST, SOUTH)[rank % 3]) for rank in range(12))
    day = problem(jobs, PEOPLE, sequences=(("job-0", "job-1", "job-2"),))
    for seed in range(5):
        assert any({0, 1, 2} <= set(part.jobs) for part in cut(instance_of(day), Tours(), 2, seed))
