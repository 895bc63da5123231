"""Why a job can't be served alone: the smallest sets of rules whose absence would let somebody do it.

One technician, an empty shift, the stock of the morning: what fails there fails everywhere. Rules are dropped one
at a time, then in pairs (the idea of minimal relaxations of an infeasible system; Chinneck, "Feasibility and
Infeasibility in Optimization", 2008, chapter 6).
"""

from dataclasses import dataclass, replace
from itertools import combinations

from solver.eligibility import barriers
from solver.plan import StopKind
from solver.problem import Job, Problem, VehicleShift
from solver.reasons import Reason
from solver.schedule import Visit, schedule_route
from solver.supply import Tour, supply
from solver.units import DAY_S

DYNAMIC = (Reason.WINDOW_UNREACHABLE, Reason.SHIFT_TOO_SHORT, Reason.PART_NOT_REACHABLE, Reason.LOCK_CONFLICT)
"""Rules that show only when a route is timed and stocked."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Dropping `reasons` would let `shifts` do the job alone."""

    reasons: frozenset[Reason]
    shifts: tuple[str, ...]


def relaxations(problem: Problem, job: Job) -> tuple[Relaxation, ...]:
    """The smallest relaxations, at most two rules each.

    One without reasons means that the job can be served alone; an empty tuple that no relaxation was found.
    """
    by_size: dict[int, dict[frozenset[Reason], list[str]]] = {0: {}, 1: {}, 2: {}}
    for shift in problem.shifts:
        smallest = min((size for size, found in by_size.items() if found), default=2)
        static = barriers(problem, job, shift)
        for size in range(len(static), smallest + 1):
            found = [
                static.union(extra)
                for extra in combinations([reason for reason in DYNAMIC if reason not in static], size - len(static))
                if is_servable_alone(problem, job, shift, static.union(extra))
            ]
            for reasons in found:
                by_size[size].setdefault(reasons, []).append(shift.id)
            if found:
                break
    for found_sets in by_size.values():
        if found_sets:
            return tuple(Relaxation(reasons, tuple(shifts)) for reasons, shifts in found_sets.items())
    return ()


def is_servable_alone(
    problem: Problem, job: Job, shift: VehicleShift, relaxed: frozenset[Reason] = frozenset()
) -> bool:
    """Whether the technician of a shift could do just this job, with full stock, if the `relaxed` rules did not exist.

    Barriers of `solver.eligibility` are not judged again, only timing, tools and stock.
    """
    empty = replace(shift, committed=())
    if Reason.SHIFT_TOO_SHORT in relaxed:
        empty = replace(empty, latest_end=empty.latest_end + DAY_S, breaks=())
    alone = _alone(problem, _relaxed_job(job, relaxed), empty)
    visit = Visit(StopKind.JOB, job.id)
    tours: list[Tour] = [(visit,)]
    if shift.max_pickups:
        tours += [(Visit(StopKind.WAREHOUSE, warehouse.id), visit) for warehouse in problem.warehouses]
    for tour in tours:
        supplied = supply(alone, shift.technician, [(shift.id, tour)])
        if supplied is not None and schedule_route(alone, empty, supplied[shift.id]) is not None:
            return True
    return False


def _relaxed_job(job: Job, relaxed: frozenset[Reason]) -> Job:
    changes: dict[str, object] = {"predecessors": ()}
    if relaxed & {Reason.WINDOW_UNREACHABLE, Reason.NO_SHIFT}:
        changes["windows"] = ()
    if relaxed & {Reason.PART_NOT_REACHABLE, Reason.PART_OUT_OF_STOCK}:
        changes["parts"] = {}
    if Reason.LOCK_CONFLICT in relaxed:
        changes |= {"lock": None, "previous": None}
    if Reason.TOOL in relaxed or job.crew_size > 1:
        changes["tools"] = frozenset()
    return replace(job, **changes)  # type: ignore[arg-type]


def _alone(problem: Problem, job: Job, shift: VehicleShift) -> Problem:
    """The problem as if there were nothing but this job and this shift; without a freeze if the job lost its lock."""
    freeze = problem.freeze_until_s if job.lock or job.previous else None
    return replace(problem, jobs=(job,), shifts=(shift,), sequences=(), freeze_until_s=freeze)
