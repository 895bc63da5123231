"""How a plan comes to stand on arrays again: nothing held is lost on the way."""

import pytest

from solver.plan import Plan, StopKind
from solver.problem import Break, Job, Lock, Problem, Window
from tests.solver.builders import (
    EAST,
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
