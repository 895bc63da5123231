"""Records for tests: those of the small town, a lunch, routes timed to its roads, and the rules that a plan breaks."""

from typing import Any

from bench.random_days.town import (
    DEPOT,
    EAST,
    HOME,
    ISLAND,
    NORTH,
    PLACES,
    SOUTH,
    at,
    drive_m,
    drive_s,
    job,
    left_out,
    pickup,
    plan,
    problem,
    rest,
    shift,
    stop,
    town,
    warehouse,
)
from solver.check import violations
from solver.plan import Plan, Route, Stop
from solver.problem import Break, Job, Problem, VehicleShift, Window
from solver.units import DAY_S

__all__ = [
    "DAY_S",
    "DEPOT",
    "EAST",
    "HOME",
    "ISLAND",
    "NORTH",
    "PLACES",
    "SOUTH",
    "at",
    "drive_m",
    "drive_s",
    "job",
    "left_out",
    "lunch",
    "pickup",
    "plan",
    "problem",
    "rest",
    "route",
    "rules_broken",
    "rules_broken_by",
    "shift",
    "stop",
    "town",
    "warehouse",
]


def lunch(duration_s: int = 1_800, start: int = at(11), end: int = at(14), **changes: Any) -> Break:
    """Half an hour unpaid, starting between 11:00 and 14:00."""
    return Break(**({"id": "lunch", "duration_s": duration_s, "window": Window(start, end)} | changes))


def route(on: VehicleShift, *stops: Stop, departure_s: int | None = None, return_s: int | None = None) -> Route:
    """Leaves so as to arrive at its first stop, and drives straight home after its last one."""
    if departure_s is None:
        departure_s = stops[0].arrival_s - drive_s(on.start_location, stops[0].location) if stops else on.earliest_start
    if return_s is None:
        return_s = stops[-1].end_s + drive_s(stops[-1].location, on.end_location) if stops else departure_s
    return Route(on.id, departure_s, return_s, stops)


def rules_broken(judged: Problem, by: Plan) -> set[str]:
    """Names of the rules that the plan breaks."""
    return {violation.rule for violation in violations(judged, by)}


def rules_broken_by(one: Job, on: VehicleShift | None = None, start_s: int = at(10), **changes: Any) -> set[str]:
    """Names of the rules broken by a plan that holds this job alone, on one shift; `changes` go to the problem."""
    on = on or shift()
    return rules_broken(problem((one,), (on,), **changes), plan(route(on, stop(one, start_s))))
