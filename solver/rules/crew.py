"""The members of a crew are different people, start and end together, and one of them brings the parts."""

from collections.abc import Iterator

from solver.itinerary import Itinerary, Placement
from solver.reasons import Reason
from solver.units import clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Members who come twice, come apart, or leave it open whose parts are used."""
    for job, placements in itinerary.open_placements():
        if len({placement.shift.technician for placement in placements}) < len(placements):
            yield Violation("crew", "counts one technician twice", Reason.CREW, job.id)
        yield from _judge_interval(job.id, placements)
        suppliers = sum(placement.stop.supplies for placement in placements)
        if suppliers != 1:
            message = f"{suppliers} of its stops supply the parts, not exactly one"
            yield Violation("crew", message, Reason.CREW, job.id)


def _judge_interval(job: str, placements: tuple[Placement, ...]) -> Iterator[Violation]:
    intervals = {(placement.stop.start_s, placement.stop.end_s) for placement in placements}
    if len(intervals) > 1:
        times = ", ".join(f"{clock(start)}–{clock(end)}" for start, end in sorted(intervals))
        yield Violation("crew", f"its members are there at different times: {times}", Reason.CREW, job)


RULE = Rule("crew", judge)
