"""Taking an applied run back: what was published before is published again, and nothing else is touched."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from fieldsvc.domain.catalogue import PostponeReason
from fieldsvc.domain.errors import Conflict, Erased, Forbidden, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import OptimizationRun, Shift, Ticket, Visit, VisitWindow
from fieldsvc.persistence.database import Database
from fieldsvc.services import visits
from fieldsvc.services.visit_returns import Postponement, postpone_visit
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import assert_sound, busy_day, counts, place, planner, published


@pytest.fixture
def world(database: Database) -> DayWorld:
    made = DayWorld(database)
    yield made
    assert_sound(made)


def applied(world: DayWorld, **wanted: str) -> UUID:
    run_id = world.propose(plan=planner(**wanted))
    world.apply(run_id)
    return run_id


def window(world: DayWorld, number: str) -> tuple[datetime | None, datetime | None]:
    visit = world.row(Visit, world.visits[number])
    return visit.arrival_window_start, visit.arrival_window_end


class TestTheWayBack:
    def test_the_first_plan_of_a_day_is_taken_off_it(self, world: DayWorld) -> None:
        busy_day(world)
        before, rows = published(world), counts(world)
        run = world.revert(applied(world, Ana="house V1 V2 V3", Bia="V4"))
        assert (run.state, run.reverted_at) == (RunState.REVERTED, world.clock.now())
        assert run.reversal == {"left_out": [], "visits_dropped": 4}
        assert published(world) == before
        assert counts(world)[1:] == rows[1:] == (0, 0, 0)
        ticket = world.row(Visit, world.visits["V1"]).ticket_id
        assert world.row(Ticket, ticket).state is TicketState.TRIAGED

    def test_what_was_moved_goes_back_to_the_second(self, world: DayWorld) -> None:
        busy_day(world, technicians=3, visits=7)
        applied(world, Ana="house V1 V2 V3", Bia="V4", Caio="house V5")
        before, rows = published(world), counts(world)
        run = world.revert(applied(world, Ana="V2 V4", Bia="house V1 V5 V6", Caio="house V7"))
        assert published(world) == before
        assert counts(world)[1:] == rows[1:]
        assert run.reversal is not None
        assert run.reversal["left_out"] == []

    def test_a_visit_in_the_middle_of_nothing_goes_back_to_its_hour(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        place(world, "V2", 15, ana)
        before = published(world)
        world.revert(applied(world, Bia="V2"))
        assert published(world) == before

    def test_a_crew_and_its_parts_go_back_too(self, world: DayWorld) -> None:
        for name in ("Ana", "Bia", "Caio"):
            world.technician(name, stock={"P-1": 1})
        world.visit("V1", windows=[(9, 10)])
        world.visit("V2", crew_size=2, parts={"P-1": 1})
        applied(world, Bia="V2", Ana="V1 V2")
        before = published(world)
        world.revert(applied(world, Caio="V2 V1", Ana="V2"))
        assert published(world) == before

    def test_the_customer_has_the_window_of_before(self, world: DayWorld) -> None:
        busy_day(world)
        applied(world, Ana="V2")
        was = world.row(Visit, world.visits["V2"])
        run_id = applied(world, Ana="house V1 V3 V5 V4 V2")
        moved = world.row(Visit, world.visits["V2"])
        assert moved.arrival_window_start != was.arrival_window_start
        world.revert(run_id)
        back = world.row(Visit, world.visits["V2"])
        assert (back.arrival_window_start, back.arrival_window_end) == (
            was.arrival_window_start,
            was.arrival_window_end,
        )
        assert world.row(Visit, world.visits["V1"]).arrival_window_start is None

    def test_of_a_run_of_which_days_were_skipped_the_others_go_back(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        applied(world, Ana="V2", Bia="V4")
        before = published(world)
        run_id = world.propose(plan=planner(Ana="house V3 V2", Bia="V4 house V1"))
        assert world.apply(run_id, bia).state is RunState.PARTLY_APPLIED
        run = world.revert(run_id)
        assert run.state is RunState.REVERTED
        assert published(world) == before
        assert world.holder_of("V2") == ana.id

    def test_runs_go_back_one_after_another(self, world: DayWorld) -> None:
        busy_day(world)
        nothing = published(world)
        one = applied(world, Ana="V2 V4")
        first = published(world)
        other = applied(world, Bia="V4 V2")
        with pytest.raises(Conflict) as refused:
            world.revert(one)
        assert refused.value.code == "run_overtaken"
        assert world.row(OptimizationRun, other).number in refused.value.detail
        world.revert(other)
        assert published(world) == first
        world.revert(one)
        assert published(world) == nothing

    def test_the_phones_are_told_if_wanted(self, world: DayWorld) -> None:
        busy_day(world)
        applied(world, Ana="V2")
        run = world.revert(applied(world, Bia="V2"), dispatches=True)
        assert world.state_of("V2") is VisitState.DISPATCHED
        assert run.reversal == {"left_out": [], "visits_reassigned": 1, "visits_dispatched": 1}

    def test_each_visit_that_moves_has_one_event(self, world: DayWorld) -> None:
        busy_day(world)
        applied(world, Ana="V2 V4")
        run_id = applied(world, Ana="V2", Bia="V4")
        world.revert(run_id)
        assert [one.kind for one in world.events(world.visits["V2"])] == ["visit_planned"]
        assert [one.kind for one in world.events(world.visits["V4"])] == [
            "visit_planned",
            "visit_reassigned",
            "visit_reassigned",
        ]
        assert [one.kind for one in world.events(run_id)][-1] == "run_reverted"


class TestWhatHappenedMeanwhile:
    def test_somebody_has_set_off_to_what_it_moved(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2", Bia="V4"))
        world.apply(run_id, dispatches=True)
        world.write(lambda uow: visits.accept_visit(uow, world.visits["V2"]), ana.actor)
        world.write(lambda uow: visits.depart(uow, world.visits["V2"]), ana.actor)
        before = published(world)
        with pytest.raises(Conflict) as refused:
            world.revert(run_id)
        assert refused.value.code == "visit_started"
        assert [fault.message for fault in refused.value.faults] == ["Visit V2 is en_route."]
        assert published(world) == before

    def test_somebody_works_at_what_it_left_where_it_was(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2 V4")), dispatches=True)
        run_id = applied(world, Ana="V2", Bia="V4")
        world.write(lambda uow: visits.accept_visit(uow, world.visits["V2"]), ana.actor)
        world.write(lambda uow: visits.depart(uow, world.visits["V2"]), ana.actor)
        started = published(world)["V2"]
        world.revert(run_id)
        assert published(world)["V2"] == started
        assert world.holder_of("V4") == ana.id

    def test_an_accepted_visit_that_had_no_place_before(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2", Bia="V4"))
        world.apply(run_id, dispatches=True)
        world.write(lambda uow: visits.accept_visit(uow, world.visits["V2"]), ana.actor)
        with pytest.raises(Conflict) as refused:
            world.revert(run_id)
        assert refused.value.code == "not_restorable"
        assert [fault.code for fault in refused.value.faults] == ["promise_in_the_way"]
        assert "V2 is accepted" in refused.value.faults[0].message
        assert world.state_of("V4") is VisitState.DISPATCHED

    def test_what_was_declined_or_taken_off_since_stays_off(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2 V4")), dispatches=True)
        run_id = applied(world, Ana="V4 house V1 V2")
        put_off = Postponement(PostponeReason.OTHER)
        world.write(lambda uow: postpone_visit(uow, world.visits["V2"], put_off), world.dispatcher)
        run = world.revert(run_id)
        assert run.reversal is not None
        assert run.reversal["left_out"] == ["V2"]
        assert world.state_of("V2") is VisitState.UNSCHEDULED
        assert world.holder_of("V4") == ana.id

    def test_what_no_longer_holds_is_taken_out_and_named(self, world: DayWorld) -> None:
        busy_day(world)
        applied(world, Ana="V2 V4")
        run_id = applied(world, Ana="V2", Bia="V4")
        world.write(
            lambda uow: uow.session.add(
                VisitWindow(id=uow.new_id(), visit_id=world.visits["V4"], earliest=world.at(20), latest=world.at(21))
            )
        )
        run = world.revert(run_id)
        assert run.reversal is not None
        assert run.reversal["left_out"] == ["V4"]
        assert world.state_of("V4") is VisitState.UNSCHEDULED

    def test_parts_that_were_used_up_are_not_counted_on_again(self, world: DayWorld) -> None:
        ana, _, house = busy_day(world)
        applied(world, Ana="house V1 V3")
        run_id = applied(world, Bia="V2")
        world.sell(house, "P-1", 4)
        run = world.revert(run_id)
        assert run.reversal is not None
        assert len(run.reversal["left_out"]) == 1
        assert {world.holder_of("V1"), world.holder_of("V3")} == {ana.id, None}

    def test_who_had_a_day_then_has_no_shift_any_more(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        applied(world, Ana="V2")
        run_id = applied(world, Bia="V2")
        world.write(lambda uow: uow.session.delete(uow.session.query(Shift).filter_by(technician_id=ana.id).one()))
        with pytest.raises(Conflict) as refused:
            world.revert(run_id)
        assert [fault.message for fault in refused.value.faults] == ["Ana has no shift on that day any more."]

    @pytest.mark.parametrize("number", ["V4", "N"])
    def test_what_somebody_has_planned_by_hand_since_is_not_planned_over(self, world: DayWorld, number: str) -> None:
        ana, *_ = busy_day(world)
        applied(world, Ana="V2")
        run_id = applied(world, Bia="V2")
        world.visit("N")
        place(world, number, 8.5, ana)
        before = published(world)
        with pytest.raises(Conflict) as refused:
            world.revert(run_id)
        assert (refused.value.code, [fault.message for fault in refused.value.faults]) == (
            "run_overtaken",
            [f"Visit {number} was planned since."],
        )
        assert published(world) == before

    def test_a_visit_that_was_put_on_another_day_keeps_it_and_its_window(self, world: DayWorld) -> None:
        _, bia, _ = busy_day(world)
        applied(world, Ana="V2")
        run_id = applied(world, Bia="V2")
        tomorrow = world.day.replace(day=world.day.day + 1)
        world.shift(bia.id, (8, 17), tomorrow)
        place(world, "V2", 0, bia, start=world.at(9, tomorrow))
        promised = window(world, "V2")
        with pytest.raises(Conflict):
            world.revert(run_id)
        assert window(world, "V2") == promised

    def test_a_run_of_before_this_was_kept(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = applied(world, Ana="V2")
        world.change(OptimizationRun, run_id, replaced=None)
        with pytest.raises(Conflict) as refused:
            world.revert(run_id)
        assert refused.value.code == "nothing_to_restore"

    def test_a_later_run_that_left_its_days_alone_does_not_matter(self, world: DayWorld) -> None:
        _, bia, _ = busy_day(world)
        run_id = applied(world, Ana="V2")
        world.apply(world.propose(bia, plan=planner(Bia="")))
        assert world.revert(run_id).state is RunState.REVERTED


class TestWhoAndHowOften:
    def test_twice_changes_nothing_more(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = applied(world, Ana="V2")
        first = world.revert(run_id)
        again = world.revert(run_id)
        assert (again.state, again.version) == (RunState.REVERTED, first.version)
        assert [one.kind for one in world.events(run_id)].count("run_reverted") == 1

    def test_what_was_not_applied(self, world: DayWorld) -> None:
        busy_day(world)
        with pytest.raises(TransitionRefused):
            world.revert(world.propose(plan=planner(Ana="V2")))

    def test_by_whom(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = applied(world, Ana="V2")
        outsider = world.user("outsider", Role.DISPATCHER, world.add_team("South"))
        with pytest.raises(NotFound):
            world.revert(run_id, by=outsider)
        for role in (Role.TECHNICIAN, Role.AGENT, Role.WAREHOUSE):
            with pytest.raises(Forbidden):
                world.revert(run_id, by=world.user(role.value, role))
        with pytest.raises(StaleVersion):
            world.revert(run_id, version=world.row(OptimizationRun, run_id).version - 1)
        assert world.state_of("V2") is VisitState.PLANNED
        chief = world.user("chief", Role.SUPERVISOR)
        assert world.revert(run_id, by=chief).state is RunState.REVERTED

    def test_what_it_planned_from_was_erased(self, world: DayWorld) -> None:
        busy_day(world)
        run_id = applied(world, Ana="V2")
        world.change(OptimizationRun, run_id, snapshot=None)
        with pytest.raises(Erased):
            world.revert(run_id)

    def test_what_fails_half_way_leaves_everything(self, world: DayWorld) -> None:
        busy_day(world)
        applied(world, Ana="V2 V4")
        run_id = applied(world, Ana="house V1", Bia="V4 V2")
        before, rows = published(world), counts(world)

        def fail_at_the_end(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith("INSERT INTO audit_entries"):
                raise ConnectionError("the cable is out")

        event.listen(world.database.engine, "before_cursor_execute", fail_at_the_end)
        with pytest.raises(ConnectionError):
            world.revert(run_id)
        event.remove(world.database.engine, "before_cursor_execute", fail_at_the_end)
        assert (published(world), counts(world)) == (before, rows)
        assert world.row(OptimizationRun, run_id).state is RunState.APPLIED
