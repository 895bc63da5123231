"""The real days: whatever the seed, no violation, every planted cause named alone, better than first come."""

import json
from functools import cache
from pathlib import Path

import pytest

from solver import codec
from solver.check import violations
from solver.insertion import first_come_plan
from solver.params import SolveParams
from solver.problem import Problem
from solver.score import score
from solver.solve import solve

DAYS = Path(__file__).resolve().parents[2] / "fixtures" / "days"
RUNS = [("small", 2, seed) for seed in range(1, 6)] + [("city", 3, seed) for seed in range(1, 6)] + [("large", 6, 1)]


@cache
def day(name: str) -> Problem:
    return codec.problem_from_document(codec.loads((DAYS / f"{name}.problem.json").read_bytes()))


@pytest.mark.engine
@pytest.mark.parametrize(("name", "time_limit_s", "seed"), RUNS)
def test_a_real_day_is_planned_and_explained(name: str, time_limit_s: int, seed: int) -> None:
    problem = day(name)
    planted = json.loads((DAYS / f"{name}.planted.json").read_text())
    result = solve(problem, SolveParams(time_limit_s=time_limit_s, seed=seed))
    assert violations(problem, result.plan) == ()
    assert result.notes == ()
    causes = {left.job: [cause.reason.code for cause in left.causes] for left in result.plan.unplanned}
    assert {job: causes.get(job) for job in planted} == {job: [code] for job, code in planted.items()}
    assert all(cause.sentence and cause.remedy for left in result.plan.unplanned for cause in left.causes)
    naive = first_come_plan(problem)
    assert violations(problem, naive) == ()
    assert result.score.total_cents < score(problem, naive).total_cents
    assert len(result.plan.unplanned) < len(naive.unplanned)


@pytest.mark.parametrize("name", ["small", "city", "large"])
def test_the_best_plans_known_hold(name: str) -> None:
    problem = day(name)
    best = codec.plan_from_document(codec.loads((DAYS / f"{name}.best.json").read_bytes()))
    assert violations(problem, best) == ()
    assert all(left.causes for left in best.unplanned)
    assert score(problem, best).total_cents < score(problem, first_come_plan(problem)).total_cents
