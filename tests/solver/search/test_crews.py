"""Visits for several technicians at once."""

from dataclasses import replace

import pytest

from solver.check import violations
from solver.plan import Plan, Route, Stop, StopKind
from solver.problem import CommittedStop, Job, Predecessor, Problem, VehicleShift, Warehouse, Window
from solver.search.bench import Bench, Tours
from solver.search.part import Stretch, search_part
from solver.search.reading import instance_of
from solver.search.writing import Names
from tests.solver.builders import (
    DEPOT,
    EAST,
    NORTH,
    SOUTH,
    at,
    drive_s,
    job,
    lunch,
    pickup,
    problem,
    route,
    shift,
    stop,
    warehouse,
)
from tests.solver.builders import plan as plan_of
from tests.solver.search.laying import laid

pytestmark = pytest.mark.engine


def planned(day: Problem, steps: int = 200) -> Plan:
    instance = instance_of(day)
    found = search_part(instance, Tours(), Stretch(1, 0.0, steps, 500.0, 5.0, 3))
    bench = Bench(instance, 0)
    bench.lay(found.best)
    plan = Names(day).plan(instance, bench.state, bench.work)
    assert violations(day, plan) == ()
    return plan


def members(plan: Plan, job_id: str) -> dict[str, tuple[int, int]]:
    return {
        route.shift: (stop.start_s, stop.end_s)
        for route in plan.routes
        for stop in route.stops
        if stop.kind is StopKind.JOB and stop.id == job_id
    }


def heavy(**changes: object) -> Job:
    return job("heavy", EAST, crew_size=2, **changes)


def three(**changes: object) -> tuple[VehicleShift, ...]:
    return tuple(shift(name, **changes) for name in ("ann", "bob", "eve"))


def test_two_meet_and_leave_together() -> None:
    others = (job("north", NORTH, 7_200), job("south", SOUTH, 7_200))
    together = members(planned(problem((heavy(), *others), three(breaks=(lunch(),)))), "heavy")
    assert len(together) == 2
    assert len(set(together.values())) == 1


def test_they_bring_the_skills_together() -> None:
    shifts = (shift("ann", skills={"gas": 2}), shift("bob", skills={"gas": 1}), shift("eve", skills={"roof": 1}))
    assert set(members(planned(problem((heavy(skills={"gas": 2, "roof": 1}),), shifts)), "heavy")) == {"ann-0", "eve-0"}


def test_they_stay_as_long_as_the_slowest() -> None:
    slow = heavy(skills={"gas": 1}, service_s_by_level=((1, 5_400), (2, 3_600)))
    shifts = (shift("ann", skills={"gas": 2}), shift("bob", skills={"gas": 1}))
    assert {end - start for start, end in members(planned(problem((slow,), shifts)), "heavy").values()} == {5_400}


def test_one_of_them_brings_the_parts() -> None:
    day = problem((heavy(parts={"pump": 1}),), three(), van_stock={"bob": {"pump": 1}})
    plan = planned(day)
    assert "bob-0" in members(plan, "heavy")
    suppliers = [route.shift for route in plan.routes for stop in route.stops if stop.id == "heavy" and stop.supplies]
    assert suppliers == ["bob-0"]


def test_one_technician_is_not_a_crew() -> None:
    assert members(planned(problem((heavy(),), (shift("ann", 0), shift("ann", 1)))), "heavy") == {}


def test_a_crew_comes_after_what_must_be_done_before() -> None:
    first = job("first", NORTH, 3_600, windows=(Window(at(10), at(10)),))
    plan = planned(problem((heavy(predecessors=(Predecessor("first", 600),)), first), three()))
    assert min(start for start, _ in members(plan, "heavy").values()) >= at(11, 10)


def test_a_crew_stays_together_while_all_around_it_changes() -> None:
    others = tuple(job(f"job-{rank}", (NORTH, EAST, SOUTH)[rank % 3], 1_800) for rank in range(12))
    crews = tuple(job(f"crew-{rank}", EAST, crew_size=2) for rank in range(3))
    plan = planned(problem((*others, *crews), three(cost_cents_per_hour=4_000)), steps=1_500)
    assert [len(members(plan, one.id)) for one in crews] == [2, 2, 2]


