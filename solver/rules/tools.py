"""Every tool a job needs is on the van, or was lent by a warehouse earlier on the shift; a crew has them jointly."""

from collections.abc import Iterator

from solver.itinerary import Itinerary, Placement
from solver.reasons import Reason
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Open jobs that lack a tool."""
    for job, placements in itinerary.open_placements():
        missing = job.tools.difference(*(_on_board(placement) for placement in placements))
        if missing:
            message = f"needs {', '.join(sorted(missing))}, which is not on board"
            yield Violation("tools", message, Reason.TOOL, job.id, placements[0].shift.id)


def _on_board(placement: Placement) -> frozenset[str]:
    earlier = placement.route.stops[: placement.index]
    return placement.shift.tools.union(*(stop.tools for stop in earlier))


RULE = Rule("tools", judge)
