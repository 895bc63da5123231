"""Every job is in the plan once per member, or left out with a reason."""

import pytest

from solver.plan import Plan, Unplanned
from tests.solver.builders import at, job, left_out, plan, problem, route, rules_broken, shift, stop

ANN, BOB, JOB = shift(), shift("bob"), job()
PAIR = job(crew_size=2)


def test_no_jobs_no_plan() -> None:
    assert rules_broken(problem((), (ANN,)), plan()) == set()


@pytest.mark.parametrize("by", [plan(route(ANN, stop(JOB, at(10)))), plan(unplanned=left_out(JOB))])
def test_planned_once_or_left_out(by: Plan) -> None:
    assert rules_broken(problem((JOB,), (ANN,)), by) == set()


def test_neither_planned_nor_left_out() -> None:
    assert rules_broken(problem((JOB,), (ANN,)), plan()) == {"membership"}


def test_planned_and_left_out() -> None:
    by = plan(route(ANN, stop(JOB, at(10))), unplanned=left_out(JOB))
    assert rules_broken(problem((JOB,), (ANN,)), by) == {"membership"}


def test_planned_twice_on_one_route() -> None:
    by = plan(route(ANN, stop(JOB, at(10)), stop(JOB, at(11))))
    assert "membership" in rules_broken(problem((JOB,), (ANN,)), by)


def test_planned_twice_on_two_routes() -> None:
    by = plan(route(ANN, stop(JOB, at(10))), route(BOB, stop(JOB, at(10))))
    assert "membership" in rules_broken(problem((JOB,), (ANN, BOB)), by)


def test_left_out_twice() -> None:
    assert rules_broken(problem((JOB,), (ANN,)), plan(unplanned=left_out(JOB, JOB))) == {"membership"}


def test_left_out_without_a_cause() -> None:
    by = plan(unplanned=(Unplanned(JOB.id, ()),))
    assert rules_broken(problem((JOB,), (ANN,)), by) == {"membership"}


def test_a_crew_job_stands_once_per_member() -> None:
    by = plan(route(ANN, stop(PAIR, at(10))), route(BOB, stop(PAIR, at(10), supplies=False)))
    assert rules_broken(problem((PAIR,), (ANN, BOB)), by) == set()


def test_a_crew_job_with_a_member_missing() -> None:
    by = plan(route(ANN, stop(PAIR, at(10))))
    assert rules_broken(problem((PAIR,), (ANN, BOB)), by) == {"membership"}


def test_a_crew_job_with_a_member_too_many() -> None:
    eve = shift("eve")
    by = plan(
        route(ANN, stop(PAIR, at(10))),
        route(BOB, stop(PAIR, at(10), supplies=False)),
        route(eve, stop(PAIR, at(10), supplies=False)),
    )
    assert rules_broken(problem((PAIR,), (ANN, BOB, eve)), by) == {"membership"}
