"""Jobs that a plan moved though it may not: begun, locked, frozen, or in a locked order.

Written against `docs/contract.md` and not against `solver.rules`, so that the two can contradict each other. It reads
stops and nothing else: no itinerary, no times worked out.
"""

from collections.abc import Iterator
from itertools import combinations

from solver.plan import Plan, StopKind
from solver.problem import Job, Problem
from solver.units import Seconds

Where = frozenset[tuple[str, Seconds]]
"""(shift, start) of each member."""


def moved(problem: Problem, plan: Plan) -> list[str]:
    """A sentence for each held job that does not stand where it must."""
    places = whereabouts(plan)
    open_jobs = [job for job in problem.jobs if job.id not in problem.committed_jobs and job.id in places]
    return [
        *_moved_begun(problem, plan),
        *(f"{job.id} is locked, but {text}" for job in open_jobs for text in _off_lock(job, places[job.id])),
        *(f"{job.id} {text}" for job in open_jobs for text in _off_freeze(problem, job, places[job.id])),
        *_out_of_order(problem, plan),
    ]


def dropped(problem: Problem, start: Plan, plan: Plan) -> list[str]:
    """Locked and frozen jobs that stood in the start and do not in the plan; nothing forbids that but the engine."""
    freeze = problem.freeze_until_s
    held = {job.id for job in problem.jobs if job.lock is not None or _is_frozen(job, freeze)}
    return sorted((held & whereabouts(start).keys()) - whereabouts(plan).keys())


def whereabouts(plan: Plan) -> dict[str, Where]:
    """Where every planned job stands."""
    found: dict[str, Where] = {}
    for route in plan.routes:
        for stop in route.stops:
            if stop.kind is StopKind.JOB:
                found[stop.id] = found.get(stop.id, frozenset()) | {(route.shift, stop.start_s)}
    return found


def _moved_begun(problem: Problem, plan: Plan) -> Iterator[str]:
    """The first stops of a shift, breaks aside, are those that have begun; they stand nowhere else."""
    stops = {route.shift: [stop for stop in route.stops if stop.kind is not StopKind.BREAK] for route in plan.routes}
    for shift in problem.shifts:
        here = stops.get(shift.id, [])
        first = [(stop.kind, stop.id) for stop in here[: len(shift.committed)]]
        if first != [(StopKind.JOB, begun.job) for begun in shift.committed]:
            yield f"{shift.id} begins with {first}, not with what has begun"
            continue
        for begun, stop in zip(shift.committed, here, strict=False):
            if begun.start_s not in (None, stop.start_s):
                yield f"{begun.job} began at {begun.start_s}, not at {stop.start_s}"
        allowed = {begun.job for begun in shift.committed}
        for stop in here[len(shift.committed) :]:
            if stop.kind is StopKind.JOB and stop.id in problem.committed_jobs:
                where = "again" if stop.id in allowed else "though it has begun elsewhere"
                yield f"{stop.id} stands on {shift.id} {where}"


def _off_lock(job: Job, where: Where) -> Iterator[str]:
    lock = job.lock
    if lock is None:
        return
    if lock.shifts and sorted(shift for shift, _ in where) != sorted(lock.shifts):
        yield f"stands on {sorted(where)} and not on {lock.shifts}"
    for _, start in sorted(where):
        if lock.start_s is not None and start != lock.start_s:
            yield f"starts at {start} and not at {lock.start_s}"
        if lock.start_range is not None and not lock.start_range.start <= start <= lock.start_range.end:
            yield f"starts at {start}, outside {lock.start_range}"


def _off_freeze(problem: Problem, job: Job, where: Where) -> Iterator[str]:
    freeze, before = problem.freeze_until_s, job.previous
    if freeze is None:
        return
    if before is not None and before.start_s < freeze:
        if where != {(shift, before.start_s) for shift in before.shifts}:
            yield f"is frozen at {before.start_s} on {before.shifts}, but stands on {sorted(where)}"
    elif min(start for _, start in where) < freeze:
        yield f"is new before the freeze at {freeze}: {sorted(where)}"


def _is_frozen(job: Job, freeze: Seconds | None) -> bool:
    return freeze is not None and job.previous is not None and job.previous.start_s < freeze


def _out_of_order(problem: Problem, plan: Plan) -> Iterator[str]:
    """Of a locked order, every two planned jobs stand on one route and in this order, unless both have begun."""
    orders = [route.jobs for route in plan.routes]
    planned = {job for jobs in orders for job in jobs}
    for sequence in problem.sequences:
        for first, second in combinations((job for job in sequence if job in planned), 2):
            if {first, second} <= problem.committed_jobs:
                continue
            if not any(first in jobs and second in jobs and jobs.index(first) < jobs.index(second) for jobs in orders):
                yield f"{second} does not stand after {first} on one route"
