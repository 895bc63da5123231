"""One run from the database to a proposal, with the real engine in its child process."""

from datetime import timedelta

import pytest

from fieldsvc.dispatching.solving import Effort, Progress, SolveFailed, solve_scope
from solver.check import violations
from tests.fieldsvc.day_world import TRAVEL, DayWorld
from tests.fieldsvc.services.run_world import busy_day

pytestmark = [
    pytest.mark.engine,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
EFFORT = Effort("routing", time_limit_s=1, seed=1)


def test_a_proposal_answers_its_own_snapshot(world: DayWorld) -> None:
    busy_day(world, technicians=2, visits=6)
    world.visit("V9", skills={"lifts": 1})
    told: list[Progress] = []
    found = solve_scope(world.database, world.scope(), TRAVEL, EFFORT, told.append, lambda: False)
    assert violations(found.snapshot.problem, found.plan) == ()
    document = found.document
    assert document["kpis"]["after"]["visits_planned"] == 6
    assert document["kpis"]["after"]["cost_cents"] <= document["kpis"]["first_come"]["cost_cents"]
    assert document["kpis"]["before"]["visits_planned"] == 0
    assert {one["number"] for one in document["differences"]} == {f"V{number}" for number in range(1, 7)}
    (left,) = document["unplanned"]
    assert (left["number"], [cause["reason"] for cause in left["causes"]]) == ("V9", ["SKILL"])
    assert told[-1].cost_cents == document["kpis"]["after"]["cost_cents"]
    assert [one.cost_cents for one in told] == sorted((one.cost_cents for one in told), reverse=True)


def test_nobody_sets_off_before_a_plan_can_be_there(world: DayWorld) -> None:
    busy_day(world)
    world.clock.moment = world.at(10)
    found = solve_scope(world.database, world.scope(), TRAVEL, EFFORT, lambda _: None, lambda: False)
    ready = world.at(10) + timedelta(minutes=10, seconds=1)
    assert found.plan.routes
    assert all(found.snapshot.horizon.moment(route.departure_s) >= ready for route in found.plan.routes)


def test_an_engine_that_is_none(world: DayWorld) -> None:
    busy_day(world)
    with pytest.raises(SolveFailed) as failed:
        solve_scope(world.database, world.scope(), TRAVEL, Effort("magic", 1, 1), lambda _: None, lambda: False)
    assert failed.value.code == "unknown_engine"


def test_facts_that_no_solver_takes_are_named(world: DayWorld) -> None:
    world.technician("Ana")
    world.visit("V1", place=(0.0, 0.0))
    world.visit("V2", place=(-30.1, -51.1))
    with pytest.raises(SolveFailed) as failed:
        solve_scope(world.database, world.scope(), TRAVEL, EFFORT, lambda _: None, lambda: False)
    assert "(0, 0)" in failed.value.detail


def test_a_visit_on_another_continent_does_not_stop_the_others(world: DayWorld) -> None:
    world.technician("Ana")
    world.visit("V1", place=(30.03, 51.20))
    world.visit("V2")
    found = solve_scope(world.database, world.scope(), TRAVEL, EFFORT, lambda _: None, lambda: False)
    assert [route.jobs for route in found.plan.routes] == [("V2",)]
    assert [one["number"] for one in found.document["unplanned"]] == ["V1"]


def test_a_day_without_technicians_is_a_plan_without_routes(world: DayWorld) -> None:
    world.visit("V1")
    found = solve_scope(world.database, world.scope(), TRAVEL, EFFORT, lambda _: None, lambda: False)
    assert found.plan.routes == ()
    assert found.document["unplanned"][0]["causes"]
