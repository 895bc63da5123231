"""What a run knows of the database: technicians and their day."""

from datetime import date, timedelta

import pytest

from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.dispatching.storage import snapshot_from_bytes, snapshot_to_bytes
from fieldsvc.models import Shift, Technician, Visit
from fieldsvc.models.visits import TechnicianRuleKind
from fieldsvc.persistence.database import Database
from solver.problem import VehicleShift
from solver.validate import problem_object_faults
from tests.fieldsvc.day_world import DayWorld, Person

HOUR = 3600
LUNCH = {"earliest_s": 12 * HOUR, "latest_s": 13 * HOUR, "duration_s": HOUR, "is_paid": False}
SKILL_DAY = date(2026, 12, 14)


def shift_of(snapshot: Snapshot, person: Person) -> VehicleShift:
    assert problem_object_faults(snapshot.problem) == []
    return next(one for one in snapshot.problem.shifts if one.technician == person.solver_id)


def test_an_empty_team_is_an_empty_problem(world: DayWorld) -> None:
    problem = world.snapshot().problem
    assert (problem.jobs, problem.shifts, problem.technicians) == ((), (), ())
    assert problem_object_faults(problem) == []


def test_a_shift_is_what_the_database_says(world: DayWorld) -> None:
    ana = world.technician(
        "Ana",
        works=(7.5, 16),
        skills={"plumbing": 2},
        breaks=[LUNCH],
        tools=["ladder"],
        territories=["north"],
        fixed_cost_cents=700,
        overtime_cents_per_hour=4500,
        max_pickups=2,
        load_target_s=7 * HOUR,
        shift={"overtime_limit_s": 1800, "max_jobs": 6, "end_latitude": -30.1, "end_longitude": -51.1},
    )
    snapshot = world.snapshot()
    shift = shift_of(snapshot, ana)
    assert (shift.earliest_start, shift.latest_end, shift.latest_return) == (27_000, 16 * HOUR, 16 * HOUR + 1800)
    assert (shift.skills, shift.tools, shift.territories) == (
        {"plumbing": 2},
        frozenset({"ladder"}),
        frozenset({"north"}),
    )
    costs = (shift.cost_cents_per_hour, shift.cost_cents_per_km, shift.fixed_cost_cents, shift.overtime_cents_per_hour)
    assert costs == (3000, 40, 700, 4500)
    assert (shift.max_jobs, shift.max_pickups, shift.load_target_s) == (6, 2, 7 * HOUR)
    assert [(one.duration_s, one.window.start, one.window.end) for one in shift.breaks] == [(HOUR, 43_200, 46_800)]
    places = [snapshot.problem.locations[index] for index in (shift.start_location, shift.end_location)]
    assert [(place.latitude, place.longitude) for place in places] == [(-30.03, -51.2), (-30.1, -51.1)]


@pytest.mark.parametrize(
    ("day", "length_h", "wall_9_s"),
    [
        (date(2027, 3, 28), 23, 8 * HOUR),
        (date(2027, 10, 31), 25, 10 * HOUR),
        (date(2027, 6, 1), 24, 9 * HOUR),
    ],
)
def test_a_day_on_which_clocks_change_has_its_real_length(
    database: Database, day: date, length_h: int, wall_9_s: int
) -> None:
    world = DayWorld(database, day, "Europe/Berlin")
    ana = world.technician("Ana", works=(0, 9))
    world.visit("V1", windows=[(9, 11)])
    snapshot = world.snapshot()
    assert snapshot.problem.horizon_s == length_h * HOUR
    assert shift_of(snapshot, ana).latest_end == wall_9_s
    assert [(one.start, one.end) for one in snapshot.problem.jobs[0].windows] == [(wall_9_s, wall_9_s + 2 * HOUR)]
    assert snapshot.horizon.moment(wall_9_s) == world.at(9)
    assert snapshot.horizon.moment(wall_9_s).hour == 9


