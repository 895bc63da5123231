import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.held import moved
from bench.random_days.occurring import RULES, rules_in
from bench.random_days.wild import wild_day
from solver.check import violations
from solver.validate import problem_object_faults
from tests.solver.builders import job, problem, shift

ROOT = Path(__file__).resolve().parents[2]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_a_wild_day_is_sound_and_its_plan_keeps_every_rule(seed: int) -> None:
    day, plan = wild_day(Random(seed))
    assert problem_object_faults(day) == []
    assert violations(day, plan) == ()
    assert moved(day, plan) == []


def test_every_rule_occurs_in_a_few_hundred_days_and_none_in_all() -> None:
    counts = Counter(rule for seed in range(400) for rule in rules_in(wild_day(Random(seed))[0]))
    assert [rule for rule in RULES if not 3 <= counts[rule] < 400] == []


def test_a_plain_day_has_no_rule() -> None:
    assert rules_in(problem((job(),), (shift(),))) == frozenset()


def test_each_day_leaves_something_to_be_found() -> None:
    days = [wild_day(Random(seed)) for seed in range(50)]
    assert sum(len(plan.unplanned) > 2 for _, plan in days) > 25


def test_a_seed_means_the_same_day_in_every_process() -> None:
    """These days once depended on the order in which a set of strings comes."""
    code = """
from random import Random
from bench.random_days.wild import wild_day
for seed in (89, 282, 336):
    day, plan = wild_day(Random(seed))
    print([(one.id, sorted(one.tools)) for one in (*day.shifts, *day.warehouses, *day.jobs)])
    print([(route.shift, stop.id, stop.start_s, sorted(stop.tools)) for route in plan.routes for stop in route.stops])
"""
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert len(told) == 1
