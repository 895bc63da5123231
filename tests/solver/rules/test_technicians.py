"""Nobody goes whom the job excludes, who declined it, or who is not required where some are."""

from typing import Any

import pytest

from solver.check import violations
from solver.problem import CommittedStop
from solver.reasons import Reason
from tests.solver.builders import at, job, plan, problem, route, rules_broken, rules_broken_by, shift, stop

ANN, BOB = frozenset({"ann"}), frozenset({"bob"})
REFUSALS = [
    ({"excluded_technicians": ANN}, Reason.EXCLUDED),
    ({"declined_by": ANN}, Reason.DECLINED),
    ({"required_technicians": BOB}, Reason.EXCLUDED),
]


def test_a_job_without_lists_suits_everybody() -> None:
    assert rules_broken_by(job()) == set()


@pytest.mark.parametrize(
    "lists",
    [
        {"excluded_technicians": BOB},
        {"declined_by": BOB},
        {"required_technicians": ANN},
        {"required_technicians": ANN | BOB},
        {"preferred_technicians": BOB},
    ],
)
def test_lists_that_let_ann_go(lists: dict[str, Any]) -> None:
    assert rules_broken_by(job(**lists)) == set()


@pytest.mark.parametrize(("lists", "reason"), REFUSALS)
def test_lists_that_keep_ann_away(lists: dict[str, Any], reason: Reason) -> None:
    ann, picky = shift(), job(**lists)
    found = violations(problem((picky,), (ann,)), plan(route(ann, stop(picky, at(10)))))
    assert [(one.rule, one.reason) for one in found] == [("technicians", reason)]


@pytest.mark.parametrize(("lists", "reason"), REFUSALS)
def test_a_job_that_has_begun_stays_with_her(lists: dict[str, Any], reason: Reason) -> None:
    assert rules_broken_by(job(**lists), shift(committed=(CommittedStop("job", at(10)),))) == set()


def test_each_member_of_a_crew_is_asked() -> None:
    ann, bob = shift(), shift("bob")
    pair = job(crew_size=2, required_technicians=ANN)
    by = plan(route(ann, stop(pair, at(10))), route(bob, stop(pair, at(10), supplies=False)))
    assert rules_broken(problem((pair,), (ann, bob)), by) == {"technicians"}