def test_a_stored_snapshot_is_the_same_again(world: DayWorld) -> None:
    ana = world.technician("Ana", stock={"P-1": 2}, skills={"plumbing": 1})
    world.warehouse("house", {"P-1": 3})
    world.visit("V1", parts={"P-1": 1}, windows=[(9, 11)])
    world.publish("V1", ana, 9)
    snapshot = world.snapshot()
    again = snapshot_from_bytes(snapshot_to_bytes(snapshot))
    for name in ("visits", "technicians", "parts", "locations", "vans", "visit_versions", "route_versions", "hash"):
        assert getattr(again, name) == getattr(snapshot, name), name
    assert again.horizon == snapshot.horizon
    assert again.problem.jobs == snapshot.problem.jobs
    assert again.problem.shifts == snapshot.problem.shifts


def test_the_hash_tells_what_matters(world: DayWorld) -> None:
    world.technician("Ana")
    visit = world.visit("V1")
    first = world.snapshot().hash
    assert world.snapshot(now=world.clock.now() + timedelta(minutes=5)).hash == first
    world.change(Visit, visit, service_s=1900)
    assert world.snapshot().hash != first


@pytest.mark.parametrize(
    ("first", "last", "is_held"),
    [
        (SKILL_DAY, None, True),
        (SKILL_DAY, SKILL_DAY, True),
        (SKILL_DAY + timedelta(days=1), None, False),
        (date(2020, 1, 1), SKILL_DAY - timedelta(days=1), False),
        (date(2020, 1, 1), SKILL_DAY, True),
    ],
)
def test_a_certificate_counts_on_its_days(world: DayWorld, first: date, last: date | None, is_held: bool) -> None:
    ana = world.technician("Ana")
    world.skill(ana.id, "gas", 3, first, last)
    assert shift_of(world.snapshot(), ana).skills == ({"gas": 3} if is_held else {})


@pytest.mark.parametrize("levels", [(1, 3), (3, 1)])
def test_of_two_certificates_that_hold_the_higher_counts(world: DayWorld, levels: tuple[int, int]) -> None:
    ana = world.technician("Ana")
    world.skill(ana.id, "gas", levels[0], date(2020, 1, 1))
    world.skill(ana.id, "gas", levels[1], date(2024, 1, 1))
    assert shift_of(world.snapshot(), ana).skills == {"gas": 3}


@pytest.mark.parametrize(
    ("away", "left"),
    [
        ((6, 10), (10, 17)),
        ((8, 10), (10, 17)),
        ((15, 17), (8, 15)),
        ((15, 20), (8, 15)),
        ((10, 11), (11, 17)),
        ((14, 15), (8, 14)),
        ((0, 24), (17, 17)),
        ((8, 17), (17, 17)),
        ((17, 20), (8, 17)),
        ((5, 8), (8, 17)),
    ],
)
def test_an_absence_leaves_the_longest_piece_of_the_shift(
    world: DayWorld, away: tuple[float, float], left: tuple[float, float]
) -> None:
    ana = world.technician("Ana", breaks=[LUNCH], shift={"overtime_limit_s": 3600})
    world.absence(ana, away)
    shift = shift_of(world.snapshot(), ana)
    assert (shift.earliest_start, shift.latest_end) == (left[0] * HOUR, left[1] * HOUR)
    assert shift.overtime_limit_s == (3600 if left[0] < left[1] else 0)


def test_absences_that_overlap_count_once(world: DayWorld) -> None:
    ana = world.technician("Ana")
    for away in ((8, 10), (9, 12), (16, 18)):
        world.absence(ana, away)
    shift = shift_of(world.snapshot(), ana)
    assert (shift.earliest_start, shift.latest_end) == (12 * HOUR, 16 * HOUR)


