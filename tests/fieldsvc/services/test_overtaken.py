"""Proposals that another publication leaves nothing of, and those that change too much for a dispatcher."""

import pytest

from fieldsvc.domain.errors import Forbidden, TransitionRefused
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import OptimizationRun
from fieldsvc.persistence.database import Database
from fieldsvc.services.applications import ApplyOptions, apply_run
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import assert_sound, busy_day, planner, published, skipped


@pytest.fixture
def world(database: Database) -> DayWorld:
    made = DayWorld(database)
    yield made
    assert_sound(made)


def test_a_proposal_for_days_that_are_all_published_anew_is_superseded(world: DayWorld) -> None:
    busy_day(world)
    older, newer = world.propose(plan=planner(Ana="V2", Bia="V4")), world.propose(plan=planner(Ana="V4", Bia="V2"))
    world.apply(newer)
    assert world.row(OptimizationRun, older).state is RunState.SUPERSEDED
    (event,) = [one for one in world.events(older) if one.kind == "run_superseded"]
    assert event.data == {"by_run_id": str(newer)}
    with pytest.raises(TransitionRefused):
        world.apply(older)


def test_one_that_still_has_a_day_of_its_own_stays(world: DayWorld) -> None:
    busy_day(world)
    older, newer = world.propose(plan=planner(Ana="V2", Bia="V4")), world.propose(plan=planner(Ana="V2"))
    world.apply(newer)
    run = world.apply(older)
    assert (run.state, set(skipped(run))) == (RunState.PARTLY_APPLIED, {"Ana"})
    assert world.state_of("V4") is VisitState.PLANNED


def test_a_big_change_of_what_people_were_told_is_left_to_a_supervisor(world: DayWorld) -> None:
    busy_day(world)
    world.apply(world.propose(plan=planner(Ana="V2 V4")), dispatches=True)
    run_id, before = world.propose(plan=planner(Bia="V2 V4")), published(world)
    options = ApplyOptions(most_disrupted=1)
    with pytest.raises(Forbidden) as refused:
        world.write(lambda uow: apply_run(uow, run_id, options), world.dispatcher)
    assert refused.value.code == "needs_supervisor"
    assert published(world) == before
    chief = world.user("chief", Role.SUPERVISOR)
    assert world.write(lambda uow: apply_run(uow, run_id, options), chief).state is RunState.APPLIED


def test_what_nobody_was_told_of_is_no_big_change(world: DayWorld) -> None:
    busy_day(world)
    world.apply(world.propose(plan=planner(Ana="V2 V4")))
    run_id, options = world.propose(plan=planner(Bia="V2 V4")), ApplyOptions(most_disrupted=0)
    assert world.write(lambda uow: apply_run(uow, run_id, options), world.dispatcher).state is RunState.APPLIED


def test_one_for_another_day_or_for_others_stays(world: DayWorld) -> None:
    ana, bia, _ = busy_day(world)
    others = world.propose(bia, plan=planner(Bia="V4"))
    world.apply(world.propose(ana, plan=planner(Ana="V2")))
    assert world.row(OptimizationRun, others).state is RunState.PROPOSED


def test_an_untouched_plan_supersedes_nothing(world: DayWorld) -> None:
    busy_day(world)
    world.apply(world.propose(plan=planner(Ana="V2", Bia="V4")))
    waiting, same = world.propose(plan=planner(Ana="V4", Bia="V2")), world.propose(plan=planner(Ana="V2", Bia="V4"))
    world.apply(same)
    assert world.row(OptimizationRun, waiting).state is RunState.PROPOSED
