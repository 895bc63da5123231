"""What may not move is noticed when it moves, without asking the checker."""

import pytest

from bench.held import dropped, moved, whereabouts
from solver.plan import Plan
from solver.problem import CommittedStop, Job, Lock, Previous, Problem, Window
from tests.solver.builders import EAST, NORTH, at, job, left_out, plan, problem, route, shift, stop

TEN = at(10)


def planned(one: Job, start_s: int = TEN, on: str = "ann", **changes: object) -> tuple[Problem, Plan]:
    shifts = (shift("ann"), shift("bob"))
    return problem((one,), shifts, **changes), plan(
        route(next(each for each in shifts if each.technician == on), stop(one, start_s))
    )


LOCKS = {
    "technician": Lock(shifts=("ann-0",)),
    "second": Lock(start_s=TEN),
    "both": Lock(shifts=("ann-0",), start_s=TEN),
    "range": Lock(start_range=Window(TEN, TEN + 60)),
}


@pytest.mark.parametrize("kind", LOCKS)
def test_a_locked_job_stands_where_its_lock_says(kind: str) -> None:
    assert moved(*planned(job(lock=LOCKS[kind]))) == []


@pytest.mark.parametrize(
    ("kind", "start_s", "on"),
    [
        ("technician", TEN, "bob"),
        ("second", TEN + 1, "ann"),
        ("both", TEN - 1, "ann"),
        ("both", TEN, "bob"),
        ("range", TEN - 1, "ann"),
        ("range", TEN + 61, "ann"),
    ],
)
def test_a_locked_job_that_moved_is_noticed(kind: str, start_s: int, on: str) -> None:
    (sentence,) = moved(*planned(job(lock=LOCKS[kind]), start_s, on))
    assert sentence.startswith("job is locked, but")


@pytest.mark.parametrize(("start_s", "on"), [(TEN + 1, "ann"), (TEN, "bob"), (at(12), "ann")])
def test_a_frozen_job_that_moved_is_noticed(start_s: int, on: str) -> None:
    frozen = job(previous=Previous(("ann-0",), TEN))
    assert moved(*planned(frozen, freeze_until_s=at(11))) == []
    assert len(moved(*planned(frozen, start_s, on, freeze_until_s=at(11)))) == 1
    assert moved(*planned(frozen, start_s, on, freeze_until_s=TEN)) == []


def test_what_is_new_before_the_freeze_is_noticed() -> None:
    assert len(moved(*planned(job(), at(11) - 1, freeze_until_s=at(11)))) == 1
    assert moved(*planned(job(), at(11), freeze_until_s=at(11))) == []


def begun(*stops: CommittedStop) -> Problem:
    jobs = (job("one", NORTH), job("two", EAST))
    return problem(jobs, (shift("ann", committed=stops), shift("bob")))


def test_what_has_begun_comes_first_at_its_second() -> None:
    day = begun(CommittedStop("one", at(9)), CommittedStop("two"))
    ann, bob = day.shifts
    one, two = day.jobs
    assert moved(day, plan(route(ann, stop(one, at(9)), stop(two, at(11))))) == []
    assert len(moved(day, plan(route(ann, stop(one, at(9, 1)), stop(two, at(11)))))) == 1
    assert len(moved(day, plan(route(ann, stop(two, at(9)), stop(one, at(11)))))) == 1
    assert len(moved(day, plan(route(ann, stop(one, at(9)))))) == 1
    assert len(moved(day, plan())) == 1
    elsewhere = plan(route(ann, stop(one, at(9)), stop(two, at(11))), route(bob, stop(one, at(9))))
    assert moved(day, elsewhere) == ["one stands on bob-0 though it has begun elsewhere"]


@pytest.mark.parametrize(("first", "second", "count"), [("one", "two", 0), ("two", "one", 1)])
def test_a_sequence_keeps_its_order(first: str, second: str, count: int) -> None:
    jobs = {name: job(name) for name in ("one", "two")}
    ann, bob = shift("ann"), shift("bob")
    day = problem(tuple(jobs.values()), (ann, bob), sequences=(("one", "two"),))
    assert len(moved(day, plan(route(ann, stop(jobs[first], at(9)), stop(jobs[second], at(11)))))) == count
    apart = plan(route(ann, stop(jobs[first], at(9))), route(bob, stop(jobs[second], at(11))))
    assert len(moved(day, apart)) == 1
    assert moved(day, plan(route(ann, stop(jobs["two"], at(9))))) == []


def test_a_held_job_left_out_is_told_of_and_is_no_move() -> None:
    held, free = job("held", lock=LOCKS["technician"]), job("free")
    ann = shift("ann")
    day = problem((held, free), (ann,))
    start = plan(route(ann, stop(held, at(9)), stop(free, at(11))))
    nothing = plan(unplanned=left_out(held, free))
    assert (moved(day, nothing), dropped(day, start, nothing)) == ([], ["held"])
    assert (dropped(day, start, start), dropped(day, nothing, start)) == ([], [])


def test_a_crew_stands_in_several_places() -> None:
    together = job(crew_size=2)
    shifts = (shift("ann"), shift("bob"))
    assert whereabouts(plan(*(route(one, stop(together, TEN)) for one in shifts))) == {
        "job": {("ann-0", TEN), ("bob-0", TEN)}
    }
