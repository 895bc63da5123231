"""Every engine inside this process: it knows the rules that it models, and never reports what breaks one."""

from random import Random
from typing import Protocol

import pytest

from bench.random_days.feasible import feasible_day
from solver.check import violations
from solver.engines import load, path_of
from solver.engines.base import Incumbent
from solver.insertion import first_come_plan
from solver.params import SolveParams
from solver.plan import Plan, StopKind
from solver.problem import (
    CommittedStop,
    Earmark,
    Lock,
    Predecessor,
    Previous,
    Problem,
    Receipt,
    Window,
)
from solver.score import score
from tests.solver.builders import DEPOT, EAST, NORTH, SOUTH, at, job, lunch, problem, shift, warehouse

pytestmark = pytest.mark.engine

PAID = {"cost_cents_per_hour": 4_000, "cost_cents_per_km": 100}


STEPS = {"routing": 10, "ruin": 400}


class Best(Protocol):
    """The last plan that an engine reports. Every one of them is judged."""

    def __call__(self, day: Problem, start: Plan | None = None) -> Plan: ...


@pytest.fixture(params=list(STEPS))
def best(request: pytest.FixtureRequest) -> Best:
    name: str = request.param

    def solved(day: Problem, start: Plan | None = None) -> Plan:
        reported: list[Incumbent] = []
        params = SolveParams(engine=name, time_limit_s=2, iteration_limit=STEPS[name])
        load(path_of(name)).solve(day, params, start, reported.append, lambda: False)
        assert [one for one in reported if violations(day, one.plan)] == []
        costs = [one.cost_cents for one in reported]
        assert costs == sorted(costs, reverse=True)
        assert costs[-1] == score(day, reported[-1].plan).total_cents
        return reported[-1].plan

    return solved


def starts(plan: Plan) -> dict[str, tuple[str, int]]:
    return {
        stop.id: (route.shift, stop.start_s)
        for route in plan.routes
        for stop in route.stops
        if stop.kind is StopKind.JOB
    }


@pytest.mark.parametrize("seed", [0, 4, 5, 14, 20, 37, 40, 47])
def test_days_with_every_kind_of_rule(best: Best, seed: int) -> None:
    day, _ = feasible_day(Random(seed))
    cost = score(day, best(day)).total_cents
    assert cost < score(day, first_come_plan(day)).total_cents


@pytest.mark.parametrize("seed", [0, 9, 30, 33, 50])
def test_a_good_start_is_kept_crews_and_all(best: Best, seed: int) -> None:
    day, good = feasible_day(Random(seed))
    assert score(day, best(day, good)).total_cents <= score(day, good).total_cents


def test_one_of_several_windows(best: Best) -> None:
    twice = job(windows=(Window(at(6), at(6, 30)), Window(at(15), at(15, 30))))
    assert starts(best(problem((twice,), (shift(),))))["job"] == ("ann-0", at(15))


def test_a_break_that_only_fits_between_two_jobs(best: Best) -> None:
    rest = lunch(3_600, at(12), at(12, 40))
    jobs = (
        job("before", NORTH, 3_600, lock=Lock(start_s=at(11))),
        job("after", NORTH, 3_600, lock=Lock(start_s=at(13))),
    )
    assert starts(best(problem(jobs, (shift(breaks=(rest,)),)))) == {
        "before": ("ann-0", at(11)),
        "after": ("ann-0", at(13)),
    }


def test_the_technician_who_knows_and_is_preferred(best: Best) -> None:
    jobs = (
        job("hard", EAST, skills={"gas": 3}),
        job("regular", EAST, preferred_technicians=frozenset({"bob"})),
        job("never", SOUTH, excluded_technicians=frozenset({"ann"}), declined_by=frozenset({"bob"})),
        job("eve's", SOUTH, required_technicians=frozenset({"eve"})),
    )
    shifts = (shift("ann", skills={"gas": 3}), shift("bob", skills={"gas": 2}), shift("eve"))
    placed = starts(best(problem(jobs, shifts)))
    assert {name: where for name, (where, _) in placed.items()} == {
        "hard": "ann-0",
        "regular": "bob-0",
        "never": "eve-0",
        "eve's": "eve-0",
    }


def test_parts_come_from_the_van_first_and_then_from_one_stop(best: Best) -> None:
    depot = warehouse(stock={"seal": (Receipt(0, 2),)})
    jobs = tuple(job(f"job-{rank}", EAST, parts={"seal": 1}) for rank in range(4))
    plan = best(problem(jobs, (shift(),), van_stock={"ann": {"seal": 1}}, warehouses=(depot,)))
    assert len(starts(plan)) == 3
    (fetched,) = (stop for route in plan.routes for stop in route.stops if stop.kind is StopKind.WAREHOUSE)
    assert sum(load.quantity for load in fetched.loads) == 2


