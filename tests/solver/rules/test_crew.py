"""Members of a crew are different people, there together, and one of them brings the parts."""

from dataclasses import replace

import pytest

from solver.problem import CommittedStop
from tests.solver.builders import (
    DAY_S,
    at,
    job,
    lunch,
    plan,
    problem,
    route,
    rules_broken,
    rules_broken_by,
    shift,
    stop,
)

ANN, BOB = shift(), shift("bob")
PAIR = job(crew_size=2)


def test_a_crew_of_one() -> None:
    assert rules_broken_by(job()) == set()


def test_two_members_at_the_same_second() -> None:
    by = plan(route(ANN, stop(PAIR, at(10))), route(BOB, stop(PAIR, at(10), supplies=False)))
    assert rules_broken(problem((PAIR,), (ANN, BOB)), by) == set()


def test_a_member_a_second_later() -> None:
    by = plan(route(ANN, stop(PAIR, at(10))), route(BOB, stop(PAIR, at(10) + 1, supplies=False)))
    assert rules_broken(problem((PAIR,), (ANN, BOB)), by) == {"crew"}


def test_a_member_may_wait_for_the_other() -> None:
    waits = stop(PAIR, at(10), arrival_s=at(9), supplies=False)
    by = plan(route(ANN, stop(PAIR, at(10))), route(BOB, waits))
    assert rules_broken(problem((PAIR,), (ANN, BOB)), by) == set()


def test_everybody_stays_for_the_longest_member() -> None:
    ann, bob = shift(skills={"gas": 3}), shift("bob", skills={"gas": 1})
    pair = job(crew_size=2, skills={"gas": 1}, service_s_by_level=((3, 900),))
    town = problem((pair,), (ann, bob))
    for seconds, broken in ((1_800, set()), (900, {"times"})):
        stay = stop(pair, at(10), end_s=at(10) + seconds)
        by = plan(route(ann, stay), route(bob, replace(stay, supplies=False)))
        assert rules_broken(town, by) == broken
    apart = plan(route(ann, stop(pair, at(10), end_s=at(10, 15))), route(bob, stop(pair, at(10), supplies=False)))
    assert rules_broken(town, apart) == {"crew", "times"}


def test_a_technician_is_not_two_people() -> None:
    second = shift(id="ann-evening")
    by = plan(route(ANN, stop(PAIR, at(10))), route(second, stop(PAIR, at(10), supplies=False)))
    assert rules_broken(problem((PAIR,), (ANN, second)), by) == {"crew"}


@pytest.mark.parametrize(("anns", "bobs"), [(True, True), (False, False)])
def test_exactly_one_supplies(anns: bool, bobs: bool) -> None:
    by = plan(route(ANN, stop(PAIR, at(10), supplies=anns)), route(BOB, stop(PAIR, at(10), supplies=bobs)))
    assert rules_broken(problem((PAIR,), (ANN, BOB)), by) == {"crew"}


def test_a_lone_technician_supplies_himself() -> None:
    needs, town_shift = job(parts={"seal": 1}), shift()
    by = plan(route(town_shift, stop(needs, at(10), supplies=False)))
    assert rules_broken(problem((needs,), (town_shift,)), by) == {"crew"}


def test_members_on_different_days() -> None:
    later = shift("bob", day=1)
    by = plan(route(ANN, stop(PAIR, at(10))), route(later, stop(PAIR, at(10) + DAY_S, supplies=False)))
    assert rules_broken(problem((PAIR,), (ANN, later)), by) == {"crew"}


def test_a_crew_that_has_begun_may_have_come_apart() -> None:
    ann = shift(committed=(CommittedStop("job", at(10)),))
    bob = shift("bob", committed=(CommittedStop("job", at(10, 20)),), breaks=(lunch(),))
    by = plan(route(ann, stop(PAIR, at(10))), route(bob, stop(PAIR, at(10, 20))))
    assert rules_broken(problem((PAIR,), (ann, bob)), by) == set()
