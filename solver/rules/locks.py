"""A locked job that is planned stands where its lock says; locked sequences keep their order."""

from collections.abc import Iterator

from solver.itinerary import Itinerary, Placement
from solver.problem import Job
from solver.reasons import Reason
from solver.units import clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Broken locks of technician, time, range and sequence on open jobs."""
    for job, placements in itinerary.open_placements():
        yield from _judge_lock(job, placements)
    for sequence in itinerary.problem.sequences:
        yield from _judge_sequence(itinerary, sequence)


def _judge_lock(job: Job, placements: tuple[Placement, ...]) -> Iterator[Violation]:
    lock = job.lock
    if lock is None:
        return
    shifts = {placement.shift.id for placement in placements}
    if lock.shifts and shifts != set(lock.shifts):
        message = f"is locked to {', '.join(lock.shifts)}, but stands on {', '.join(sorted(shifts))}"
        yield Violation("locks", message, Reason.LOCK_CONFLICT, job.id)
    for start in sorted({placement.stop.start_s for placement in placements}):
        if lock.start_s is not None and start != lock.start_s:
            message = f"is locked to {clock(lock.start_s)}, but starts at {clock(start)}"
            yield Violation("locks", message, Reason.LOCK_CONFLICT, job.id)
        bounds = lock.start_range
        if bounds is not None and start not in bounds:
            message = f"is locked to {clock(bounds.start)}–{clock(bounds.end)}, but starts at {clock(start)}"
            yield Violation("locks", message, Reason.LOCK_CONFLICT, job.id)


def _judge_sequence(itinerary: Itinerary, sequence: tuple[str, ...]) -> Iterator[Violation]:
    """Follow the routes on which all jobs so far stand in order; a crew job stands on several."""
    before, kept = "", dict[str, int]()
    for job in sequence:
        here = {placement.shift.id: placement.index for placement in itinerary.placements.get(job, ())}
        if not here:
            continue
        in_order = {shift: index for shift, index in here.items() if kept.get(shift, index) < index}
        # In which order two jobs have begun is a fact.
        if before and not in_order and not (itinerary.is_committed(before) and itinerary.is_committed(job)):
            yield Violation("locks", f"must stand after {before} on the same route", Reason.LOCK_CONFLICT, job)
        before, kept = job, in_order or here


RULE = Rule("locks", judge)
