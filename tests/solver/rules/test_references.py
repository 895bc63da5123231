"""What a plan names exists."""

import pytest

from solver.check import violations
from solver.plan import Cause, Load, Plan, Route, Unplanned
from solver.reasons import Reason
from tests.solver.builders import (
    ISLAND,
    NORTH,
    at,
    job,
    lunch,
    pickup,
    plan,
    problem,
    rest,
    route,
    rules_broken,
    rules_broken_by,
    shift,
    stop,
    warehouse,
)

ANN, JOB, DEPOT_ = shift(), job(), warehouse()
TOWN = problem((JOB,), (ANN,), warehouses=(DEPOT_,))


def test_empty_plan_for_an_empty_problem_names_nothing() -> None:
    assert rules_broken(problem(), plan()) == set()


def test_everything_named_exists() -> None:
    assert rules_broken_by(job()) == set()


@pytest.mark.parametrize(
    "stranger",
    [
        Plan("another town", (route(ANN, stop(JOB, at(10))),)),
        plan(Route("nobody", at(9), at(10))),
        plan(route(ANN, stop(job("ghost"), at(10)))),
        plan(route(ANN, pickup(warehouse("ghost"), at(10)))),
        plan(route(ANN, rest(lunch(), NORTH, at(12)))),
        plan(route(ANN, stop(JOB, at(10), location=ISLAND + 1), return_s=at(12), departure_s=at(9))),
        plan(route(ANN, stop(JOB, at(10), location=-1), return_s=at(12), departure_s=at(9))),
        plan(route(ANN, pickup(DEPOT_, at(9), Load("seal", 1, job="ghost")), stop(JOB, at(10)))),
        plan(route(ANN, stop(JOB, at(10))), unplanned=(Unplanned("ghost", (Cause(Reason.SKILL),)),)),
        plan(route(ANN, stop(JOB, at(10))), route(ANN)),
    ],
    ids=["problem", "shift", "job", "warehouse", "break", "place", "negative", "load", "unplanned", "shift twice"],
)
def test_a_stranger_is_refused_and_nothing_else_is_said(stranger: Plan) -> None:
    assert rules_broken(TOWN, stranger) == {"references"}


def test_a_break_of_another_shift_is_a_stranger() -> None:
    bob = shift("bob", breaks=(lunch(),))
    town = problem((JOB,), (ANN, bob))
    by = plan(route(ANN, stop(JOB, at(10)), rest(lunch(), NORTH, at(12))))
    assert rules_broken(town, by) == {"references"}


def test_every_stranger_is_reported() -> None:
    by = plan(route(ANN, stop(job("ghost"), at(10)), stop(job("spirit"), at(11))))
    assert len(violations(TOWN, by)) == 2
