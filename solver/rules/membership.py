"""Every job is in the plan, once per crew member, or left out with a reason; never both, never neither."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Jobs missing, doubled, planned and left out at once, or left out without a cause."""
    listed: set[str] = set()
    for left in itinerary.plan.unplanned:
        if left.job in listed:
            yield Violation("membership", "stands twice among the unplanned", job=left.job)
        listed.add(left.job)
        if not left.causes:
            yield Violation("membership", "is unplanned without a reason", job=left.job)
    for job in itinerary.problem.jobs:
        stops = len(itinerary.placements.get(job.id, ()))
        if job.id in listed and stops:
            yield Violation("membership", "is planned and unplanned at once", job=job.id)
        elif job.id not in listed and not stops:
            yield Violation("membership", "is neither planned nor unplanned", job=job.id)
        elif stops not in (0, job.crew_size):
            wanted = "once" if job.crew_size == 1 else f"{job.crew_size} times"
            yield Violation("membership", f"stands {stops} times in the plan, not {wanted}", job=job.id)


RULE = Rule("membership", judge)
