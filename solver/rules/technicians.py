"""Nobody is sent whom the job excludes, who declined it, or who is not among those required."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.reasons import Reason
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Open jobs given to a technician who may not do them."""
    for job, placements in itinerary.open_placements():
        for placement in placements:
            technician, shift = placement.shift.technician, placement.shift.id
            if technician in job.excluded_technicians:
                yield Violation("technicians", f"excludes {technician}", Reason.EXCLUDED, job.id, shift)
            if technician in job.declined_by:
                yield Violation("technicians", f"was declined by {technician}", Reason.DECLINED, job.id, shift)
            if job.required_technicians and technician not in job.required_technicians:
                names = ", ".join(sorted(job.required_technicians))
                message = f"requires {names}, not {technician}"
                yield Violation("technicians", message, Reason.EXCLUDED, job.id, shift)


RULE = Rule("technicians", judge)
