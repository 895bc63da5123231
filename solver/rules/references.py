"""Everything a plan names exists, and no shift has two routes. All other rules rely on it."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.plan import Route, Stop, StopKind
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Unknown problem, shifts, jobs, warehouses, breaks and locations; shifts used twice."""
    problem, plan = itinerary.problem, itinerary.plan
    if plan.problem != problem.id:
        yield Violation("references", f"the plan answers problem {plan.problem!r}, not {problem.id!r}")
    used: set[str] = set()
    for route in plan.routes:
        if route.shift not in problem.shift_by_id:
            yield Violation("references", "no such shift", shift=route.shift)
            continue
        if route.shift in used:
            yield Violation("references", "the shift has two routes", shift=route.shift)
        used.add(route.shift)
        for stop in route.stops:
            yield from _judge_stop(itinerary, route, stop)
    for left in plan.unplanned:
        if left.job not in problem.job_by_id:
            yield Violation("references", "an unplanned job is not in the problem", job=left.job)


def _judge_stop(itinerary: Itinerary, route: Route, stop: Stop) -> Iterator[Violation]:
    problem = itinerary.problem
    known = {
        StopKind.JOB: problem.job_by_id,
        StopKind.WAREHOUSE: problem.warehouse_by_id,
        StopKind.BREAK: {one.id for one in problem.shift_by_id[route.shift].breaks},
    }[stop.kind]
    if stop.id not in known:
        yield Violation("references", f"no such {stop.kind.value}: {stop.id!r}", shift=route.shift)
    if not 0 <= stop.location < len(problem.locations):
        yield Violation("references", f"stop {stop.id!r} names location {stop.location}", shift=route.shift)
    for load in stop.loads:
        if load.job is not None and load.job not in problem.job_by_id:
            yield Violation("references", f"a load names job {load.job!r}, which does not exist", shift=route.shift)


RULE = Rule("references", judge)
