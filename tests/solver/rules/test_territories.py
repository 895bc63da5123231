"""Each technician sent works in the job's territory."""

import pytest

from solver.problem import CommittedStop
from tests.solver.builders import at, job, plan, problem, route, rules_broken, rules_broken_by, shift, stop


def test_a_job_without_territory_is_open_to_a_shift_with_a_list() -> None:
    assert rules_broken_by(job(), shift(territories=frozenset({"old town"}))) == set()


@pytest.mark.parametrize("covered", [None, frozenset({"harbour"}), frozenset({"harbour", "old town"})])
def test_null_is_everywhere_and_a_list_covers_its_own(covered: frozenset[str] | None) -> None:
    assert rules_broken_by(job(territory="harbour"), shift(territories=covered)) == set()


@pytest.mark.parametrize("covered", [frozenset(), frozenset({"old town"})])
def test_an_empty_list_is_nowhere(covered: frozenset[str]) -> None:
    assert rules_broken_by(job(territory="harbour"), shift(territories=covered)) == {"territories"}


def test_each_member_of_a_crew_works_there() -> None:
    ann, bob = shift(territories=frozenset({"harbour"})), shift("bob", territories=frozenset({"old town"}))
    pair = job(crew_size=2, territory="harbour")
    by = plan(route(ann, stop(pair, at(10))), route(bob, stop(pair, at(10), supplies=False)))
    assert rules_broken(problem((pair,), (ann, bob)), by) == {"territories"}


def test_a_job_that_has_begun_may_lie_elsewhere() -> None:
    ann = shift(territories=frozenset(), committed=(CommittedStop("job", at(10)),))
    assert rules_broken_by(job(territory="harbour"), ann) == set()
