"""Applying a proposal: what started, was promised or left out stays, and lies are not published."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.domain.errors import Invalid
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import OptimizationRun, Visit, VisitSkill, VisitWindow
from fieldsvc.persistence.database import Database
from fieldsvc.services import visits
from fieldsvc.services.applications import ApplyOptions, apply_run
from solver.plan import Plan
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import assert_sound, busy_day, lying, planner, published, skipped, tours


@pytest.fixture
def world(database: Database) -> DayWorld:
    made = DayWorld(database)
    yield made
    assert_sound(made)


class TestPromises:
    def accepted_or_locked(self, world: DayWorld, how: str) -> None:
        ana, *_ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2 V4")), dispatches=True)
        if how == "accepted":
            world.write(lambda uow: visits.accept_visit(uow, world.visits["V2"]), ana.actor)
        elif how == "lock_range":
            world.change(Visit, world.visits["V2"], lock_earliest=world.at(8), lock_latest=world.at(12))
        else:
            world.change(Visit, world.visits["V2"], **{how: True})

    @pytest.mark.parametrize("how", ["accepted", "locks_technician", "locks_start", "lock_range"])
    def test_what_the_plan_leaves_out_keeps_its_place(self, world: DayWorld, how: str) -> None:
        self.accepted_or_locked(world, how)
        before = published(world)
        run_id = world.propose(plan=planner(Ana="V4", Bia="house V1"))
        run = world.apply(run_id)
        assert set(skipped(run)) == {"Ana"}
        after = published(world)
        assert {number: after[number] for number in ("V2", "V4")} == {number: before[number] for number in ("V2", "V4")}
        assert world.state_of("V1") is VisitState.PLANNED

    @pytest.mark.parametrize("how", ["accepted", "locks_technician"])
    def test_a_plan_that_gives_it_to_somebody_else_is_not_published(self, world: DayWorld, how: str) -> None:
        self.accepted_or_locked(world, how)
        before = published(world)

        def steal(snapshot: Snapshot, _: Plan) -> Plan:
            free = replace(
                snapshot.problem,
                jobs=tuple(replace(job, lock=None, previous=None) for job in snapshot.problem.jobs),
            )
            return tours(free, Ana="V4", Bia="V2")

        run = world.apply(world.propose(plan=steal))
        assert run.state is RunState.STALE
        assert published(world) == before

    @pytest.mark.parametrize("how", ["accepted", "locks_technician", "locks_start"])
    def test_a_kept_promise_does_not_stop_the_rest_of_the_day(self, world: DayWorld, how: str) -> None:
        self.accepted_or_locked(world, how)
        before = published(world)["V2"]
        run = world.apply(world.propose(plan=planner(Ana="V2 V4 house V1")))
        assert run.state is RunState.APPLIED
        assert published(world)["V2"] == before
        assert world.state_of("V1") is VisitState.PLANNED

    @pytest.mark.parametrize("state", ["en_route", "on_site", "working", "paused"])
    def test_what_has_started_is_identical(self, world: DayWorld, state: str) -> None:
        ana, *_ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="house V1 V2 V4")), dispatches=True)
        world.clock.moment = world.row(Visit, world.visits["V1"]).planned_start
        steps = {
            "en_route": ["depart"],
            "on_site": ["depart", "check_in"],
            "working": ["depart", "check_in", "start_work"],
            "paused": ["depart", "check_in", "start_work", "pause_work"],
        }[state]
        world.write(lambda uow: visits.accept_visit(uow, world.visits["V1"]), ana.actor)
        for step in steps:
            world.clock.pass_by(seconds=60)
            extra = (None, 300) if step == "check_in" else ()
            world.write(lambda uow: getattr(visits, step)(uow, world.visits["V1"], *extra), ana.actor)  # noqa: B023
        before, version = published(world)["V1"], world.row(Visit, world.visits["V1"]).version
        run = world.apply(world.propose(plan=planner(Ana="V1 V4", Bia="V2")))
        assert run.state is RunState.APPLIED
        assert published(world)["V1"] == before
        assert world.row(Visit, world.visits["V1"]).version == version
        assert world.state_of("V2") is VisitState.PLANNED

    def test_finished_visits_keep_their_place_before_the_rest(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2 V4")), dispatches=True)
        world.clock.moment = world.row(Visit, world.visits["V2"]).planned_start
        for step in ("accept_visit", "depart", "check_in"):
            extra = (None, 300) if step == "check_in" else ()
            world.write(lambda uow: getattr(visits, step)(uow, world.visits["V2"], *extra), ana.actor)  # noqa: B023
        world.write(lambda uow: visits.break_off(uow, world.visits["V2"], visits.IncompleteReason.NO_ACCESS), ana.actor)
        world.apply(world.propose(plan=planner(Ana="house V1 V4")), dispatches=True)
        positions = {number: published(world)[number][4][0][5] for number in ("V2", "V1", "V4")}
        assert positions["V2"] < positions["V1"] < positions["V4"]


class TestSome:
    def test_only_the_days_asked_for(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        run = world.apply(world.propose(plan=planner(Ana="V2", Bia="V4")), ana)
        assert run.state is RunState.PARTLY_APPLIED
        assert run.application["technicians"] == [ana.solver_id]
        assert (world.state_of("V2"), world.state_of("V4")) == (VisitState.PLANNED, VisitState.UNSCHEDULED)

    def test_a_day_that_shares_a_visit_with_an_unwanted_one_is_left_out(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2 V4")))
        run = world.apply(world.propose(plan=planner(Ana="V2", Bia="V4")), bia)
        assert run.state is RunState.STALE
        assert world.holder_of("V4") == ana.id

    def test_a_follower_is_not_published_without_its_predecessor(self, world: DayWorld) -> None:
        busy_day(world)
        world.visit("V6", after=[("V2", 0)])
        run_id = world.propose(plan=planner(Ana="V2", Bia="V6"))
        bia = next(one for one in world.row_with_result(run_id).result["routes"] if one["technician"] == "Bia")
        options = ApplyOptions(frozenset({UUID(bia["technician_id"])}))
        run = world.write(lambda uow: apply_run(uow, run_id, options), world.dispatcher)
        assert run.state is RunState.STALE
        assert world.state_of("V6") is VisitState.UNSCHEDULED

    def test_stock_for_the_days_left_out_is_not_given_away(self, world: DayWorld) -> None:
        """What the published day of somebody left out counts on is not free for the others."""
        ana, bia = world.technician("Ana"), world.technician("Bia")
        world.warehouse("house", {"P-1": 1})
        for number in ("V1", "V2"):
            world.visit(number, parts={"P-1": 1})
        world.apply(world.propose(plan=planner(Ana="house V1")))
        run = world.apply(world.propose(plan=planner(Bia="house V2")), bia)
        assert run.state is RunState.STALE
        assert world.holder_of("V1") == ana.id

    def test_technicians_the_run_does_not_know_are_refused(self, world: DayWorld) -> None:
        busy_day(world)
        stranger = world.technician("Eva", works=None)
        run_id = world.propose(plan=planner(Ana="V2"))
        with pytest.raises(Invalid) as refused:
            world.apply(run_id, stranger)
        assert [fault.pointer for fault in refused.value.faults] == ["/technicians"]
        assert str(stranger.id) in refused.value.faults[0].message
        with pytest.raises(Invalid):
            world.write(lambda uow: apply_run(uow, run_id, ApplyOptions(frozenset())), world.dispatcher)
        assert world.row(OptimizationRun, run_id).state is RunState.PROPOSED


class TestLies:
    """A stored plan that breaks a rule under today's facts is never published."""

    def refused(self, world: DayWorld, run_id: Any) -> None:
        before = published(world)
        run = world.apply(run_id)
        assert run.state is RunState.STALE
        assert published(world) == before

    def test_about_a_skill(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2"))

        def raise_level(uow: Any) -> None:
            skill = uow.session.scalars(select(VisitSkill).where(VisitSkill.visit_id == world.visits["V2"])).one()
            skill.level = 3

        world.write(raise_level)
        run = world.apply(run_id)
        assert "Ana" in skipped(run)
        assert world.state_of("V2") is VisitState.UNSCHEDULED

    def test_about_a_window(self, world: DayWorld) -> None:
        world.technician("Ana")
        world.visit("V1", windows=[(10, 12)])
        run_id = world.propose(plan=planner(Ana="V1"))

        def move(uow: Any) -> None:
            window = uow.session.scalars(select(VisitWindow)).one()
            window.earliest, window.latest = world.at(14), world.at(15)

        world.write(move)
        self.refused(world, run_id)

    def test_about_times(self, world: DayWorld) -> None:
        world.technician("Ana")
        world.visit("V1")
        self.refused(world, world.propose(plan=lambda s, _: lying(tours(s.problem, Ana="V1"), start_s=0, end_s=1800)))

    def test_about_parts(self, world: DayWorld) -> None:
        world.technician("Ana")
        world.warehouse("house", {"P-1": 1})
        world.visit("V1", parts={"P-1": 1})

        def unloaded(snapshot: Snapshot, _: Plan) -> Plan:
            plan = tours(snapshot.problem, Ana="house V1")
            return replace(
                plan,
                routes=tuple(
                    replace(route, stops=tuple(replace(stop, loads=()) for stop in route.stops))
                    for route in plan.routes
                ),
            )

        self.refused(world, world.propose(plan=unloaded))

    def test_about_a_visit_on_two_days(self, world: DayWorld) -> None:
        world.technician("Ana")
        world.technician("Bia")
        world.visit("V1")

        def twice(snapshot: Snapshot, _: Plan) -> Plan:
            one, other = tours(snapshot.problem, Ana="V1"), tours(snapshot.problem, Bia="V1")
            return replace(one, routes=(*one.routes, *other.routes))

        self.refused(world, world.propose(plan=twice))
