"""What holds for every problem: right plans pass, each way to break one is noticed, the judgement repeats."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.random_days.feasible import feasible_day
from solver.check import RULES, violations
from solver.codec import (
    dumps,
    loads,
    plan_from_document,
    plan_to_document,
    problem_from_document,
    problem_to_document,
)
from solver.plan import Plan
from solver.problem import Problem
from solver.score import TERMS, score
from tests.solver.broken_days import BREAKERS, Breaker, Day
from tests.solver.builders import rules_broken

DAYS = st.integers(0, 2**32).map(lambda seed: feasible_day(Random(seed)))
"""Days by their seed: drawn one number at a time they would take ten times as long."""


@settings(max_examples=150, deadline=None)
@given(DAYS)
def test_a_plan_that_is_right_by_construction_passes(day: tuple[Problem, Plan]) -> None:
    assert violations(*day) == ()


@pytest.mark.parametrize("breaker", BREAKERS, ids=lambda breaker: breaker.__name__)
@settings(max_examples=25, deadline=None)
@given(day=DAYS)
def test_a_plan_broken_in_one_place_is_noticed(breaker: Breaker, day: tuple[Problem, Plan]) -> None:
    for problem, plan in breaker(Day(*day)):
        assert BREAKERS[breaker] in rules_broken(problem, plan)


@pytest.mark.parametrize("breaker", BREAKERS, ids=lambda breaker: breaker.__name__)
def test_every_way_to_break_a_plan_is_tried(breaker: Breaker) -> None:
    assert any(list(breaker(Day(*feasible_day(Random(seed))))) for seed in range(50))


def test_every_rule_is_broken_by_something() -> None:
    assert set(BREAKERS.values()) == {rule.name for rule in RULES} | {"references"}


@settings(max_examples=100, deadline=None)
@given(DAYS)
def test_the_score_is_the_sum_of_terms_and_none_is_negative(day: tuple[Problem, Plan]) -> None:
    result = score(*day)
    assert tuple(result.terms) == TERMS
    assert min(result.terms.values()) >= 0
    assert result.total_cents == sum(result.terms.values())


@settings(max_examples=50, deadline=None)
@given(DAYS, st.sampled_from(list(BREAKERS)))
def test_the_judgement_repeats_and_survives_the_document(day: tuple[Problem, Plan], breaker: Breaker) -> None:
    for problem, plan in (day, *list(breaker(Day(*day)))[:1]):
        again = plan_from_document(loads(dumps(plan_to_document(plan))))
        assert again == plan
        judged, found = violations(problem, plan), violations(problem, again)
        assert judged == found == violations(problem, plan)
        if "references" not in {violation.rule for violation in found}:
            assert score(problem, plan) == score(problem, again) == score(problem, plan)


@settings(max_examples=50, deadline=None)
@given(DAYS)
def test_the_problem_survives_the_document(day: tuple[Problem, Plan]) -> None:
    problem, plan = day
    again = problem_from_document(loads(dumps(problem_to_document(problem))))
    assert violations(again, plan) == ()
    assert score(again, plan) == score(problem, plan)
