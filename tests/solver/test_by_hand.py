"""Whoever plans by hand gets the place that was wanted, and is told what it breaks."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from bench.random_days.feasible import feasible_day
from solver.by_hand import ByHand, Wish, put_by_hand
from solver.check import violations
from solver.draft import Draft
from solver.plan import Plan, StopKind
from solver.problem import Job, Window
from solver.schedule import Visit
from tests.solver.builders import EAST, NORTH, SOUTH, at, drive_s, job, lunch, problem, shift, warehouse

MORNING = job("morning", NORTH, windows=(Window(at(9), at(9)),))
NOON = job("noon", EAST, windows=(Window(at(12), at(13)),))
TOURS = {"ann-0": (Visit(StopKind.JOB, "morning"), Visit(StopKind.JOB, "noon"))}
TIMES = {"morning": (at(9), at(9, 30)), "noon": (at(12), at(12, 30))}


def put(wanted: Job, start_s: int, *shifts: str, **changes: Any) -> ByHand:
    crew = (shift("ann", breaks=(lunch(),)), shift("bob"))
    day = problem((MORNING, NOON, wanted), crew, **changes)
    made = put_by_hand(day, TOURS, TIMES, Wish(wanted.id, shifts or ("ann-0",), start_s))
    assert made is not None
    return made


def starts(plan: Plan, shift_id: str = "ann-0") -> dict[str, int]:
    return {
        stop.id: stop.start_s
        for route in plan.routes
        if route.shift == shift_id
        for stop in route.stops
        if stop.kind is StopKind.JOB
    }


def rules(made: ByHand) -> set[str]:
    return {one.rule for one in made.broken}


def test_where_it_fits_nothing_is_broken_and_nothing_moves() -> None:
    made = put(job("new", SOUTH), at(14))
    assert made.broken == violations(made.problem, made.plan) == ()
    assert starts(made.plan) == {"morning": at(9), "noon": at(12), "new": at(14)}


def test_between_two_others_at_exactly_that_second() -> None:
    made = put(job("new", SOUTH), at(10, 17, 5))
    assert made.broken == ()
    assert list(starts(made.plan).values()) == [at(9), at(10, 17, 5), at(12)]


def test_the_others_stay_though_later_or_behind_it_would_be_cheaper() -> None:
    day = problem((job("early", NORTH), job("far", SOUTH)), (shift("ann"),))
    tours = {"ann-0": (Visit(StopKind.JOB, "early"),)}
    made = put_by_hand(day, tours, {"early": (at(8, 30), at(9))}, Wish("far", ("ann-0",), at(15)))
    assert made is not None
    assert starts(made.plan) == {"early": at(8, 30), "far": at(15)}


def test_a_part_that_is_not_on_the_van_is_fetched() -> None:
    made = put(job("new", SOUTH, parts={"seal": 1}), at(14), warehouses=(warehouse(stock={"seal": None}),))
    assert made.broken == ()
    assert [stop.kind for stop in made.plan.routes[0].stops].count(StopKind.WAREHOUSE) == 1


def test_a_part_that_is_nowhere() -> None:
    made = put(job("new", SOUTH, parts={"seal": 1}), at(14))
    assert rules(made) == {"van_stock"}
    assert starts(made.plan)["new"] == at(14)


def test_who_lacks_the_skill() -> None:
    made = put(job("new", SOUTH, skills={"gas": 2}), at(14))
    assert [(one.rule, one.job) for one in made.broken] == [("skills", "new")]


def test_outside_its_window_and_after_the_shift() -> None:
    made = put(job("new", SOUTH, windows=(Window(at(8), at(9)),)), at(19))
    assert {"windows", "shifts"} <= rules(made)
    assert starts(made.plan)["new"] == at(19)


def test_what_comes_after_is_pushed_back_and_says_so() -> None:
    made = put(job("new", NORTH, service_s=3 * 3600), at(10))
    after = at(13) + drive_s(NORTH, EAST)
    assert starts(made.plan) == {"morning": at(9), "new": at(10), "noon": after}
    assert ("windows", "noon") in {(one.rule, one.job) for one in made.broken}


def test_where_nobody_can_be_in_time() -> None:
    made = put(job("new", SOUTH), at(9, 20))
    assert starts(made.plan)["new"] == at(9, 20)
    assert made.broken != ()


def test_a_crew_meets_there() -> None:
    made = put(job("new", SOUTH, crew_size=2), at(14), "bob-0", "ann-0")
    assert made.broken == ()
    assert starts(made.plan)["new"] == starts(made.plan, "bob-0")["new"] == at(14)
    assert [stop.supplies for route in made.plan.routes for stop in route.stops if stop.id == "new"] == [False, True]


def test_half_a_crew_is_told_so() -> None:
    made = put(job("new", SOUTH, crew_size=2), at(14), "ann-0")
    assert "membership" in rules(made)


class TestADayThatBreaksSomething:
    """Noon is done at four, long after its window."""

    def put(self, start_s: int, **wanted: Any) -> ByHand:
        noon = replace(NOON, parts={"seal": 1})
        day = problem(
            (noon, job("new", SOUTH, **wanted)),
            (shift("ann", breaks=(lunch(),)),),
            warehouses=(warehouse(stock={"seal": None}),),
        )
        tours = {"ann-0": (Visit(StopKind.WAREHOUSE, "depot"), Visit(StopKind.JOB, "noon"))}
        made = put_by_hand(day, tours, {"noon": (at(16), at(16, 30))}, Wish("new", ("ann-0",), start_s))
        assert made is not None
        assert starts(made.plan)["new"] == start_s
        return made

    def test_it_is_not_laid_to_the_job(self) -> None:
        made = self.put(at(9))
        assert made.broken == ()
        assert starts(made.plan)["noon"] == at(16)
        assert {(one.rule, one.job) for one in made.standing} == {("windows", "noon")}

    def test_unless_it_gets_worse(self) -> None:
        made = self.put(at(15, 55))
        assert starts(made.plan)["noon"] > at(16, 25)
        assert ("windows", "noon") in {(one.rule, one.job) for one in made.broken}

    def test_parts_and_breaks_stay(self) -> None:
        (route,) = self.put(at(9), skills={"gas": 2}).plan.routes
        assert [stop.kind for stop in route.stops].count(StopKind.BREAK) == 1
        assert [load.part for stop in route.stops for load in stop.loads] == ["seal"]
        assert route.departure_s >= at(8)


@pytest.mark.parametrize("seed", range(120))
def test_on_any_day_it_stands_where_it_was_wanted(seed: int) -> None:
    random = Random(seed)
    day, plan = feasible_day(random)
    planned = [one for route in plan.routes for one in route.jobs]
    free = sorted({*planned} - day.committed_jobs)
    if not free:
        return
    wanted = day.job_by_id[random.choice(free)]
    on = random.choice(day.shifts).day
    there = [one.id for one in day.shifts if one.day == on]
    homes = tuple(random.sample(there, min(wanted.crew_size, len(there))))
    tours = Draft.of_plan(day, plan).tours
    times = {stop.id: (stop.start_s, stop.end_s) for route in plan.routes for stop in route.stops}
    start_s = random.randrange(at(7, day=on), at(20, day=on))
    made = put_by_hand(day, tours, times, Wish(wanted.id, homes, start_s))
    if made is None:
        assert any(day.shift_by_id[home].committed for home in homes)  # somebody is at work already
        return
    stood = {
        (route.shift, stop.start_s)
        for route in made.plan.routes
        for stop in route.stops
        if stop.kind is StopKind.JOB and stop.id == wanted.id
    }
    assert stood == {(home, start_s) for home in homes}
    new = {one.rule for one in violations(made.problem, made.plan)}
    assert bool(made.broken) <= bool(new)
    others = {one for route in made.plan.routes for one in route.jobs} - {wanted.id}
    assert others == {*planned} - {wanted.id}


@pytest.mark.parametrize("seed", range(60))
def test_where_it_stands_already_nothing_moves_and_nothing_breaks(seed: int) -> None:
    random = Random(seed)
    day, plan = feasible_day(random)
    free = sorted({one for route in plan.routes for one in route.jobs} - day.committed_jobs)
    if not free:
        return
    times = {stop.id: (stop.start_s, stop.end_s) for route in plan.routes for stop in route.stops}
    wanted = random.choice(free)
    homes = [route for route in plan.routes if wanted in route.jobs]
    lead = [route.shift for route in homes if any(stop.id == wanted and stop.supplies for stop in route.stops)]
    crew = (*lead, *(route.shift for route in homes if route.shift not in lead))
    made = put_by_hand(day, Draft.of_plan(day, plan).tours, times, Wish(wanted, crew, times[wanted][0]))
    assert made is not None
    moved = {
        stop.id: stop.start_s - times[stop.id][0]
        for route in made.plan.routes
        for stop in route.stops
        if stop.kind is StopKind.JOB
        and stop.id not in day.committed_jobs
        and abs(stop.start_s - times[stop.id][0]) > 900
    }
    assert not moved or made.broken, (moved, made.broken)
