"""No start before the freeze changes, and none appears there."""

from collections.abc import Iterator

from solver.itinerary import Itinerary, Placement
from solver.problem import Job
from solver.reasons import Reason
from solver.units import Seconds, clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Open jobs that the published plan starts before the freeze and that moved; others that start before it."""
    freeze = itinerary.problem.freeze_until_s
    if freeze is None:
        return
    for job, placements in itinerary.open_placements():
        if job.previous is not None and job.previous.start_s < freeze:
            yield from _judge_frozen(job, placements)
        else:
            yield from _judge_new(job, placements, freeze)


def _judge_frozen(job: Job, placements: tuple[Placement, ...]) -> Iterator[Violation]:
    assert job.previous is not None
    same_shifts = {placement.shift.id for placement in placements} == set(job.previous.shifts)
    starts = {placement.stop.start_s for placement in placements}
    if not same_shifts or starts != {job.previous.start_s}:
        message = f"is frozen at {clock(job.previous.start_s)} on {', '.join(job.previous.shifts)}, but moved"
        yield Violation("freeze", message, Reason.LOCK_CONFLICT, job.id)


def _judge_new(job: Job, placements: tuple[Placement, ...], freeze: Seconds) -> Iterator[Violation]:
    start = min(placement.stop.start_s for placement in placements)
    if start < freeze:
        message = f"starts at {clock(start)}, before the freeze at {clock(freeze)}"
        yield Violation("freeze", message, Reason.LOCK_CONFLICT, job.id)


RULE = Rule("freeze", judge)
