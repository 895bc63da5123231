"""Jobs that have begun come first on their shift, in their order, at the second they began."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.plan import Route, StopKind
from solver.problem import VehicleShift
from solver.reasons import Reason
from solver.units import clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Prefixes that are missing, changed, moved in time, or begun on one shift and planned on another."""
    routes = {shift.id: route for shift, route in itinerary.routes}
    for shift in itinerary.problem.shifts:
        if shift.committed:
            yield from _judge_prefix(shift, routes.get(shift.id))
    for shift, route in itinerary.routes:
        here = {stop.job for stop in shift.committed}
        for job in route.jobs:
            if itinerary.is_committed(job) and job not in here:
                yield Violation("committed", "has begun on another shift", Reason.LOCK_CONFLICT, job, shift.id)


def _judge_prefix(shift: VehicleShift, route: Route | None) -> Iterator[Violation]:
    stops = tuple(stop for stop in route.stops if stop.kind is not StopKind.BREAK) if route else ()
    for index, begun in enumerate(shift.committed):
        stop = stops[index] if index < len(stops) else None
        if stop is None or stop.kind is not StopKind.JOB or stop.id != begun.job:
            found = stop.id if stop else "nothing"
            message = f"has begun as stop {index + 1} of {shift.id}, where the plan has {found}"
            yield Violation("committed", message, Reason.LOCK_CONFLICT, begun.job, shift.id)
        elif begun.start_s is not None and stop.start_s != begun.start_s:
            message = f"began at {clock(begun.start_s)}, but the plan says {clock(stop.start_s)}"
            yield Violation("committed", message, Reason.LOCK_CONFLICT, begun.job, shift.id)


RULE = Rule("committed", judge)
