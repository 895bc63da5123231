"""A route lies inside its shift, with at most the overtime allowed."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.reasons import Reason
from solver.units import clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Departures too early; returns too late, unless every job of the route has begun."""
    for shift, route in itinerary.routes:
        if route.departure_s < shift.earliest_start:
            message = f"departs at {clock(route.departure_s)}, before the shift starts at {clock(shift.earliest_start)}"
            yield Violation("shifts", message, Reason.SHIFT_TOO_SHORT, shift=shift.id)
        if route.return_s > shift.latest_return and not (route.jobs and itinerary.is_begun_only(route)):
            message = (
                f"returns at {clock(route.return_s)}, but must be back by {clock(shift.latest_return)} "
                f"({shift.overtime_limit_s} s of it overtime)"
            )
            yield Violation("shifts", message, Reason.SHIFT_TOO_SHORT, shift=shift.id)


RULE = Rule("shifts", judge)
