"""A shift has no more jobs than its maximum; those begun count."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.reasons import Reason
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Routes with too many jobs, unless all of them have begun."""
    for shift, route in itinerary.routes:
        count = len(route.jobs)
        if shift.max_jobs is not None and count > shift.max_jobs and not itinerary.is_begun_only(route):
            message = f"has {count} jobs, {shift.max_jobs} at most"
            yield Violation("max_jobs", message, Reason.MAX_JOBS, shift=shift.id)


RULE = Rule("max_jobs", judge)
