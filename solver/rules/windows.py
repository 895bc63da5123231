"""Service starts inside a window of the job; both ends belong to it."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.reasons import Reason
from solver.units import clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Open jobs that start outside all of their windows."""
    for job, placements in itinerary.open_placements():
        for placement in placements:
            start = placement.stop.start_s
            if job.windows and not any(start in window for window in job.windows):
                windows = ", ".join(f"{clock(window.start)}–{clock(window.end)}" for window in job.windows)
                message = f"starts at {clock(start)}, but may start {windows}"
                yield Violation("windows", message, Reason.WINDOW_UNREACHABLE, job.id, placement.shift.id)


RULE = Rule("windows", judge)