def test_breaks_are_cut_to_what_is_left_of_the_shift_or_left_out(world: DayWorld) -> None:
    coffee = LUNCH | {"earliest_s": 9 * HOUR, "latest_s": 10 * HOUR, "duration_s": 900, "is_paid": True}
    ana = world.technician("Ana", breaks=[coffee, LUNCH])
    world.absence(ana, (13.5, 18))
    shift = shift_of(world.snapshot(), ana)
    assert [(one.window.start, one.window.end, one.paid) for one in shift.breaks] == [
        (9 * HOUR, 10 * HOUR, True),
        (12 * HOUR, 45_000, False),
    ]
    world.absence(ana, (6, 12.75))
    assert shift_of(world.snapshot(), ana).breaks == ()


def test_a_shift_that_has_begun_starts_now(world: DayWorld) -> None:
    ana = world.technician("Ana", breaks=[LUNCH])
    shift = shift_of(world.snapshot(now=world.at(12.5)), ana)
    assert shift.earliest_start == 45_000
    assert [(one.window.start, one.window.end) for one in shift.breaks] == [(45_000, 46_800)]
    assert shift_of(world.snapshot(now=world.at(18)), ana).earliest_start == 17 * HOUR


def test_a_night_shift_ends_for_the_run_at_midnight(world: DayWorld) -> None:
    ana = world.technician("Ana", works=(20, 28))
    assert shift_of(world.snapshot(), ana).latest_end == 24 * HOUR


def test_technicians_of_the_scope(world: DayWorld) -> None:
    south = world.add_team("South")
    ana, gone, off = world.technician("Ana"), world.technician("Bia"), world.technician("Caio", works=None)
    lent, foreign = world.technician("Davi", team=south), world.technician("Eva", team=south)
    world.change(Technician, gone.id, is_active=False)
    world.lend(lent, world.team)
    present = world.snapshot()
    assert set(present.technicians) == {ana.solver_id, lent.solver_id}
    assert {off.solver_id, foreign.solver_id, gone.solver_id}.isdisjoint(one.id for one in present.problem.technicians)
    assert set(world.snapshot(ana, off, foreign).technicians) == {ana.solver_id}
    assert set(world.snapshot(team=south).technicians) == {lent.solver_id, foreign.solver_id}


def test_a_shift_of_another_day_is_not_in_the_scope(world: DayWorld) -> None:
    ana = world.technician("Ana", works=None)
    world.shift(ana.id, (8, 17), world.day + timedelta(days=1))
    assert world.snapshot().problem.shifts == ()


def test_who_is_required_but_does_not_work_is_still_required(world: DayWorld) -> None:
    world.technician("Ana")
    off, on = world.technician("Bia", works=None), world.technician("Caio")
    world.visit("V1", rules=[(TechnicianRuleKind.REQUIRED, off.id)])
    world.visit("V2", rules=[(TechnicianRuleKind.EXCLUDED, off.id), (TechnicianRuleKind.PREFERRED, on.id)])
    world.visit("V3", declined_by=[off])
    snapshot = world.snapshot()
    assert problem_object_faults(snapshot.problem) == []
    jobs = snapshot.problem.job_by_id
    assert jobs["V1"].required_technicians == {off.solver_id}
    assert jobs["V2"].excluded_technicians == {off.solver_id}
    assert jobs["V2"].preferred_technicians == {on.solver_id}
    assert jobs["V3"].declined_by == {off.solver_id}
    assert off.solver_id not in snapshot.technicians
    assert off.solver_id not in {shift.technician for shift in snapshot.problem.shifts}


def test_no_shift_means_no_shift_even_if_it_is_removed_later(world: DayWorld) -> None:
    ana = world.technician("Ana", works=None)
    shift = world.shift(ana.id, (8, 17))
    world.visit("V1")
    world.publish("V1", ana, 9)
    assert [job.id for job in world.snapshot().problem.jobs] == ["V1"]
    world.write(lambda uow: uow.session.delete(uow.get(Shift, shift)))
    assert world.snapshot().problem.jobs == ()
