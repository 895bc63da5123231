"""A used shift takes each of its breaks once, starting in the break's window."""

from collections import Counter
from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.plan import StopKind
from solver.reasons import Reason
from solver.units import clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Breaks left out, taken twice, or taken outside their window.

    A route whose jobs have all begun may lack a break: no plan can give it back.
    """
    for shift, route in itinerary.routes:
        taken = Counter(stop.id for stop in route.stops if stop.kind is StopKind.BREAK)
        may_lack = itinerary.is_begun_only(route)
        for one in shift.breaks:
            if taken[one.id] > 1 or (taken[one.id] == 0 and not may_lack):
                message = f"break {one.id} is taken {taken[one.id]} times"
                yield Violation("breaks", message, Reason.SHIFT_TOO_SHORT, shift=shift.id)
        windows = {one.id: one.window for one in shift.breaks}
        for stop in route.stops:
            if stop.kind is StopKind.BREAK and stop.start_s not in windows[stop.id]:
                window = windows[stop.id]
                message = (
                    f"break {stop.id} starts at {clock(stop.start_s)}, "
                    f"outside {clock(window.start)}–{clock(window.end)}"
                )
                yield Violation("breaks", message, Reason.SHIFT_TOO_SHORT, shift=shift.id)


RULE = Rule("breaks", judge)
