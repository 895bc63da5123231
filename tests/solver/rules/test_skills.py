"""Every required skill at its level; a crew has them jointly."""

import pytest

from solver.check import violations
from solver.problem import CommittedStop
from solver.reasons import Reason
from tests.solver.builders import at, job, plan, problem, route, rules_broken, rules_broken_by, shift, stop


def test_a_job_without_skills_suits_everybody() -> None:
    assert rules_broken_by(job(), shift(skills={})) == set()


@pytest.mark.parametrize("level", [2, 3])
def test_the_level_or_above(level: int) -> None:
    assert rules_broken_by(job(skills={"gas": 2}), shift(skills={"gas": level})) == set()


def test_all_skills_are_needed() -> None:
    both = job(skills={"gas": 1, "roof": 1})
    assert rules_broken_by(both, shift(skills={"gas": 1, "roof": 1})) == set()
    assert rules_broken_by(both, shift(skills={"gas": 1})) == {"skills"}


@pytest.mark.parametrize(("owned", "reason"), [({"gas": 1}, Reason.SKILL_LEVEL), ({"roof": 9}, Reason.SKILL)])
def test_too_low_or_not_at_all(owned: dict[str, int], reason: Reason) -> None:
    ann, gas = shift(skills=owned), job(skills={"gas": 2})
    found = violations(problem((gas,), (ann,)), plan(route(ann, stop(gas, at(10)))))
    assert [(one.rule, one.reason, one.job) for one in found] == [("skills", reason, "job")]


@pytest.mark.parametrize(("bobs", "broken"), [({"roof": 2}, set()), ({"roof": 1}, {"skills"}), ({}, {"skills"})])
def test_a_crew_has_them_jointly(bobs: dict[str, int], broken: set[str]) -> None:
    ann, bob = shift(skills={"gas": 2}), shift("bob", skills=bobs)
    pair = job(crew_size=2, skills={"gas": 2, "roof": 2})
    by = plan(route(ann, stop(pair, at(10))), route(bob, stop(pair, at(10), supplies=False)))
    assert rules_broken(problem((pair,), (ann, bob)), by) == broken


def test_levels_of_a_crew_do_not_add_up() -> None:
    ann, bob = shift(skills={"gas": 1}), shift("bob", skills={"gas": 1})
    pair = job(crew_size=2, skills={"gas": 2})
    by = plan(route(ann, stop(pair, at(10))), route(bob, stop(pair, at(10), supplies=False)))
    assert rules_broken(problem((pair,), (ann, bob)), by) == {"skills"}


def test_a_job_that_has_begun_is_not_asked_for_skills() -> None:
    ann = shift(committed=(CommittedStop("job", at(10)),))
    assert rules_broken_by(job(skills={"gas": 2}), ann) == set()
