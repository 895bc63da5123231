"""A crew of which some are not looked at: its visit stays where it is, whoever plans for the others."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Assignment, PlannedPart
from fieldsvc.persistence.database import Database
from fieldsvc.services import visits
from tests.fieldsvc.day_world import DayWorld, Person
from tests.fieldsvc.services.run_world import assert_sound, place, planner, published, skipped, tours


@pytest.fixture
def world(database: Database) -> DayWorld:
    made = DayWorld(database)
    yield made
    assert_sound(made)


@pytest.fixture
def crew(world: DayWorld) -> tuple[Person, Person]:
    """Bia leads, with the part on her van; Ana helps her at W, and has V besides."""
    ana, bia = world.technician("Ana"), world.technician("Bia", stock={"P-1": 1})
    world.visit("V", place=(-30.02, -51.19))
    world.visit("W", crew_size=2, parts={"P-1": 1})
    world.visit("X", place=(-30.04, -51.22))
    world.apply(world.propose(plan=planner(Bia="W", Ana="V W")), dispatches=True)
    return ana, bia


def who(world: DayWorld, number: str) -> dict[UUID, bool]:
    with world.database.read_only() as session:
        query = select(Assignment.technician_id, Assignment.is_lead).where(
            Assignment.visit_id == world.visits[number], Assignment.ended_at.is_(None)
        )
        return dict(session.execute(query).all())


def parts(world: DayWorld) -> int:
    with world.database.read_only() as session:
        return len(session.scalars(select(PlannedPart)).all())


def meets(world: DayWorld) -> tuple[Any, ...]:
    """When W is, and in which state: what nobody who plans for one of its crew may change."""
    return published(world)["W"][:4]


@pytest.mark.parametrize("number", ["X", "V"])
def test_something_put_on_a_members_day_leaves_it_alone(
    world: DayWorld, crew: tuple[Person, Person], number: str
) -> None:
    ana, bia = crew
    world.write(lambda uow: visits.accept_visit(uow, world.visits["W"]), bia.actor)
    before = meets(world)
    outcome = place(world, number, 14, ana)
    assert outcome.notices == ()
    assert meets(world) == before
    assert who(world, "W") == {ana.id: False, bia.id: True}
    assert parts(world) == 1


def test_a_run_for_a_member_alone_plans_around_it(world: DayWorld, crew: tuple[Person, Person]) -> None:
    ana, bia = crew
    before = meets(world)
    run = world.apply(world.propose(ana, plan=lambda snapshot, _: tours(snapshot.problem, Ana="V W X")))
    assert run.state is RunState.APPLIED
    assert meets(world) == before
    assert who(world, "W") == {ana.id: False, bia.id: True}
    assert world.holder_of("X") == ana.id
    assert parts(world) == 1


def test_a_run_that_leaves_it_out_skips_the_day(world: DayWorld, crew: tuple[Person, Person]) -> None:
    ana, bia = crew
    before = published(world)
    run = world.apply(world.propose(ana, plan=planner(Ana="V")))
    assert (run.state, set(skipped(run))) == (RunState.STALE, {"Ana"})
    assert published(world) == before
    assert who(world, "W") == {ana.id: False, bia.id: True}


def test_its_lead_alone_brings_the_parts_still(world: DayWorld, crew: tuple[Person, Person]) -> None:
    _, bia = crew
    before = meets(world)
    place(world, "X", 14, bia)
    assert meets(world) == before
    assert parts(world) == 1


def test_a_run_for_a_member_is_taken_back_around_it(world: DayWorld, crew: tuple[Person, Person]) -> None:
    ana, bia = crew
    before = published(world)
    run_id = world.propose(ana, plan=lambda snapshot, _: tours(snapshot.problem, Ana="V W X"))
    world.apply(run_id)
    world.revert(run_id)
    after = published(world)
    assert {number: after[number][:4] for number in "VWX"} == {number: before[number][:4] for number in "VWX"}
    assert who(world, "W") == {ana.id: False, bia.id: True}


def test_one_who_has_not_set_off_stays_with_those_who_have(world: DayWorld, crew: tuple[Person, Person]) -> None:
    ana, bia = crew
    for person in (bia, ana):
        world.write(lambda uow: visits.accept_visit(uow, world.visits["W"]), person.actor)
    start = published(world)["W"][1]
    world.clock.moment = start.replace(minute=0)
    world.write(lambda uow: visits.depart(uow, world.visits["W"]), bia.actor)
    place(world, "X", 15, ana)
    assert who(world, "W") == {ana.id: False, bia.id: True}
    assert world.state_of("W") is VisitState.EN_ROUTE
