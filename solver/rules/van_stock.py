"""Parts are on the van when they are used, and everything loaded is used later by that technician.

A job that has begun uses nothing here: the caller takes its parts out of the van stock.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from solver.itinerary import Itinerary
from solver.plan import Stop, StopKind
from solver.problem import Job
from solver.reasons import Reason
from solver.violation import Rule, Violation


@dataclass(slots=True)
class _Van:
    """What is on board, and what happened to the free units: (+loaded or -used) per part, in the order of time."""

    free: dict[str, int]
    own: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    loaded_own: dict[tuple[str, str], str] = field(default_factory=dict)
    history: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Follow every van over the shifts of its technician."""
    problem = itinerary.problem
    vans = {one.id: _Van(dict(one.van_stock)) for one in problem.technicians}
    for job in problem.jobs:
        for earmark in job.earmarks:
            if earmark.technician in vans:
                vans[earmark.technician].own[job.id, earmark.part] += earmark.quantity
    for technician, routes in itinerary.by_technician.items():
        van = vans[technician]
        for shift, route in routes:
            for stop in route.stops:
                if stop.kind is StopKind.WAREHOUSE:
                    _load(van, stop, shift.id)
                elif stop.kind is StopKind.JOB and stop.supplies and not itinerary.is_committed(stop.id):
                    yield from _use(van, problem.job_by_id[stop.id], shift.id)
        yield from _judge_leftovers(van)


def _load(van: _Van, stop: Stop, shift: str) -> None:
    for load in stop.loads:
        if load.job is None:
            van.free[load.part] = van.free.get(load.part, 0) + load.quantity
            van.history[load.part].append((load.quantity, shift))
        else:
            van.own[load.job, load.part] += load.quantity
            van.loaded_own[load.job, load.part] = shift


def _use(van: _Van, job: Job, shift: str) -> Iterator[Violation]:
    for part, quantity in job.parts.items():
        own = min(quantity, van.own[job.id, part])
        van.own[job.id, part] -= own
        rest = quantity - own
        if rest > van.free.get(part, 0):
            message = f"needs {quantity} of {part}, {own + van.free.get(part, 0)} are on board for it"
            yield Violation("van_stock", message, Reason.PART_NOT_REACHABLE, job.id, shift)
        van.free[part] = van.free.get(part, 0) - rest
        if rest:
            van.history[part].append((-rest, shift))


def _judge_leftovers(van: _Van) -> Iterator[Violation]:
    """From any load on, no more is loaded than is used: each suffix of the history sums to nothing or less."""
    for part, history in van.history.items():
        surplus = 0
        for change, shift in reversed(history):
            surplus += change
            if change > 0 and surplus > 0:
                yield Violation("van_stock", f"loads {surplus} of {part} that no later job uses", shift=shift)
                surplus = 0
    for (job, part), shift in van.loaded_own.items():
        if van.own[job, part] > 0:
            message = f"{van.own[job, part]} of {part} were loaded for it, but not used by it"
            yield Violation("van_stock", message, None, job, shift)


RULE = Rule("van_stock", judge)
