"""How a plan comes to stand on arrays again: nothing held is lost on the way."""

import pytest

from solver.plan import Plan, StopKind
from solver.problem import Break, Job, Lock, Predecessor, Problem, Profile, Window
from solver.search.bench import Bench, Tours
from solver.search.reading import instance_of
from tests.solver.builders import (
    EAST,
    HOME,
    NORTH,
    SOUTH,
    at,
    job,
    pickup,
    plan,
    problem,
    rest,
    route,
    shift,
    stop,
    town,
    warehouse,
)
from tests.solver.search.laying import laid

pytestmark = pytest.mark.engine

COFFEE = Break("coffee", 600, Window(at(9, 46), at(9, 46)))


def over_the_depot(second: Job) -> tuple[Problem, Plan]:
    """From north to south with a stop in the middle that loads nothing, where the break falls."""
    first = job("first", NORTH, 1_800, windows=(Window(at(9), at(9)),))
    middle = warehouse(location=EAST)
    ann = shift("ann", breaks=(COFFEE,))
    there = pickup(middle, at(9, 40))
    stops = (stop(first, at(9)), there, rest(COFFEE, EAST, at(9, 46), arrival_s=there.end_s), stop(second, at(10, 6)))
    return problem((first, second), (ann,), warehouses=(middle,)), plan(route(ann, *stops))


def kinds(of: Plan) -> list[StopKind]:
    return [one.kind for own in of.routes for one in own.stops]


def test_a_stop_that_loads_nothing_stays_where_a_held_job_needs_it() -> None:
    day, start = over_the_depot(job("second", SOUTH, 1_800, lock=Lock((), at(10, 6))))
    assert kinds(laid(day, start)) == [StopKind.JOB, StopKind.WAREHOUSE, StopKind.BREAK, StopKind.JOB]


def test_a_stop_that_loads_nothing_is_left_out_where_nothing_needs_it() -> None:
    day, start = over_the_depot(job("second", SOUTH, 1_800))
    assert kinds(laid(day, start)) == [StopKind.JOB, StopKind.BREAK, StopKind.JOB]


def test_tours_that_wait_for_each_other_and_hold_only_whole_are_laid() -> None:
    """Ann's second job waits for Bob's, which waits for her first; and from that one there is no way home."""
    roads = town()
    seconds = roads.seconds.copy()
    seconds[NORTH, HOME] = -1
    first = job("first", NORTH, 1_800, windows=(Window(at(9), at(9)),))
    between = job("between", EAST, 1_800, predecessors=(Predecessor("first", 0),))
    last = job("last", SOUTH, 1_800, predecessors=(Predecessor("between", 0),))
    ann, bob = shift("ann"), shift("bob")
    day = problem((first, between, last), (ann, bob), profiles={"car": Profile(seconds, roads.metres)})
    there = stop(last, at(10, 30), arrival_s=at(9, 50))
    start = plan(route(ann, stop(first, at(9)), there), route(bob, stop(between, at(10))))
    again = laid(day, start)
    starts = {one.id: one.start_s for own in again.routes for one in own.stops}
    assert starts == {"first": at(9), "between": at(9, 30), "last": at(10)}


def test_times_at_which_nothing_holds_are_not_taken_on() -> None:
    """A tour whose times are wrong is laid after the one that it waits for."""
    first, last = job("first", NORTH, 1_800), job("last", EAST, 1_800, predecessors=(Predecessor("first", 0),))
    day = problem((first, last), (shift("ann"), shift("bob")))
    bench = Bench(instance_of(day), 0)
    bench.lay(Tours({0: (0,), 1: (1,)}, loads={0: (), 1: ()}, times={0: (at(7), at(7, 30)), 1: (at(7), at(7, 30))}))
    assert bench.state.shift_of.tolist() == [0, 1]
    assert bench.state.job_start_s[1] == bench.state.job_end_s[0] == at(8, 10) + 1_800