def test_a_receipt_of_the_afternoon_serves_the_afternoon(best: Best) -> None:
    depot = warehouse(stock={"seal": (Receipt(at(13), 1),)})
    plan = best(problem((job(parts={"seal": 1}),), (shift(),), warehouses=(depot,)))
    assert starts(plan)["job"][1] >= at(13)


def test_an_earmark_is_used_where_it_is(best: Best) -> None:
    held = job(parts={"seal": 2}, earmarks=(Earmark("seal", 2, technician="bob"),))
    assert starts(best(problem((held,), (shift("ann"), shift("bob")))))["job"][0] == "bob-0"


def test_a_tool_is_borrowed(best: Best) -> None:
    needy = job(location=SOUTH, tools=frozenset({"winch"}))
    plan = best(problem((needy,), (shift(),), warehouses=(warehouse(tools=frozenset({"winch"})),)))
    assert [stop.location for stop in plan.routes[0].stops] == [DEPOT, SOUTH]


def test_no_stop_where_none_is_allowed(best: Best) -> None:
    depot = warehouse(stock={"seal": None})
    assert starts(best(problem((job(parts={"seal": 1}),), (shift(max_pickups=0),), warehouses=(depot,)))) == {}


def test_a_follower_waits_on_another_route(best: Best) -> None:
    first = job("first", EAST, 7_200, required_technicians=frozenset({"ann"}))
    second = job("second", EAST, required_technicians=frozenset({"bob"}), predecessors=(Predecessor("first", 600),))
    placed = starts(best(problem((second, first), (shift("ann"), shift("bob")))))
    assert placed["second"][1] >= placed["first"][1] + 7_800


def test_a_sequence_stays_in_order_on_one_route(best: Best) -> None:
    jobs = (job("far", SOUTH), job("near", NORTH), job("middle", EAST))
    day = problem(jobs, (shift("ann", **PAID), shift("bob", **PAID)), sequences=(("far", "near"),))
    placed = starts(best(day))
    assert placed["far"][0] == placed["near"][0]
    assert placed["far"][1] < placed["near"][1]


def test_what_has_begun_and_what_is_frozen_stays(best: Best) -> None:
    begun, frozen, free = job("begun", EAST), job("frozen", NORTH, previous=Previous(("ann-0",), at(10))), job("free")
    day = problem(
        (free, frozen, begun),
        (shift("ann", committed=(CommittedStop("begun", at(8, 30)),), **PAID),),
        freeze_until_s=at(11),
    )
    placed = starts(best(day))
    assert placed["begun"] == ("ann-0", at(8, 30))
    assert placed["frozen"] == ("ann-0", at(10))
    assert placed["free"][1] >= at(11)


def test_no_more_jobs_than_the_maximum(best: Best) -> None:
    jobs = tuple(job(f"job-{rank}") for rank in range(5))
    assert len(starts(best(problem(jobs, (shift(max_jobs=3),))))) == 3


def test_overtime_only_as_far_as_allowed(best: Best) -> None:
    long = {"service_s": 4 * 3_600}
    jobs = (job("one", NORTH, **long), job("two", NORTH, **long))
    short = {"latest_end": at(16), "overtime_cents_per_hour": 100}
    assert len(starts(best(problem(jobs, (shift(overtime_limit_s=0, **short),))))) == 1
    assert len(starts(best(problem(jobs, (shift(overtime_limit_s=3_600, **short),))))) == 2


def test_the_van_lasts_for_two_days(best: Best) -> None:
    morning = Window(at(8), at(12))
    next_morning = Window(at(8, day=1), at(12, day=1))
    jobs = tuple(
        job(f"{day}-{rank}", parts={"seal": 1}, windows=(window,))
        for day, window in enumerate((morning, next_morning))
        for rank in range(2)
    )
    day = problem(jobs, (shift("ann", 0), shift("ann", 1)), van_stock={"ann": {"seal": 3}})
    assert len(starts(best(day))) == 3


def test_a_follower_on_the_same_route_need_not_wait_for_the_break(best: Best) -> None:
    first = job("first", NORTH)
    second = job("second", EAST, windows=(Window(at(9), at(10)),), predecessors=(Predecessor("first", 300),))
    placed = starts(best(problem((first, second), (shift("ann", breaks=(lunch(),), **PAID),))))
    assert at(9) <= placed["second"][1] <= at(10)
    assert placed["second"][1] >= placed["first"][1] + first.service_s + 300


def test_a_crew_that_has_begun_stays_for_its_slowest_member(best: Best) -> None:
    heavy = job("heavy", EAST, 5_400, skills={"gas": 1}, service_s_by_level=((2, 3_600),), crew_size=2)
    begun = (CommittedStop("heavy", at(9)),)
    quick, slow = (shift(name, skills={"gas": level}, committed=begun) for name, level in (("ann", 2), ("bob", 1)))
    plan = best(problem((heavy, job("free")), (quick, slow)))
    assert starts(plan)["free"][1] >= at(9) + 5_400
    ends = {stop.end_s for route in plan.routes for stop in route.stops if stop.id == "heavy"}
    assert ends == {at(9) + 5_400}
