"""Nobody arrives sooner than travel allows, and a service lasts exactly as long as it takes."""

from collections.abc import Iterator
from itertools import pairwise

from solver.itinerary import Itinerary, is_after_return, is_before_departure, travelled
from solver.plan import Route, Stop, StopKind
from solver.problem import VehicleShift
from solver.reasons import Reason
from solver.units import clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Travel, waiting and durations of every route."""
    for shift, route in itinerary.routes:
        yield from _judge_legs(itinerary, shift, route)
        yield from _judge_order(shift, route)
        for stop in route.stops:
            yield from _judge_stop(itinerary, shift, stop)


def _judge_legs(itinerary: Itinerary, shift: VehicleShift, route: Route) -> Iterator[Violation]:
    for leg in itinerary.legs(shift, route):
        stop = leg.to
        if stop is not None and _has_stated_start(shift, stop):
            continue  # how the technician got there is a fact
        job = stop.id if stop is not None and stop.kind is StopKind.JOB else None
        there = f"stop {stop.id}" if stop is not None else "the end of the shift"
        arrives = stop.arrival_s if stop is not None else route.return_s
        if leg.seconds < 0:
            message = f"there is no road from location {leg.origin} to {leg.destination}, {there}"
            yield Violation("times", message, Reason.WINDOW_UNREACHABLE, job, shift.id)
        elif arrives < leg.leaves_s + leg.seconds:
            message = (
                f"reaches {there} at {clock(arrives)}, but leaves the place before at {clock(leg.leaves_s)} "
                f"and drives {leg.seconds} s"
            )
            yield Violation("times", message, Reason.WINDOW_UNREACHABLE, job, shift.id)


def _has_stated_start(shift: VehicleShift, stop: Stop) -> bool:
    """Whether the stop is a job whose service has begun; one that somebody is on the way to is judged in full."""
    return stop.kind is StopKind.JOB and any(
        begun.job == stop.id and begun.start_s is not None for begun in shift.committed
    )


def _judge_order(shift: VehicleShift, route: Route) -> Iterator[Violation]:
    if route.return_s < route.departure_s:
        yield Violation("times", "the route returns before it departs", shift=shift.id)
    first = next(iter(travelled(route)), None)
    if first is not None and first.start_s < route.departure_s and route.departure_s > shift.earliest_start:
        message = f"departs at {clock(route.departure_s)}, after its stop {first.id} starts"
        yield Violation("times", message, shift=shift.id)
    for before, after in pairwise(route.stops):
        # Of two jobs, the later may have begun while the plan still has the earlier under way.
        overtaken = before.kind is StopKind.JOB and _has_stated_start(shift, after)
        if after.start_s < (before.start_s if overtaken else before.end_s):
            message = f"stop {after.id} starts at {clock(after.start_s)}, before stop {before.id} is over"
            yield Violation("times", message, shift=shift.id)
    stops = route.stops
    for index, stop in enumerate(stops):
        if is_before_departure(route, stop) and any(not is_before_departure(route, one) for one in stops[:index]):
            yield Violation("times", f"break {stop.id} is before the departure, but not first", shift=shift.id)
        if is_before_departure(route, stop) and stop.end_s > route.departure_s:
            yield Violation("times", f"leaves during break {stop.id}", shift=shift.id)
        if is_after_return(route, stop) and any(not is_after_return(route, one) for one in stops[index:]):
            yield Violation("times", f"break {stop.id} is after the return, but not last", shift=shift.id)


def _judge_stop(itinerary: Itinerary, shift: VehicleShift, stop: Stop) -> Iterator[Violation]:
    job = stop.id if stop.kind is StopKind.JOB else None
    if stop.arrival_s > stop.start_s and not _has_stated_start(shift, stop):
        yield Violation("times", f"stop {stop.id} starts before the arrival", None, job, shift.id)
    if stop.kind is StopKind.JOB:
        needed = itinerary.service_s(stop.id)
    elif stop.kind is StopKind.WAREHOUSE:
        needed = itinerary.problem.warehouse_by_id[stop.id].handling_s
    else:
        needed = next(one.duration_s for one in shift.breaks if one.id == stop.id)
    if stop.end_s - stop.start_s != needed:
        message = f"stop {stop.id} lasts {stop.end_s - stop.start_s} s, but takes {needed} s"
        yield Violation("times", message, None, job, shift.id)


RULE = Rule("times", judge)
