"""What a publication writes, and what it rests on: versions, crews, warehouses, and who can read a proposal."""

from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import select, text

from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import OptimizationRun, PlannedPart, PlannedRoute, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services.procedures import publish_procedure
from fieldsvc.services.routes import plan_for_day
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import assert_sound, planner, published, skipped


@pytest.fixture
def world(database: Database) -> DayWorld:
    made = DayWorld(database)
    yield made
    assert_sound(made)


def route_version(world: DayWorld) -> int:
    with world.database.read_only() as session:
        return session.scalars(select(PlannedRoute.version)).one()


class TestADayPublishedAnew:
    def test_an_emptied_day_that_came_back_is_not_the_one_a_proposal_rests_on(self, world: DayWorld) -> None:
        """The new day's version is the old one's, and no visit of the proposal has changed."""
        ana, _ = world.technician("Ana"), world.technician("Bia")  # without Bia's day the proposal would be superseded
        world.visit("V1")
        world.visit("V2", windows=[(10, 10)])
        world.apply(world.propose(plan=planner(Ana="V1")))
        first_version = route_version(world)
        stale = world.propose(plan=planner(Ana="V2"))
        world.apply(world.propose(plan=planner(Ana="")))
        assert published(world)["V1"][0] is VisitState.UNSCHEDULED
        world.visit("V9", windows=[(10, 10)])
        world.apply(world.propose(plan=planner(Ana="V9")))
        assert route_version(world) == first_version
        before = published(world)
        run = world.apply(stale)
        assert run.state is RunState.PARTLY_APPLIED
        assert set(skipped(run)) == {"Ana"}
        assert published(world) == before
        assert world.holder_of("V9") == ana.id

    def test_a_visit_whose_travel_alone_changes_has_a_new_version(self, world: DayWorld) -> None:
        world.technician("Ana")
        world.visit("V1", windows=[(9, 9)])
        world.visit("V2", windows=[(12, 12)], place=(-30.0400, -51.2200))
        world.apply(world.propose(plan=planner(Ana="V1 V2")))
        before, version = published(world)["V2"], world.row(Visit, world.visits["V2"]).version
        world.apply(world.propose(plan=planner(Ana="V2")))
        after = published(world)["V2"]
        assert (after[0], after[1], after[2]) == (before[0], before[1], before[2])
        assert after[4] != before[4]  # position, at least
        assert world.row(Visit, world.visits["V2"]).version == version + 1

    def test_a_visit_that_stays_as_it_is_keeps_its_version(self, world: DayWorld) -> None:
        world.technician("Ana")
        world.visit("V1", windows=[(9, 9)])
        world.apply(world.propose(plan=planner(Ana="V1")))
        version = world.row(Visit, world.visits["V1"]).version
        world.apply(world.propose(plan=planner(Ana="V1")))
        assert world.row(Visit, world.visits["V1"]).version == version


def test_a_crew_visit_leaves_one_event_for_each_step(world: DayWorld) -> None:
    ana, bia = world.technician("Ana"), world.technician("Bia")
    visit = world.visit("V1", crew_size=2)
    run = world.apply(world.propose(plan=planner(Ana="V1", Bia="V1")), dispatches=True)
    assert run.state is RunState.APPLIED
    steps = [(one.kind, one.from_state, one.to_state) for one in world.events(visit) if one.from_state is not None]
    assert [(kind, after) for kind, _, after in steps] == [
        ("visit_planned", "planned"),
        ("visit_dispatched", "dispatched"),
    ]
    assert all(before[2] == after[1] for before, after in pairwise(steps))
    assert (run.application["visits_planned"], run.application["visits_dispatched"]) == (1, 1)
    assert {one[0] for one in published(world)["V1"][4]} == {ana.id, bia.id}


def test_what_is_dispatched_has_the_newest_procedure_and_keeps_it_until_the_next_time(world: DayWorld) -> None:
    world.technician("Ana")
    world.visit("V1", windows=[(9, 9)])
    first = publish_procedure_of(world, "V1")
    world.apply(world.propose(plan=planner(Ana="V1")))
    assert world.row(Visit, world.visits["V1"]).procedure_id is None  # planned, not sent out yet
    world.apply(world.propose(plan=planner(Ana="V1")), dispatches=True)
    assert world.row(Visit, world.visits["V1"]).procedure_id == first
    second = publish_procedure_of(world, "V1")
    assert world.row(Visit, world.visits["V1"]).procedure_id == first
    world.apply(world.propose(plan=planner(Ana="")))
    world.apply(world.propose(plan=planner(Ana="V1")), dispatches=True)
    assert world.row(Visit, world.visits["V1"]).procedure_id == second


def publish_procedure_of(world: DayWorld, number: str) -> UUID:
    """Publish a procedure for the job type of a visit and return its id."""
    job_type = world.row(Visit, world.visits[number]).job_type_id
    with world.database.unit_of_work() as uow:
        made = publish_procedure(uow, job_type, []).procedure
        uow.commit()
    assert made is not None
    return made.id


@pytest.mark.parametrize("whose", ["another team's", "nobody's"])
def test_parts_are_fetched_from_warehouses_of_the_team_or_of_none(world: DayWorld, whose: str) -> None:
    world.technician("Ana")
    south = world.add_team("South")
    house = world.warehouse("house", {"P-1": 3}, team_id=south if whose == "another team's" else None)
    world.visit("V1", parts={"P-1": 1})
    world.apply(world.propose())
    with world.database.read_only() as session:
        fetched = session.scalars(select(PlannedPart.location_id)).all()
    if whose == "nobody's":
        assert fetched == [house]
        assert world.state_of("V1") is VisitState.PLANNED
    else:
        assert fetched == []
        assert world.state_of("V1") is VisitState.UNSCHEDULED


def test_what_a_run_proposes_can_not_be_read_from_the_file(world: DayWorld) -> None:
    world.technician("Ana")
    world.visit("V1")
    run_id = world.propose()
    with world.database.read_only() as session:
        (raw,) = session.execute(text("SELECT result FROM optimization_runs")).scalars().all()
    assert isinstance(raw, bytes | memoryview)
    assert b"Street of V1" not in bytes(raw)
    assert "V1" in str(world.row_with_result(run_id).result)
    assert world.row(OptimizationRun, run_id).state is RunState.PROPOSED


def test_who_is_on_loan_is_on_the_plan_of_the_team_on_those_days_only(world: DayWorld) -> None:
    south = world.add_team("South")
    bia = world.technician("Bia", team=south)
    world.lend(bia, world.team)
    world.visit("V1")
    world.apply(world.propose(plan=planner(Bia="V1")))

    def on_plan(day: date) -> dict[str, list[str]]:
        with world.database.read_only() as session:
            plan = plan_for_day(session, world.dispatcher, world.clock.now(), day)
            return {route.technician.name: [one.view.visit.number for one in route.visits] for route in plan.routes}

    assert on_plan(world.day) == {"Bia": ["V1"]}
    assert on_plan(world.day - timedelta(days=1)) == {}
    assert on_plan(world.day + timedelta(days=1)) == {}