def test_a_follower_waits_for_the_last_of_a_crew_on_its_way() -> None:
    on_the_way = CommittedStop("heavy", None)
    near, far = job("near", NORTH, 600), job("far", SOUTH, 7_200)
    follower = job("follower", EAST, predecessors=(Predecessor("heavy"),), required_technicians=frozenset({"eve"}))
    day = problem(
        (job("heavy", EAST, crew_size=2), near, far, follower),
        (
            shift("ann", committed=(CommittedStop("far", at(8)), on_the_way)),
            shift("bob", committed=(CommittedStop("near", at(8)), on_the_way)),
            shift("eve"),
        ),
    )
    plan = planned(day)
    ends = [stop.end_s for route in plan.routes for stop in route.stops if stop.id == "heavy"]
    (start,) = [stop.start_s for route in plan.routes for stop in route.stops if stop.id == "follower"]
    assert len(set(ends)) == 2
    assert start >= max(ends)
    assert violations(day, plan) == ()


def borrowers(plan: Plan) -> dict[str, set[str]]:
    lent = {route.shift: {tool for stop in route.stops for tool in stop.tools} for route in plan.routes}
    return {shift: tools for shift, tools in lent.items() if tools}


def lift(**changes: object) -> Problem:
    """Two have to lift something; nobody has the hoist, which a warehouse lends, and bob has the straps."""
    shifts = (shift("ann"), shift("bob", tools=frozenset({"straps"})))
    hoist = warehouse(tools=frozenset({"hoist"}))
    return problem((heavy(tools=frozenset({"hoist", "straps"}), **changes),), shifts, warehouses=(hoist,))


def test_one_of_them_fetches_the_tool_that_nobody_has() -> None:
    plan = planned(lift())
    assert len(members(plan, "heavy")) == 2
    assert list(borrowers(plan).values()) == [{"hoist"}]


def test_no_warehouse_lends_what_the_crew_lacks() -> None:
    day = lift()
    bare = problem(day.jobs, day.shifts, warehouses=(warehouse(tools=frozenset({"ladder"})),))
    assert members(planned(bare), "heavy") == {}


def fetching(tools: frozenset[str], on: VehicleShift, one: Job, lender: Warehouse, **changes: object) -> Route:
    """From the depot, at eight, to the crew's visit."""
    there = pickup(lender, at(9), tools=tools)
    return route(on, there, stop(one, there.end_s + drive_s(DEPOT, one.location), **changes))


@pytest.mark.parametrize("borrower", [0, 1])
def test_who_fetched_the_tool_in_a_plan_goes_on_to_fetch_it(borrower: int) -> None:
    day = lift()
    fetcher, helper = day.shifts[borrower], day.shifts[1 - borrower]
    there = fetching(frozenset({"hoist"}), fetcher, day.jobs[0], day.warehouses[0])
    start = plan_of(there, route(helper, replace(there.stops[-1], supplies=False)))
    assert borrowers(laid(day, start)) == {fetcher.id: {"hoist"}}


def test_two_of_them_may_each_fetch_a_tool() -> None:
    lenders = tuple(warehouse(tool, tools=frozenset({tool})) for tool in ("hoist", "straps"))
    one = heavy(tools=frozenset({"hoist", "straps"}))
    day = problem((one,), (shift("ann"), shift("bob")), warehouses=lenders)
    routes = [
        fetching(lender.tools, on, one, lender, supplies=on.id == "ann-0")
        for on, lender in zip(day.shifts, lenders, strict=True)
    ]
    assert borrowers(laid(day, plan_of(*routes))) == {"ann-0": {"hoist"}, "bob-0": {"straps"}}


def test_one_technician_fetches_tools_at_two_warehouses() -> None:
    lenders = tuple(
        warehouse(tool, place, tools=frozenset({tool})) for tool, place in (("hoist", NORTH), ("straps", SOUTH))
    )
    one = job("lonely", EAST, tools=frozenset({"hoist", "straps"}))
    start = tour_over(shift("ann", max_pickups=2), lenders, one)
    assert borrowers(laid(problem((one,), (shift("ann", max_pickups=2),), warehouses=lenders), start)) == {
        "ann-0": {"hoist", "straps"}
    }


def tour_over(on: VehicleShift, lenders: tuple[Warehouse, ...], one: Job) -> Plan:
    """Past every lender to the job."""
    stops: list[Stop] = []
    free, place = at(9), lenders[0].location
    for lender in lenders:
        stops.append(pickup(lender, free + drive_s(place, lender.location), tools=lender.tools))
        free, place = stops[-1].end_s, lender.location
    return plan_of(route(on, *stops, stop(one, free + drive_s(place, one.location))))
