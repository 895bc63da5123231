"""The checker runs every rule there is."""

import pkgutil
from importlib import import_module

import pytest

from solver import check, rules
from solver.check import RULES, violations
from solver.reasons import Reason
from tests.solver.builders import at, job, left_out, plan, problem, route, shift, stop

MODULES = sorted(module.name for module in pkgutil.iter_modules(rules.__path__))


def test_every_module_is_run_once() -> None:
    """References are judged first and alone, since no other rule could read a plan without them."""
    assert sorted([rule.name for rule in RULES] + ["references"]) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_a_rule_has_the_name_of_its_module(name: str) -> None:
    module = import_module(f"solver.rules.{name}")
    assert module.RULE.name == name
    assert module.RULE in (*RULES, check.references.RULE)
    assert module.__doc__


def test_an_empty_problem_and_an_empty_plan() -> None:
    assert violations(problem(), plan()) == ()


def test_a_plan_that_does_nothing_leaves_everything_out() -> None:
    assert violations(problem((job(),), (shift(),)), plan(unplanned=left_out(job()))) == ()


def test_all_violations_are_found_in_the_order_of_the_rules() -> None:
    ann = shift(max_jobs=0, tools=frozenset({"ladder"}))
    awful = job(skills={"gas": 1}, tools=frozenset({"hoist"}), territory="harbour", parts={"seal": 1})
    found = violations(problem((awful,), (ann,)), plan(route(ann, stop(awful, at(7)))))
    order = [rule.name for rule in RULES]
    assert [violation.rule for violation in found] == ["shifts", "skills", "tools", "max_jobs", "van_stock"]
    assert sorted(found, key=lambda violation: order.index(violation.rule)) == list(found)


def test_a_violation_reads_as_a_sentence() -> None:
    ann, gas = shift(skills={"gas": 1}), job(skills={"gas": 2})
    (found,) = violations(problem((gas,), (ann,)), plan(route(ann, stop(gas, at(10)))))
    assert str(found) == "skills (job job, shift ann-0): needs gas at level 2, ann-0 has 1"
    assert found.reason is Reason.SKILL_LEVEL
