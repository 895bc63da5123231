"""Visits as jobs: what they need, when they may start, how far a run may move them."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Assignment, Visit
from solver.check import violations
from solver.insertion import first_come_plan
from solver.itinerary import Itinerary
from solver.plan import Plan
from solver.problem import CommittedStop, Job, Lock, Predecessor, Previous, Window
from solver.units import MAX_TIME_S
from solver.validate import problem_object_faults
from tests.fieldsvc.day_world import DayWorld, Person

HOUR = 3600


def job_of(snapshot: Snapshot, number: str = "V1") -> Job:
    assert problem_object_faults(snapshot.problem) == []
    return snapshot.problem.job_by_id[number]


def numbers(snapshot: Snapshot) -> set[str]:
    assert problem_object_faults(snapshot.problem) == []
    return set(snapshot.problem.job_by_id)


def start_of(plan: Plan, number: str) -> int:
    return next(stop.start_s for route in plan.routes for stop in route.stops if stop.id == number)


@pytest.fixture
def ana(world: DayWorld) -> Person:
    return world.technician("Ana")


def test_what_a_visit_needs(world: DayWorld, ana: Person) -> None:
    world.visit(
        "V1",
        place=(-30.04, -51.22),
        windows=[(9, 11), (14, 16.5)],
        skills={"gas": 2, "water": 1},
        parts={"P-1": 2},
        tools=["ladder"],
        service_s_by_level={"3": 900, "2": 1200},
        territory="north",
        due_at=world.at(15),
        lateness_cents_per_minute=20,
        unplanned_penalty_cents=77,
        priority=1,
        crew_size=2,
    )
    job = job_of(world.snapshot())
    assert (job.service_s, job.service_s_by_level) == (1800, ((2, 1200), (3, 900)))
    assert job.windows == (Window(9 * HOUR, 11 * HOUR), Window(14 * HOUR, 59_400))
    assert (job.skills, job.parts, job.tools) == ({"gas": 2, "water": 1}, {"P-1": 2}, frozenset({"ladder"}))
    assert (job.territory, job.due_s, job.lateness_cents_per_minute) == ("north", 15 * HOUR, 20)
    assert (job.unplanned_penalty_cents, job.priority, job.crew_size) == (77, "emergency", 2)
    assert (job.lock, job.previous) == (None, None)
    assert world.snapshot().problem.locations[job.location].name == "Street of V1"


@pytest.mark.parametrize(
    ("windows", "belongs"),
    [
        ([], True),
        ([(9, 11)], True),
        ([(-3, -1)], False),
        ([(25, 27)], False),
        ([(-3, 0)], True),
        ([(24, 26)], False),
        ([(-30, -26), (10, 12), (48, 50)], True),
    ],
)
def test_an_unscheduled_visit_belongs_to_the_days_its_windows_touch(
    world: DayWorld, ana: Person, windows: list[tuple[float, float]], belongs: bool
) -> None:
    world.visit("V1", windows=windows)
    assert numbers(world.snapshot()) == ({"V1"} if belongs else set())


def test_visits_of_other_teams_and_closed_ones_are_not_looked_at(world: DayWorld, ana: Person) -> None:
    south = world.add_team("South")
    world.visit("V1", team=south)
    world.visit("V2")
    world.write(lambda uow: _cancel(uow, world.visits["V2"]))
    assert numbers(world.snapshot()) == set()


def _cancel(uow: object, visit_id: UUID) -> None:
    visit = uow.get(Visit, visit_id)  # type: ignore[attr-defined]
    visit.state = VisitState.CANCELLED
    uow.record(visit, "visit_cancelled", VisitState.UNSCHEDULED, VisitState.CANCELLED)  # type: ignore[attr-defined]


def test_a_visit_due_long_ago_or_far_ahead_is_no_fault(world: DayWorld, ana: Person) -> None:
    world.visit("V1", due_at=world.at(0) - timedelta(days=400), lateness_cents_per_minute=5)
    world.visit("V2", due_at=world.at(0) + timedelta(days=400), windows=[(-9000, 9000)])
    snapshot = world.snapshot()
    assert job_of(snapshot).due_s == -MAX_TIME_S
    assert job_of(snapshot, "V2").due_s == MAX_TIME_S


def test_two_visits_at_one_place_share_its_row(world: DayWorld, ana: Person) -> None:
    world.visit("V1")
    world.visit("V2")
    snapshot = world.snapshot()
    assert job_of(snapshot, "V1").location == job_of(snapshot, "V2").location
    assert len(snapshot.problem.locations) == 2


def test_a_planned_visit_moves_freely(world: DayWorld, ana: Person) -> None:
    world.visit("V1")
    world.publish("V1", ana, 9)
    job = job_of(world.snapshot())
    assert (job.lock, job.previous) == (None, None)


def test_a_dispatched_visit_carries_what_the_phone_shows(world: DayWorld, ana: Person) -> None:
    world.visit("V1")
    world.publish("V1", ana, 9, state=VisitState.DISPATCHED)
    job = job_of(world.snapshot())
    shift = f"{ana.id}/{world.day.isoformat()}"
    assert (job.lock, job.previous) == (None, Previous((shift,), 9 * HOUR, dispatched=True))


def test_an_accepted_visit_keeps_its_technician_and_the_promised_window(world: DayWorld, ana: Person) -> None:
    world.visit("V1")
    promised = {"arrival_window_start": world.at(8.5), "arrival_window_end": world.at(10.5)}
    world.publish("V1", ana, 9, state=VisitState.ACCEPTED, **promised)
    job = job_of(world.snapshot())
    shift = f"{ana.id}/{world.day.isoformat()}"
    assert job.lock == Lock((shift,), None, Window(30_600, 37_800))
    assert job.previous == Previous((shift,), 9 * HOUR, dispatched=True)


def test_the_locks_of_the_desk(world: DayWorld, ana: Person) -> None:
    shift = f"{ana.id}/{world.day.isoformat()}"
    for number in ("V1", "V2", "V3", "V4"):
        world.visit(number)
    world.publish("V1", ana, 9, position=0, locks_technician=True)
    world.publish("V2", ana, 10, position=1, locks_start=True)
    world.publish("V3", ana, 11, position=2, lock_earliest=world.at(11), lock_latest=world.at(12))
    world.publish("V4", ana, 12, position=3, locks_technician=True, locks_start=True)
    jobs = world.snapshot().problem.job_by_id
    assert jobs["V1"].lock == Lock((shift,))
    assert jobs["V2"].lock == Lock((), None, Window(10 * HOUR, 10 * HOUR))
    assert jobs["V3"].lock == Lock((), None, Window(11 * HOUR, 12 * HOUR))
    assert jobs["V4"].lock == Lock((shift,), None, Window(12 * HOUR, 12 * HOUR))


def test_two_locks_that_cannot_both_hold_leave_the_others_a_plan(world: DayWorld, ana: Person) -> None:
    for number in ("V1", "V2", "V3"):
        world.visit(number)
    world.publish("V1", ana, 9, position=0, locks_technician=True, locks_start=True)
    world.publish("V2", ana, 9.25, position=1, locks_technician=True, locks_start=True)
    problem = world.snapshot().problem
    assert problem_object_faults(problem) == []
    plan = first_come_plan(problem)
    planned = {number for route in plan.routes for number in route.jobs}
    assert "V3" in planned
    assert len(planned & {"V1", "V2"}) == 1


def test_a_lock_on_a_visit_that_nobody_has_holds_nothing(world: DayWorld, ana: Person) -> None:
    world.visit("V1", locks_technician=True, locks_start=True)
    assert job_of(world.snapshot()).lock is None


def test_sequences_follow_the_published_order(world: DayWorld, ana: Person) -> None:
    sequence, alone = uuid4(), uuid4()
    for number, hour in (("V1", 11), ("V2", 9), ("V3", 14)):
        world.visit(number)
        world.publish(number, ana, hour, lock_sequence_id=alone if number == "V3" else sequence)
    snapshot = world.snapshot()
    assert numbers(snapshot) == {"V1", "V2", "V3"}
    assert snapshot.problem.sequences == (("V2", "V1"),)


def test_a_published_visit_of_somebody_outside_the_scope_is_not_looked_at(world: DayWorld, ana: Person) -> None:
    bia = world.technician("Bia")
    world.visit("V1")
    world.visit("V2")
    world.publish("V1", bia, 9)
    assert numbers(world.snapshot(ana)) == {"V2"}
    assert numbers(world.snapshot()) == {"V1", "V2"}


def test_a_visit_published_for_another_day_is_not_looked_at(world: DayWorld, ana: Person) -> None:
    world.visit("V1")
    assignment = world.publish("V1", ana, 9)
    world.change(Assignment, assignment, day=world.day + timedelta(days=1))
    assert numbers(world.snapshot()) == set()


def test_a_published_visit_whose_windows_are_on_other_days_is_still_the_days(world: DayWorld, ana: Person) -> None:
    world.visit("V1", windows=[(33, 35)])
    world.publish("V1", ana, 9)
    assert numbers(world.snapshot()) == {"V1"}


class TestStarted:
    """What has begun is a committed stop and no lock."""

    def begun(self, world: DayWorld, state: VisitState, now_h: float, **times: float) -> Snapshot:
        ana = world.technician("Ana")
        world.visit("V1")
        moments = {name: world.at(hour) for name, hour in times.items()}
        world.publish("V1", ana, 9, state=state, times=moments, locks_technician=True)
        snapshot = world.snapshot(now=world.at(now_h))
        job = job_of(snapshot)
        assert (job.lock, job.previous) == (None, None)
        return snapshot

    def test_on_the_way_there_is_no_start_yet(self, world: DayWorld) -> None:
        snapshot = self.begun(world, VisitState.EN_ROUTE, 9, departed_at=8.9)
        assert snapshot.problem.shifts[0].committed == (CommittedStop("V1"),)
        assert job_of(snapshot).service_s == 1800

    @pytest.mark.parametrize("state", [VisitState.ON_SITE, VisitState.WORKING, VisitState.PAUSED])
    def test_on_site_the_start_is_a_fact(self, world: DayWorld, state: VisitState) -> None:
        started = {} if state is VisitState.ON_SITE else {"started_at": 9.25}
        snapshot = self.begun(world, state, 9.5, departed_at=8.5, arrived_at=9, **started)
        start = 9 * HOUR if state is VisitState.ON_SITE else 33_300
        assert snapshot.problem.shifts[0].committed == (CommittedStop("V1", start),)

    def test_work_that_takes_longer_lasts_at_least_until_now(self, world: DayWorld) -> None:
        snapshot = self.begun(world, VisitState.WORKING, 11, departed_at=8.5, arrived_at=9, started_at=9)
        assert job_of(snapshot).service_s == 2 * HOUR

    @pytest.mark.parametrize("now_h", [9, 10, 14])
    def test_nothing_is_planned_for_the_past_while_somebody_drives(self, world: DayWorld, now_h: float) -> None:
        world.visit("V2")
        snapshot = self.begun(world, VisitState.EN_ROUTE, now_h, departed_at=8.9)
        plan = first_come_plan(snapshot.problem)
        assert violations(snapshot.problem, plan) == ()
        assert start_of(plan, "V1") >= now_h * HOUR - 600  # the estimate of the drive is not exact
        assert start_of(plan, "V2") >= now_h * HOUR

    def test_the_day_goes_on_where_the_last_visit_ended(self, world: DayWorld) -> None:
        ana = world.technician("Ana")
        world.visit("V1", place=(-30.10, -51.10))
        world.publish("V1", ana, 9, state=VisitState.WORKING, times={"arrived_at": world.at(9)})
        world.write(lambda uow: _complete(uow, world.visits["V1"], world.at(10)))
        snapshot = world.snapshot(now=world.at(9.5))
        shift = snapshot.problem.shifts[0]
        place = snapshot.problem.locations[shift.start_location]
        assert (place.latitude, place.longitude) == (-30.10, -51.10)
        assert shift.earliest_start == 10 * HOUR
        assert shift.committed == ()


def _complete(uow: object, visit_id: UUID, moment: object) -> None:
    visit = uow.get(Visit, visit_id)  # type: ignore[attr-defined]
    assignment = uow.session.query(Assignment).filter_by(visit_id=visit_id).one()  # type: ignore[attr-defined]
    assignment.finished_at, assignment.state = moment, VisitState.COMPLETED
    visit.state = VisitState.COMPLETED
    uow.record(visit, "visit_completed", VisitState.WORKING, VisitState.COMPLETED)  # type: ignore[attr-defined]


class TestPredecessors:
    """A visit that follows another waits for it, wherever the other one is."""

    def test_both_on_the_day(self, world: DayWorld, ana: Person) -> None:
        world.visit("V1")
        world.visit("V2", after=[("V1", 600)])
        assert job_of(world.snapshot(), "V2").predecessors == (Predecessor("V1", 600),)

    def test_a_finished_one_holds_nobody_up(self, world: DayWorld, ana: Person) -> None:
        world.visit("V1")
        world.visit("V2", after=[("V1", 600)])
        world.write(lambda uow: _cancel(uow, world.visits["V1"]))
        assert job_of(world.snapshot(), "V2").predecessors == ()

    def test_one_published_with_somebody_outside_the_scope_has_to_end_first(self, world: DayWorld, ana: Person) -> None:
        bia = world.technician("Bia")
        world.visit("V1")
        world.visit("V2", after=[("V1", 600)], windows=[(8, 9), (10, 12), (13, 14)])
        world.publish("V1", bia, 10)
        job = job_of(world.snapshot(ana), "V2")
        assert job.windows == (Window(10 * HOUR + 2400, 12 * HOUR), Window(13 * HOUR, 14 * HOUR))

    def test_one_that_nobody_has_and_that_is_for_another_day_keeps_it_waiting(
        self, world: DayWorld, ana: Person
    ) -> None:
        world.visit("V1", windows=[(33, 35)])
        world.visit("V2", after=[("V1", 0)])
        snapshot = world.snapshot()
        assert problem_object_faults(snapshot.problem) == []
        assert "V2" not in Itinerary(snapshot.problem, first_come_plan(snapshot.problem)).placements

    def test_one_published_for_a_later_day_keeps_it_waiting(self, world: DayWorld, ana: Person) -> None:
        world.visit("V1")
        world.visit("V2", after=[("V1", 0)])
        assignment = world.publish("V1", ana, 33)
        world.change(Assignment, assignment, day=world.day + timedelta(days=1))
        snapshot = world.snapshot()
        assert problem_object_faults(snapshot.problem) == []
        assert "V2" not in Itinerary(snapshot.problem, first_come_plan(snapshot.problem)).placements
