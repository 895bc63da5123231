"""Applying a proposal: what is published, what is skipped, and that nothing else changes."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select

from fieldsvc.adapters.travel import EstimatedTravel
from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.domain.errors import Forbidden, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import OptimizationRun, PlannedPart, PlannedRoute, Shift, Ticket, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services import visits
from fieldsvc.services.applications import ApplyOptions, apply_run
from fieldsvc.services.runs import discard_run
from solver.plan import Plan
from tests.fieldsvc.day_world import DayWorld, without
from tests.fieldsvc.services.run_world import assert_sound, busy_day, counts, planner, published, skipped, tours


@pytest.fixture
def world(database: Database) -> DayWorld:
    made = DayWorld(database)
    yield made
    assert_sound(made)


class TestEverything:
    def test_a_whole_proposal_is_published(self, world: DayWorld) -> None:
        ana, bia, house = busy_day(world)
        run = world.apply(world.propose(plan=planner(Ana="house V1 V2 V3", Bia="V4")))
        assert run.state is RunState.APPLIED
        assert run.application["skipped"] == []
        assert run.application["visits_planned"] == 4
        assert set(run.application["technicians"]) == {ana.solver_id, bia.solver_id}
        assert (run.applied_at, run.applied_by) == (world.clock.now(), world.dispatcher.user_id)
        assert [world.state_of(f"V{number}") for number in range(1, 6)] == [
            VisitState.PLANNED,
            VisitState.PLANNED,
            VisitState.PLANNED,
            VisitState.PLANNED,
            VisitState.UNSCHEDULED,
        ]
        assert [world.holder_of(f"V{number}") for number in (1, 2, 3, 4, 5)] == [ana.id, ana.id, ana.id, bia.id, None]
        assert counts(world) == (4, 2, 1, 2)
        with world.database.read_only() as session:
            sources = session.scalars(select(PlannedPart)).all()
            assert {one.location_id for one in sources} == {house}
            assert None not in {one.pickup_id for one in sources}
        for number in ("V1", "V4"):
            visit = world.row(Visit, world.visits[number])
            assert visit.arrival_window_start <= visit.planned_start <= visit.arrival_window_end
            assert visit.published_run_id == run.id

    def test_one_event_for_each_visit_that_changed(self, world: DayWorld) -> None:
        busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2", Bia="V4")))
        for number, kinds in (("V2", ["visit_planned"]), ("V4", ["visit_planned"]), ("V5", [])):
            assert [one.kind for one in world.events(world.visits[number])] == kinds

    def test_tickets_follow(self, world: DayWorld) -> None:
        busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2")))
        states = [world.row(Ticket, world.row(Visit, world.visits[number]).ticket_id).state for number in ("V2", "V4")]
        assert states == [TicketState.IN_PROGRESS, TicketState.TRIAGED]

    def test_the_phones_can_be_told_at_once(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        run = world.apply(world.propose(plan=planner(Ana="V2", Bia="V4")), dispatches=True)
        assert run.application["visits_dispatched"] == 2
        assert world.state_of("V2") is VisitState.DISPATCHED
        assert [one.kind for one in world.events(world.visits["V2"])] == ["visit_planned", "visit_dispatched"]
        world.write(lambda uow: visits.accept_visit(uow, world.visits["V2"]), ana.actor)
        assert world.state_of("V2") is VisitState.ACCEPTED

    def test_a_planned_day_is_dispatched_by_a_later_run_that_changes_nothing(self, world: DayWorld) -> None:
        busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2")))
        before = published(world)["V2"]
        world.apply(world.propose(plan=planner(Ana="V2")), dispatches=True)
        after = published(world)["V2"]
        assert (before[0], after[0]) == (VisitState.PLANNED, VisitState.DISPATCHED)
        assert before[1:4] == after[1:4]

    def test_an_empty_day_of_nobody_is_no_fault(self, world: DayWorld) -> None:
        world.technician("Ana")
        assert world.apply(world.propose()).state is RunState.APPLIED

    def test_twice_is_refused(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2"))
        world.apply(run_id)
        before = published(world)
        with pytest.raises(TransitionRefused):
            world.apply(run_id)
        assert published(world) == before

    def test_a_discarded_one_is_refused(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2"))
        world.write(lambda uow: discard_run(uow, run_id), world.dispatcher)
        with pytest.raises(TransitionRefused):
            world.apply(run_id)

    def test_whose_proposal_it_is(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2"))
        outsider = world.user("outsider", Role.DISPATCHER, world.add_team("South"))
        agent = world.user("agent", Role.AGENT)
        with pytest.raises(NotFound):
            world.apply(run_id, by=outsider)
        with pytest.raises(Forbidden):
            world.apply(run_id, by=agent)
        version = world.row(OptimizationRun, run_id).version
        with pytest.raises(StaleVersion):
            world.write(lambda uow: apply_run(uow, run_id, ApplyOptions(), version - 1), world.dispatcher)
        assert world.state_of("V2") is VisitState.UNSCHEDULED

    def test_what_fails_half_way_leaves_nothing(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = world.propose(plan=planner(Ana="house V1 V2", Bia="V4"))
        before, rows = published(world), counts(world)

        def fail_at_the_end(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith("INSERT INTO audit_entries"):
                raise ConnectionError("the cable is out")

        event.listen(world.database.engine, "before_cursor_execute", fail_at_the_end)
        with pytest.raises(ConnectionError):
            world.apply(run_id, dispatches=True)
        event.remove(world.database.engine, "before_cursor_execute", fail_at_the_end)
        assert (published(world), counts(world)) == (before, rows)
        assert world.row(OptimizationRun, run_id).state is RunState.PROPOSED
        assert world.apply(run_id).state is RunState.APPLIED


class TestOverAgain:
    def test_an_untouched_plan_proposed_again_changes_nothing(self, world: DayWorld) -> None:
        busy_day(world)
        world.apply(world.propose(plan=planner(Ana="house V1 V2", Bia="house V3 V4")))
        before = published(world)
        again = world.propose(plan=planner(Ana="house V1 V2", Bia="house V3 V4"))
        assert world.row_with_result(again).result["differences"] == []
        run = world.apply(again)
        assert run.state is RunState.APPLIED
        assert published(world) == before
        assert [one.kind for one in world.events(world.visits["V1"])] == ["visit_planned"]

    def test_given_to_somebody_else(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2 V4")), dispatches=True)
        run = world.apply(world.propose(plan=planner(Ana="V2", Bia="V4")))
        assert (world.holder_of("V2"), world.holder_of("V4")) == (ana.id, bia.id)
        assert (world.state_of("V2"), world.state_of("V4")) == (VisitState.DISPATCHED, VisitState.PLANNED)
        assert run.application["visits_reassigned"] == 1

    def test_left_out(self, world: DayWorld) -> None:
        busy_day(world)
        world.apply(world.propose(plan=planner(Ana="house V1 V2")), dispatches=True)
        run = world.apply(world.propose(plan=planner(Ana="V2")))
        assert run.application["visits_dropped"] == 1
        assert world.state_of("V1") is VisitState.UNSCHEDULED
        assert world.row(Visit, world.visits["V1"]).planned_start is None
        assert counts(world)[1:3] == (0, 0)
        ticket = world.row(Visit, world.visits["V1"]).ticket_id
        assert world.row(Ticket, ticket).state is TicketState.TRIAGED

    def test_a_day_that_becomes_empty(self, world: DayWorld) -> None:
        busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2", Bia="V4")))
        world.apply(world.propose(plan=planner(Bia="V4 V2")))
        with world.database.read_only() as session:
            assert len(session.scalars(select(PlannedRoute)).all()) == 1

    def test_a_start_that_moves_little_stays_on_the_phone(self, world: DayWorld) -> None:
        busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2")), dispatches=True)

        def later(snapshot: Snapshot, _: Plan) -> Plan:
            plan = tours(snapshot.problem, Ana="V2")
            (route,) = plan.routes
            moved = tuple(replace(stop, start_s=stop.start_s + 600, end_s=stop.end_s + 600) for stop in route.stops)
            return replace(plan, routes=(replace(route, stops=moved, return_s=route.return_s + 600),))

        run = world.apply(world.propose(plan=later))
        assert run.application["visits_retimed"] == 1
        assert world.state_of("V2") is VisitState.DISPATCHED

    def test_every_open_visit_is_published_once_or_not_at_all(self, world: DayWorld) -> None:
        busy_day(world, technicians=3, visits=9)
        world.apply(world.propose())
        world.apply(world.propose(plan=lambda _, plan: without(plan)))
        found = published(world)
        assert len(found) == 9
        for state, _, _, _, own in found.values():
            assert len(own) == (state is VisitState.PLANNED)


class TestChangedMeanwhile:
    def test_a_declined_visit_leaves_its_day_out(self, world: DayWorld) -> None:
        ana, _, _ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2 V4")), dispatches=True)
        run_id = world.propose(plan=planner(Ana="V4 V2", Bia="house V1"))
        world.write(lambda uow: visits.decline_visit(uow, world.visits["V2"], visits.DeclineReason.TOO_FAR), ana.actor)
        before = published(world)
        run = world.apply(run_id)
        assert run.state is RunState.PARTLY_APPLIED
        assert set(skipped(run)) == {"Ana"}
        assert world.state_of("V1") is VisitState.PLANNED
        after = published(world)
        assert {number: after[number] for number in ("V2", "V4")} == {number: before[number] for number in ("V2", "V4")}

    def test_connected_days_are_left_out_with_it(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world, technicians=3)
        world.apply(world.propose(plan=planner(Ana="V2 V4")), dispatches=True)
        run_id = world.propose(plan=planner(Ana="V2", Bia="V4", Caio="house V1"))
        world.write(lambda uow: visits.accept_visit(uow, world.visits["V2"]), ana.actor)
        run = world.apply(run_id)
        assert run.state is RunState.PARTLY_APPLIED
        assert set(skipped(run)) == {"Ana", "Bia"}
        assert "Ana" in skipped(run)["Bia"]
        assert world.holder_of("V4") == ana.id
        assert world.state_of("V1") is VisitState.PLANNED

    def test_a_cancelled_visit(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2", Bia="V4"))

        def cancel(uow: Any) -> None:
            visit = uow.get(Visit, world.visits["V2"])
            uow.record(visit, "visit_cancelled", visit.state, VisitState.CANCELLED)
            visit.state = VisitState.CANCELLED

        world.write(cancel)
        run = world.apply(run_id)
        assert set(skipped(run)) == {"Ana"}
        assert (world.state_of("V2"), world.state_of("V4")) == (VisitState.CANCELLED, VisitState.PLANNED)

    def test_a_changed_visit_that_the_plan_leaves_out_disturbs_nobody(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2"))
        world.change(Visit, world.visits["V5"], service_s=1200)
        assert world.apply(run_id).state is RunState.APPLIED

    def test_nothing_left_is_stale(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2", Bia="V4"))
        for number in ("V2", "V4"):
            world.change(Visit, world.visits[number], service_s=1200)
        before = published(world)
        run = world.apply(run_id)
        assert (run.state, run.applied_at) == (RunState.STALE, None)
        assert published(world) == before
        assert set(skipped(run)) == {"Ana", "Bia"}

    def test_a_technician_who_fell_ill(self, world: DayWorld) -> None:
        ana, _, _ = busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2", Bia="V4"))
        world.absence(ana, (0, 24))
        run = world.apply(run_id)
        assert set(skipped(run)) == {"Ana"}
        assert (world.state_of("V2"), world.state_of("V4")) == (VisitState.UNSCHEDULED, VisitState.PLANNED)

    def test_a_shift_that_is_gone(self, world: DayWorld) -> None:
        ana, _, _ = busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2", Bia="V4"))
        world.write(
            lambda uow: uow.session.delete(
                uow.session.scalars(select(Shift).where(Shift.technician_id == ana.id)).one()
            )
        )
        run = world.apply(run_id)
        assert world.state_of("V2") is VisitState.UNSCHEDULED
        assert world.state_of("V4") is VisitState.PLANNED
        assert run.state is RunState.PARTLY_APPLIED
        assert set(skipped(run)) == {"Ana"}

    def test_stock_that_was_sold_leaves_out_those_who_count_on_it(self, world: DayWorld) -> None:
        _, _, house = busy_day(world)
        run_id = world.propose(plan=planner(Ana="house V1", Bia="V4"))
        world.sell(house, "P-1", 5)
        run = world.apply(run_id)
        assert set(skipped(run)) == {"Ana"}
        assert (world.state_of("V1"), world.state_of("V4")) == (VisitState.UNSCHEDULED, VisitState.PLANNED)

    def test_stock_that_is_there_for_one_of_two(self, world: DayWorld) -> None:
        _, _, house = busy_day(world)
        run_id = world.propose(plan=planner(Ana="house V1", Bia="house V3"))
        world.sell(house, "P-1", 4)
        assert len(skipped(world.apply(run_id))) == 1

    def test_van_stock_that_was_used(self, world: DayWorld) -> None:
        ana = world.technician("Ana", stock={"P-1": 1})
        world.visit("V1", parts={"P-1": 1})
        run_id = world.propose(plan=planner(Ana="V1"))
        world.sell(ana.van, "P-1", 1)
        assert world.apply(run_id).state is RunState.STALE

    def test_a_day_emptied_and_published_anew_has_changed_although_it_has_its_old_version(
        self, world: DayWorld
    ) -> None:
        south = world.add_team("South")
        ana, _ = world.technician("Ana"), world.technician("Bia")  # without Bia's day the proposal would be superseded
        world.lend(ana, south)
        world.visit("V1")
        world.visit("V2")
        world.visit("S1", team=south)
        chief = world.user("chief", Role.DISPATCHER, south)
        world.apply(world.propose(plan=planner(Ana="V1")))
        late = world.propose(plan=planner(Ana="V1 V2"))
        world.apply(world.propose(plan=lambda snapshot, _: replace(tours(snapshot.problem), routes=())))
        world.apply(world.propose(plan=planner(Ana="S1"), team=south, by=chief), by=chief)
        run = world.apply(late)
        assert (run.state, set(skipped(run))) == (RunState.PARTLY_APPLIED, {"Ana"})
        assert (world.holder_of("S1"), world.holder_of("V2")) == (ana.id, None)


class TestWhileTheDayRuns:
    """Time goes by between a proposal and its application, and that alone is no change."""

    def test_there_is_time_to_decide(self, world: DayWorld) -> None:
        busy_day(world)
        world.clock.moment = world.at(10)
        run_id = world.propose(plan=planner(Ana="V2", Bia="V4"))
        world.clock.pass_by(minutes=9)
        assert world.apply(run_id).state is RunState.APPLIED
        assert world.row(Visit, world.visits["V2"]).planned_start > world.clock.now()

    def test_but_not_for_ever(self, world: DayWorld) -> None:
        busy_day(world)
        world.clock.moment = world.at(10)
        run_id = world.propose(plan=planner(Ana="V2", Bia="V4"))
        world.clock.pass_by(minutes=30)
        run = world.apply(run_id)
        assert run.state is RunState.STALE
        assert set(skipped(run)) == {"Ana", "Bia"}

    def test_work_that_takes_longer_than_planned_does_not_stop_it(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2")), dispatches=True)
        world.clock.moment = world.row(Visit, world.visits["V2"]).planned_start
        for step in ("accept_visit", "depart", "check_in", "start_work"):
            extra = (None, 300) if step == "check_in" else ()
            world.write(lambda uow: getattr(visits, step)(uow, world.visits["V2"], *extra), ana.actor)  # noqa: B023
        world.clock.pass_by(hours=2)
        run_id = world.propose(plan=planner(Ana="V2 V4", Bia="house V1"))
        world.clock.pass_by(minutes=5)
        assert world.apply(run_id).state is RunState.APPLIED
        assert world.row(Visit, world.visits["V4"]).planned_start > world.clock.now()


class SlowBicycles(EstimatedTravel):
    """A bicycle takes three times as long as a car."""

    def matrix(self, points: Any, profile: str) -> Any:
        seconds, metres = super().matrix(points, profile)
        return (seconds * 3 if profile == "bicycle" else seconds), metres


def test_everybody_drives_what_they_have(world: DayWorld) -> None:
    world.travel = SlowBicycles()
    for name, vehicle in (("Ana", "bicycle"), ("Bia", "car")):
        world.technician(name, travel_profile=vehicle)
    world.visit("V1")
    world.visit("V2")
    run = world.apply(world.propose(plan=planner(Ana="V1", Bia="V2")))
    assert skipped(run) == {}
