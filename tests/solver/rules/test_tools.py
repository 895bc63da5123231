"""Tools are on the van or lent earlier on the shift; a crew has them jointly."""

from dataclasses import replace

from solver.problem import CommittedStop
from tests.solver.builders import (
    HOME,
    at,
    job,
    pickup,
    plan,
    problem,
    route,
    rules_broken,
    rules_broken_by,
    shift,
    stop,
    warehouse,
)

LADDER, HOIST = frozenset({"ladder"}), frozenset({"hoist"})
BOTH = LADDER | HOIST


def test_a_job_without_tools_suits_every_van() -> None:
    assert rules_broken_by(job()) == set()


def test_every_tool_is_on_the_van() -> None:
    assert rules_broken_by(job(tools=BOTH), shift(tools=BOTH)) == set()


def test_a_tool_is_missing() -> None:
    assert rules_broken_by(job(tools=BOTH), shift(tools=LADDER)) == {"tools"}


def test_a_tool_lent_before_the_job() -> None:
    ann, high, depot = shift(), job(tools=HOIST), warehouse(tools=HOIST)
    by = plan(route(ann, pickup(depot, at(9), tools=HOIST), stop(high, at(10))))
    assert rules_broken(problem((high,), (ann,), warehouses=(depot,)), by) == set()


def test_a_lent_tool_stays_until_the_shift_ends() -> None:
    ann, depot = shift(), warehouse(tools=HOIST)
    first, second = job("first", tools=HOIST), job("second", tools=HOIST)
    by = plan(route(ann, pickup(depot, at(9), tools=HOIST), stop(first, at(10)), stop(second, at(16))))
    assert rules_broken(problem((first, second), (ann,), warehouses=(depot,)), by) == set()


def test_a_tool_lent_after_the_job() -> None:
    ann, high, depot = shift(), job(tools=HOIST), warehouse(tools=HOIST)
    by = plan(route(ann, stop(high, at(10)), pickup(depot, at(12), tools=HOIST)))
    assert rules_broken(problem((high,), (ann,), warehouses=(depot,)), by) == {"tools"}


def test_a_lent_tool_is_gone_the_next_day() -> None:
    ann, later, depot = shift(), shift(day=1), warehouse(tools=HOIST)
    high = job(tools=HOIST)
    by = plan(route(ann, pickup(depot, at(9), tools=HOIST)), route(later, stop(high, at(10, day=1))))
    assert rules_broken(problem((high,), (ann, later), warehouses=(depot,)), by) == {"tools"}


def test_a_crew_has_them_jointly() -> None:
    ann, bob = shift(tools=LADDER), shift("bob", tools=HOIST)
    pair = job(crew_size=2, tools=BOTH)
    by = plan(route(ann, stop(pair, at(10))), route(bob, stop(pair, at(10), supplies=False)))
    assert rules_broken(problem((pair,), (ann, bob)), by) == set()
    assert rules_broken(problem((pair,), (ann, replace(bob, tools=frozenset()))), by) == {"tools"}


def test_a_job_that_has_begun_is_not_asked_for_tools() -> None:
    ann = shift(committed=(CommittedStop("job", at(10)),), end_location=HOME)
    assert rules_broken_by(job(tools=HOIST), ann) == set()
