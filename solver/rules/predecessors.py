"""A job starts only after its predecessors have ended and their lag has passed."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.reasons import Reason
from solver.units import clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Open jobs whose predecessor is unplanned or ends too late."""
    for job, placements in itinerary.open_placements():
        start = min(placement.stop.start_s for placement in placements)
        for first in job.predecessors:
            earlier = itinerary.placements.get(first.job)
            if earlier is None:
                message = f"must follow {first.job}, which is unplanned"
                yield Violation("predecessors", message, Reason.PREDECESSOR, job.id)
                continue
            end = max(placement.stop.end_s for placement in earlier)
            if start < end + first.lag_s:
                message = (
                    f"starts at {clock(start)}, but {first.job} ends at {clock(end)} and {first.lag_s} s must pass"
                )
                yield Violation("predecessors", message, Reason.PREDECESSOR, job.id)


RULE = Rule("predecessors", judge)
