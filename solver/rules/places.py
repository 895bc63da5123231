"""A stop is where its job or warehouse is; a break is at the place of the stop before or after it."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.plan import Route, StopKind
from solver.problem import VehicleShift
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Stops that state another location than their own."""
    problem = itinerary.problem
    for shift, route in itinerary.routes:
        for stop in route.stops:
            if stop.kind is StopKind.JOB and stop.location != problem.job_by_id[stop.id].location:
                yield Violation("places", f"the stop is at location {stop.location}", job=stop.id, shift=shift.id)
            if stop.kind is StopKind.WAREHOUSE and stop.location != problem.warehouse_by_id[stop.id].location:
                message = f"warehouse {stop.id} is not at location {stop.location}"
                yield Violation("places", message, shift=shift.id)
        yield from _judge_breaks(shift, route)


def _judge_breaks(shift: VehicleShift, route: Route) -> Iterator[Violation]:
    places = [None if stop.kind is StopKind.BREAK else stop.location for stop in route.stops]
    for index, stop in enumerate(route.stops):
        if stop.kind is not StopKind.BREAK:
            continue
        before = next((place for place in reversed(places[:index]) if place is not None), shift.start_location)
        after = next((place for place in places[index + 1 :] if place is not None), shift.end_location)
        if stop.location not in (before, after):
            message = f"break {stop.id} is at location {stop.location}, neither of the stop before nor after it"
            yield Violation("places", message, shift=shift.id)


RULE = Rule("places", judge)
