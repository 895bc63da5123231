"""Each technician sent works in the job's territory; a shift without a list works everywhere."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.reasons import Reason
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Open jobs given to a shift that does not cover their territory."""
    for job, placements in itinerary.open_placements():
        for placement in placements:
            covered = placement.shift.territories
            if job.territory is not None and covered is not None and job.territory not in covered:
                names = ", ".join(sorted(covered)) or "no territory"
                message = f"lies in {job.territory}, but {placement.shift.id} works in {names}"
                yield Violation("territories", message, Reason.TERRITORY, job.id, placement.shift.id)


RULE = Rule("territories", judge)
