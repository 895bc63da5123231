"""No start before the freeze changes, and none appears there."""

from typing import Any

import pytest

from solver.plan import Plan
from solver.problem import CommittedStop, Previous
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
FROZEN = job(previous=Previous(("ann-0",), at(10), dispatched=True))
LATER = job(previous=Previous(("ann-0",), at(12)))


def under_freeze(by: Plan, **changes: Any) -> set[str]:
    """Rules broken with a freeze until noon."""
    return rules_broken(problem(shifts=(ANN, BOB, shift(day=1)), freeze_until_s=at(12), **changes), by)


def test_no_freeze_no_rule() -> None:
    assert rules_broken_by(FROZEN, start_s=at(11)) == set()


def test_what_was_there_stays() -> None:
    assert under_freeze(plan(route(ANN, stop(FROZEN, at(10)))), jobs=(FROZEN,)) == set()


@pytest.mark.parametrize("start", [at(10) + 1, at(10) - 1, at(12), at(15)])
def test_what_was_there_moves_in_time(start: int) -> None:
    assert under_freeze(plan(route(ANN, stop(FROZEN, start))), jobs=(FROZEN,)) == {"freeze"}


def test_what_was_there_moves_to_somebody_else_or_another_day() -> None:
    assert under_freeze(plan(route(BOB, stop(FROZEN, at(10)))), jobs=(FROZEN,)) == {"freeze"}
    assert under_freeze(plan(route(shift(day=1), stop(FROZEN, at(10) + DAY_S))), jobs=(FROZEN,)) == {"freeze"}


def test_what_was_there_may_be_left_out() -> None:
    assert under_freeze(plan(unplanned=left_out(FROZEN)), jobs=(FROZEN,)) == set()


@pytest.mark.parametrize("one", [job(), LATER], ids=["new", "from after the freeze"])
@pytest.mark.parametrize(("start", "broken"), [(at(12), set()), (at(15), set()), (at(12) - 1, {"freeze"})])
def test_nothing_appears_before_the_freeze(one: Any, start: int, broken: set[str]) -> None:
    assert under_freeze(plan(route(ANN, stop(one, start))), jobs=(one,)) == broken


def test_what_was_at_the_freeze_may_move() -> None:
    assert under_freeze(plan(route(BOB, stop(LATER, at(13)))), jobs=(LATER,)) == set()


def test_a_frozen_crew_stays_whole() -> None:
    eve, pair = shift("eve"), job(crew_size=2, previous=Previous(("bob-0", "ann-0"), at(10)))
    mate = stop(pair, at(10), supplies=False)
    town = problem((pair,), (ANN, BOB, eve), freeze_until_s=at(12))
    assert rules_broken(town, plan(route(ANN, stop(pair, at(10))), route(BOB, mate))) == set()
    assert rules_broken(town, plan(route(ANN, stop(pair, at(10))), route(eve, mate))) == {"freeze"}


def test_a_job_that_has_begun_is_beyond_the_freeze() -> None:
    ann = shift(committed=(CommittedStop("job", at(10, 5)),))
    assert rules_broken_by(FROZEN, ann, at(10, 5), freeze_until_s=at(12)) == set()
