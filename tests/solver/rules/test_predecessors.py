"""A job starts after its predecessors have ended and the lag has passed."""

import pytest

from solver.problem import CommittedStop, Predecessor
from tests.solver.builders import (
    DAY_S,
    at,
    job,
    left_out,
    plan,
    problem,
    route,
    rules_broken,
    rules_broken_by,
    shift,
    stop,
)

ANN, BOB = shift(), shift("bob")
FIRST = job("first")
CAME = (("ann", at(10)), ("bob", at(10, 20)))


def after(lag_s: int) -> set[str]:
    """Rules broken when Bob starts `then` at 12:00 and Ann has ended `first` at 10:30."""
    then = job("then", predecessors=(Predecessor("first", lag_s),))
    by = plan(route(ANN, stop(FIRST, at(10))), route(BOB, stop(then, at(12))))
    return rules_broken(problem((FIRST, then), (ANN, BOB)), by)


def test_a_job_without_predecessors() -> None:
    assert rules_broken_by(job()) == set()


@pytest.mark.parametrize(("lag_s", "broken"), [(0, set()), (5_400, set()), (5_401, {"predecessors"})])
def test_the_lag_to_the_second(lag_s: int, broken: set[str]) -> None:
    assert after(lag_s) == broken


@pytest.mark.parametrize(("start", "broken"), [(at(10, 30), set()), (at(10, 30) - 1, {"predecessors"})])
def test_it_is_the_end_that_counts(start: int, broken: set[str]) -> None:
    then = job("then", predecessors=(Predecessor("first"),))
    by = plan(route(ANN, stop(FIRST, at(10))), route(BOB, stop(then, start)))
    assert rules_broken(problem((FIRST, then), (ANN, BOB)), by) == broken


def test_the_predecessor_is_left_out() -> None:
    then = job("then", predecessors=(Predecessor("first"),))
    town = problem((FIRST, then), (ANN,))
    assert rules_broken(town, plan(route(ANN, stop(then, at(12))), unplanned=left_out(FIRST))) == {"predecessors"}
    assert rules_broken(town, plan(unplanned=left_out(FIRST, then))) == set()
    assert rules_broken(town, plan(route(ANN, stop(FIRST, at(12))), unplanned=left_out(then))) == set()


def test_the_predecessor_on_an_earlier_day() -> None:
    tomorrow, then = shift(day=1), job("then", predecessors=(Predecessor("first", DAY_S),))
    town = problem((FIRST, then), (ANN, tomorrow))
    exact = plan(route(ANN, stop(FIRST, at(10))), route(tomorrow, stop(then, at(10, 30) + DAY_S)))
    early = plan(route(ANN, stop(FIRST, at(10))), route(tomorrow, stop(then, at(10, 30) + DAY_S - 1)))
    assert rules_broken(town, exact) == set()
    assert rules_broken(town, early) == {"predecessors"}


def test_every_predecessor_counts() -> None:
    other = job("other")
    then = job("then", predecessors=(Predecessor("first"), Predecessor("other")))
    by = plan(route(ANN, stop(FIRST, at(10)), stop(then, at(11))), route(BOB, stop(other, at(10, 31))))
    assert rules_broken(problem((FIRST, other, then), (ANN, BOB)), by) == {"predecessors"}


def test_a_predecessor_that_has_begun_is_planned() -> None:
    ann = shift(committed=(CommittedStop("first", at(10)),))
    then = job("then", predecessors=(Predecessor("first"),))
    for start, broken in ((at(10, 30), set()), (at(10, 30) - 1, {"predecessors"})):
        by = plan(route(ann, stop(FIRST, at(10))), route(BOB, stop(then, start)))
        assert rules_broken(problem((FIRST, then), (ann, BOB)), by) == broken


def test_a_job_that_has_begun_did_not_wait() -> None:
    bob = shift("bob", committed=(CommittedStop("then", at(9)),))
    then = job("then", predecessors=(Predecessor("first"),))
    by = plan(route(ANN, stop(FIRST, at(10))), route(bob, stop(then, at(9))))
    assert rules_broken(problem((FIRST, then), (ANN, bob)), by) == set()


def test_the_last_member_of_a_crew_to_end_counts() -> None:
    """A crew that has begun may have come apart: Ann ended at 10:30, Bob at 10:50."""
    ann, bob = (shift(name, committed=(CommittedStop("first", start),)) for name, start in CAME)
    eve, pair, then = shift("eve"), job("first", crew_size=2), job("then", predecessors=(Predecessor("first"),))
    for start, broken in ((at(10, 50), set()), (at(10, 50) - 1, {"predecessors"})):
        by = plan(route(ann, stop(pair, at(10))), route(bob, stop(pair, at(10, 20))), route(eve, stop(then, start)))
        assert rules_broken(problem((pair, then), (ann, bob, eve)), by) == broken
