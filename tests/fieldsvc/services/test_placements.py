"""Planning by hand: where a visit comes to stand, what that breaks, and who may."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from fieldsvc.domain.catalogue import OverrideReason, PostponeReason
from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Override, PlannedPart, PlannedPickup, PlannedRoute, Ticket, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services import visits
from fieldsvc.services.sending import dispatch_visit
from fieldsvc.services.visit_returns import Postponement, postpone_visit
from tests.fieldsvc.day_world import DayWorld, Person
from tests.fieldsvc.services.run_world import assert_sound, busy_day, place, planner, published


@pytest.fixture
def world(database: Database) -> DayWorld:
    made = DayWorld(database)
    yield made
    assert_sound(made)


def overrides(world: DayWorld) -> set[tuple[UUID, str]]:
    with world.database.read_only() as session:
        return {(one.visit_id, one.rule) for one in session.scalars(select(Override))}


def kinds(world: DayWorld, number: str) -> list[str]:
    return [one.kind for one in world.events(world.visits[number])]


class TestWhereItHolds:
    def test_a_waiting_visit_gets_its_place(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        outcome = place(world, "V2", 10.25, ana)
        assert outcome.notices == ()
        visit = world.row(Visit, world.visits["V2"])
        assert (visit.state, visit.planned_start, visit.published_run_id) == (VisitState.PLANNED, world.at(10.25), None)
        assert visit.arrival_window_start <= visit.planned_start <= visit.arrival_window_end
        assert world.holder_of("V2") == ana.id
        assert kinds(world, "V2") == ["visit_planned"]
        assert world.events(visit.id)[0].actor_id == world.dispatcher.user_id
        assert world.row(Ticket, visit.ticket_id).state is TicketState.IN_PROGRESS
        assert overrides(world) == set()

    def test_a_part_that_is_not_on_the_van_is_fetched(self, world: DayWorld) -> None:
        ana, _, house = busy_day(world)
        place(world, "V1", 11, ana)
        with world.database.read_only() as session:
            (part,) = session.scalars(select(PlannedPart)).all()
        assert part.location_id == house
        assert part.pickup_id is not None

    def test_it_moves_to_somebody_else_and_both_days_are_right(self, world: DayWorld) -> None:
        _, bia, _ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2 V4", Bia="house V1")), dispatches=True)
        before = published(world)
        place(world, "V4", 15, bia)
        after = published(world)
        assert (world.holder_of("V4"), world.state_of("V4")) == (bia.id, VisitState.PLANNED)
        assert after["V2"] == before["V2"]
        assert after["V1"] == before["V1"]
        with world.database.read_only() as session:
            returns = {one.technician_id: one.returns_at for one in session.scalars(select(PlannedRoute))}
        assert returns[bia.id] > world.at(15.5)

    def test_a_day_that_loses_its_only_visit_is_empty(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2")))
        place(world, "V2", 12, bia)
        with world.database.read_only() as session:
            assert [one.technician_id for one in session.scalars(select(PlannedRoute))] == [bia.id]
        assert world.holder_of("V2") != ana.id

    def test_to_another_day(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2 V4")), dispatches=True)
        tomorrow = world.day.replace(day=world.day.day + 1)
        world.shift(bia.id, (8, 17), tomorrow)
        place(world, "V4", 0, bia, start=world.at(9, tomorrow))
        assert world.holder_of("V4") == bia.id
        assert world.row(Visit, world.visits["V4"]).planned_start == world.at(9, tomorrow)
        assert world.holder_of("V2") == ana.id
        assert world.apply(world.propose(plan=planner(Ana="V2"))).state is RunState.APPLIED
        assert world.state_of("V4") is VisitState.PLANNED

    def test_a_crew(self, world: DayWorld) -> None:
        ana, bia = world.technician("Ana"), world.technician("Bia")
        world.visit("V1", crew_size=2)
        place(world, "V1", 11, bia, ana)
        (_, _, _, _, own) = published(world)["V1"]
        assert {one[0] for one in own} == {ana.id, bia.id}

    def test_the_same_again_changes_nothing(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        place(world, "V2", 10, ana)
        before = published(world)
        place(world, "V2", 10, ana)
        assert published(world) == before
        assert kinds(world, "V2") == ["visit_planned"]

    def test_a_lock_keeps_it_there_whatever_runs_say(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        place(world, "V2", 10, ana, is_locked=True)
        snapshot = world.snapshot()
        lock = snapshot.problem.job_by_id["V2"].lock
        assert lock is not None
        assert (lock.shifts, lock.start_range.start) == (
            (f"{ana.id}/{world.day}",),
            snapshot.horizon.second(world.at(10)),
        )
        place(world, "V2", 10, ana)
        assert world.snapshot().problem.job_by_id["V2"].lock is None
        assert kinds(world, "V2") == ["visit_planned", "visit_locked", "visit_unlocked"]


class TestTheOthers:
    def test_stay_where_they_are(self, world: DayWorld) -> None:
        """Whatever would be earlier, shorter or cheaper."""
        ana, bia, _ = busy_day(world)
        place(world, "V2", 15, ana)
        world.write(lambda uow: dispatch_visit(uow, world.visits["V2"]), world.dispatcher)
        world.write(lambda uow: visits.accept_visit(uow, world.visits["V2"]), ana.actor)
        before = published(world)["V2"][:5]
        place(world, "V4", 10, ana)
        assert published(world)["V2"][:4] == before[:4]
        place(world, "V4", 11, bia)
        assert published(world)["V2"][:4] == before[:4]

    def test_keep_their_parts_and_breaks_when_the_day_breaks_something(self, world: DayWorld) -> None:
        lunch = {"earliest_s": 43_200, "latest_s": 46_800, "duration_s": 1800, "is_paid": False}
        ana = world.technician("Ana", breaks=[lunch])
        house = world.warehouse("house", {"P-1": 1, "P-2": 1})
        for number, parts in (("A", {"P-1": 1}), ("B", {"P-2": 1}), ("N", None)):
            world.visit(number, parts=parts)
        world.apply(world.propose(plan=planner(Ana="house A B")))
        world.lose(house, "P-2", 1)
        place(world, "N", 15, ana)
        with world.database.read_only() as session:
            claimed = {world.part("P-1"): house, world.part("P-2"): house}
            found = {one.part_id: one.location_id for one in session.scalars(select(PlannedPart))}
            (route,) = session.scalars(select(PlannedRoute)).all()
        assert found.items() <= claimed.items()
        assert world.part("P-1") in found
        assert len(route.breaks) == 1
        assert route.departs_at >= world.at(8)

    def test_what_was_accepted_of_them_is_accepted_still_when_they_are_pushed(self, world: DayWorld) -> None:
        busy_day(world)
        caio = world.technician("Caio")
        place(world, "V2", 10, caio, reason=OverrideReason.OTHER)
        world.visit("N", service_s=1800)
        place(world, "N", 9.6, caio)
        assert overrides(world) == {(world.visits["V2"], "skills")}
        assert world.row(Visit, world.visits["V2"]).planned_start > world.at(10)

    def test_that_have_to_follow_it_elsewhere_are_named(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        world.visit("N")
        world.visit("W", after=[("N", 0)])
        place(world, "N", 9, ana)
        place(world, "W", 11, bia)
        with pytest.raises(Conflict) as refused:
            place(world, "N", 15, ana)
        assert [fault.message for fault in refused.value.faults] == [
            "W: has to follow visit N, and starts before its end"
        ]


class TestTheDayItLeaves:
    def test_has_neither_a_route_nor_a_stop_for_it_alone(self, world: DayWorld) -> None:
        ana, _, _ = busy_day(world)
        tomorrow = world.day.replace(day=world.day.day + 1)
        world.shift(ana.id, (8, 17), tomorrow)
        world.apply(world.propose(plan=planner(Ana="house V1")))
        place(world, "V1", 0, ana, start=world.at(10, tomorrow))
        with world.database.read_only() as session:
            assert {one.day for one in session.scalars(select(PlannedRoute))} == {tomorrow}
            assert {one.day for one in session.scalars(select(PlannedPickup))} == {tomorrow}


class TestWhatItBreaks:
    def test_a_lacking_skill_gives_up_neither_part_nor_break(self, world: DayWorld) -> None:
        lunch = {"earliest_s": 43_200, "latest_s": 46_800, "duration_s": 1800, "is_paid": False}
        ana = world.technician("Ana", breaks=[lunch])
        world.warehouse("house", {"P-1": 1})
        world.visit("N", skills={"gas": 1}, parts={"P-1": 1})
        with pytest.raises(Conflict) as refused:
            place(world, "N", 10, ana)
        assert [fault.code for fault in refused.value.faults] == ["skills"]
        place(world, "N", 10, ana, reason=OverrideReason.EMERGENCY)
        with world.database.read_only() as session:
            assert len(session.scalars(select(PlannedPart)).all()) == 1
            assert len(session.scalars(select(PlannedRoute)).one().breaks) == 1

    def test_what_it_makes_worse_is_named(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.visit("N", windows=[(10, 11)])
        place(world, "N", 11.2, ana, reason=OverrideReason.OTHER)
        world.visit("M", service_s=4 * 3600)
        with pytest.raises(Conflict) as refused:
            place(world, "M", 10.5, ana)
        assert any(fault.message.startswith("N:") for fault in refused.value.faults)

    def test_without_a_reason_every_rule_is_named_and_nothing_happens(self, world: DayWorld) -> None:
        busy_day(world)
        caio = world.technician("Caio", works=(8, 12))
        with pytest.raises(Conflict) as refused:
            place(world, "V2", 16, caio)
        assert refused.value.code == "rules_broken"
        assert {"skills", "shifts"} <= {fault.code for fault in refused.value.faults}
        assert "gas" in next(fault.message for fault in refused.value.faults if fault.code == "skills")
        assert world.state_of("V2") is VisitState.UNSCHEDULED
        assert kinds(world, "V2") == []

    def test_with_a_reason_it_stands_there_and_each_rule_is_stored(self, world: DayWorld) -> None:
        busy_day(world)
        caio = world.technician("Caio")
        outcome = place(world, "V2", 10, caio, reason=OverrideReason.EMERGENCY)
        assert [one.code for one in outcome.notices] == ["overridden_skills"]
        assert world.holder_of("V2") == caio.id
        assert overrides(world) == {(world.visits["V2"], "skills")}
        assert kinds(world, "V2") == ["visit_planned", "rules_overridden"]
        event = world.events(world.visits["V2"])[-1]
        assert (event.reason, event.data) == ("emergency", {"rules": ["skills"]})

    def test_what_comes_after_is_pushed_back(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.visit("V6", windows=[(10, 10)], skills={"gas": 1})
        place(world, "V6", 10, ana)
        with pytest.raises(Conflict) as refused:
            place(world, "V2", 9.9, ana)
        assert any("V6" in fault.message for fault in refused.value.faults)
        place(world, "V2", 9.9, ana, reason=OverrideReason.CUSTOMER_WISH)
        assert world.row(Visit, world.visits["V6"]).planned_start > world.at(10)

    def test_a_word_about_a_rule_ends_with_the_place_it_was_about(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        caio = world.technician("Caio")
        place(world, "V2", 10, caio, reason=OverrideReason.OTHER)
        place(world, "V2", 12, ana)
        assert overrides(world) == set()
        place(world, "V2", 10, caio, reason=OverrideReason.OTHER)
        world.write(
            lambda uow: postpone_visit(uow, world.visits["V2"], Postponement(PostponeReason.OTHER)), world.dispatcher
        )
        assert overrides(world) == set()

    def test_a_later_run_may_set_it_right(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        place(world, "V2", 10, world.technician("Caio"), reason=OverrideReason.OTHER)
        assert world.apply(world.propose(plan=planner(Ana="V2"))).state is RunState.APPLIED
        assert world.holder_of("V2") == ana.id
        assert overrides(world) == set()

    def test_what_the_day_broke_before_needs_no_reason(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        place(world, "V2", 10, ana)
        world.change(Visit, world.visits["V2"], service_s=3 * 3600)
        world.visit("V6", windows=[(11, 11)], skills={"gas": 1})
        place(world, "V6", 11, ana, reason=OverrideReason.OTHER)
        place(world, "V4", 16, ana)
        assert world.holder_of("V6") == ana.id


class TestWhoAndWhen:
    def test_all_faults_at_once(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        idle = world.technician("Idle", works=None)
        stranger = world.technician("Eva", team=world.add_team("South"))
        nobody = Person(uuid4(), uuid4(), ana.actor)
        world.clock.moment = world.at(12)
        with pytest.raises(Invalid) as refused:
            place(world, "V2", 10, idle, stranger, nobody, ana, ana)
        assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [
            ("no_shift", "/technician_ids/0"),
            ("unknown_reference", "/technician_ids/1"),
            ("unknown_reference", "/technician_ids/2"),
            ("duplicate", "/technician_ids/4"),
            ("out_of_range", "/start"),
        ]

    def test_who_may(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        for role in (Role.TECHNICIAN, Role.AGENT, Role.WAREHOUSE):
            with pytest.raises(Forbidden):
                place(world, "V2", 10, ana, by=world.user(role.value, role))
        with pytest.raises(NotFound):
            place(world, "V2", 10, ana, by=world.user("outsider", Role.DISPATCHER, world.add_team("South")))
        with pytest.raises(StaleVersion):
            place(world, "V2", 10, ana, version=7)
        for hour, role in ((10, Role.SUPERVISOR), (11, Role.ADMIN)):
            place(world, "V2", hour, ana, by=world.user(role.value, role))
            assert world.row(Visit, world.visits["V2"]).planned_start == world.at(hour)

    @pytest.mark.parametrize("state", [VisitState.EN_ROUTE, VisitState.WORKING])
    def test_what_has_begun_stays(self, world: DayWorld, state: VisitState) -> None:
        ana, bia, _ = busy_day(world)
        world.publish("V2", ana, 9, state=state, times={"departed_at": world.at(8), "arrived_at": world.at(9)})
        with pytest.raises(TransitionRefused):
            place(world, "V2", 12, bia)

    def test_nobody_is_put_where_he_is_at_work(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        times = {"departed_at": world.at(8), "arrived_at": world.at(8.5), "started_at": world.at(8.5)}
        world.publish("V2", ana, 9, state=VisitState.WORKING, times=times)
        world.clock.moment = world.at(8.6)
        with pytest.raises(Conflict) as refused:
            place(world, "V4", 8.7, ana, reason=OverrideReason.EMERGENCY)
        assert refused.value.code == "not_placeable"

    def test_an_accepted_visit_can_be_moved_and_is_asked_for_again(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2")), dispatches=True)
        world.write(lambda uow: visits.accept_visit(uow, world.visits["V2"]), ana.actor)
        place(world, "V2", 12, bia)
        assert (world.holder_of("V2"), world.state_of("V2")) == (bia.id, VisitState.PLANNED)
