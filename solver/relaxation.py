"""Why a job can't be served alone: the smallest sets of rules whose absence would let somebody do it.

One technician, an empty shift, the stock of the morning: what fails there fails everywhere. Rules are dropped one
at a time, then in pairs (the idea of minimal relaxations of an infeasible system; Chinneck, "Feasibility and
Infeasibility in Optimization", 2008, chapter 6).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, permutations, product

from solver.eligibility import ALWAYS, barriers
from solver.plan import Route, StopKind
from solver.problem import Job, Problem, VehicleShift, Warehouse, Window
from solver.reasons import Reason
from solver.schedule import Visit, schedule_route
from solver.supply import Tour, supply
from solver.units import DAY_S, Seconds

DYNAMIC = (
    Reason.WINDOW_UNREACHABLE,
    Reason.SHIFT_TOO_SHORT,
    Reason.PART_NOT_REACHABLE,
    Reason.LOCK_CONFLICT,
    Reason.TOOL,
)
"""Rules that show only when a route is timed and stocked."""

MOST_PICKUPS = 2
"""So many warehouse stops are tried before a job that is judged alone."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Dropping `reasons` would let `shifts` do the job alone."""

    reasons: frozenset[Reason]
    shifts: tuple[str, ...]


def relaxations(problem: Problem, job: Job) -> tuple[Relaxation, ...]:
    """The smallest relaxations, at most two rules each.

    One without reasons means that the job can be served alone; an empty tuple that no relaxation was found. Where
    suitable shifts have a road to the site, those without one are not judged.
    """
    by_size: dict[int, dict[frozenset[Reason], list[str]]] = {1: {}, 2: {}}
    for shift in _worth_judging(problem, job):
        static = barriers(problem, job, shift)
        if not static and is_servable_alone(problem, job, shift):
            return (Relaxation(frozenset(), (shift.id,)),)
        dynamic = [reason for reason in _applicable(problem, job, shift) if reason not in static]
        for size in range(max(1, len(static)), 2 if by_size[1] else 3):
            found = [
                static.union(more)
                for more in combinations(dynamic, size - len(static))
                if is_servable_alone(problem, job, shift, static.union(more))
            ]
            for reasons in found:
                by_size[size].setdefault(reasons, []).append(shift.id)
            if found:
                break
    smallest = by_size[1] or by_size[2]
    return tuple(Relaxation(reasons, tuple(shifts)) for reasons, shifts in smallest.items())


def is_servable_alone(
    problem: Problem, job: Job, shift: VehicleShift, relaxed: frozenset[Reason] = frozenset()
) -> bool:
    """Whether the technician of a shift could do just this job, with full stock, if the `relaxed` rules did not exist.

    Barriers of `solver.eligibility` are not judged again, only timing, tools and stock.
    """
    if Reason.SHIFT_TOO_SHORT in relaxed:
        shift = replace(shift, breaks=())
    return next(_alone_routes(problem, job, shift, relaxed), None) is not None


def alone_route(
    problem: Problem, job: Job, shift: VehicleShift, relaxed: frozenset[Reason] = frozenset()
) -> Route | None:
    """The route of just this job with the earliest return, if the `relaxed` rules did not exist; breaks are kept."""
    routes = _alone_routes(problem, job, shift, relaxed)
    return min(routes, key=lambda route: route.return_s, default=None)


def has_road(problem: Problem, job: Job, shift: VehicleShift) -> bool:
    """Whether roads lead from the start of a shift to a job, past a warehouse or not, and on to the shift's end."""
    start, place = shift.start_location, job.location
    is_reached = _leads(problem, shift, start, place) or any(
        _leads(problem, shift, start, house.location) and _leads(problem, shift, house.location, place)
        for house in problem.warehouses
        if shift.max_pickups > 0
    )
    return is_reached and _leads(problem, shift, place, shift.end_location)


def _leads(problem: Problem, shift: VehicleShift, origin: int, destination: int) -> bool:
    return origin == destination or problem.travel_s(shift, origin, destination) >= 0


def _worth_judging(problem: Problem, job: Job) -> list[VehicleShift]:
    """The shifts that a road leads from; all of them where none of those suits."""
    linked = [shift for shift in problem.shifts if has_road(problem, job, shift)]
    is_suitable_linked = any(not barriers(problem, job, shift) for shift in linked)
    return linked if is_suitable_linked else list(problem.shifts)


def _applicable(problem: Problem, job: Job, shift: VehicleShift) -> list[Reason]:
    """The dynamic rules that ask anything of the job at all."""
    asks = {
        Reason.WINDOW_UNREACHABLE: bool(job.windows) or not has_road(problem, job, shift),
        Reason.SHIFT_TOO_SHORT: True,
        Reason.PART_NOT_REACHABLE: bool(job.parts),
        Reason.LOCK_CONFLICT: job.lock is not None or problem.freeze_until_s is not None,
        Reason.TOOL: bool(job.tools - shift.tools),
    }
    return [reason for reason in DYNAMIC if asks[reason]]


def _alone_routes(problem: Problem, job: Job, shift: VehicleShift, relaxed: frozenset[Reason]) -> Iterator[Route]:
    """Every way in which the technician could do just this job, with at most `MOST_PICKUPS` warehouse stops."""
    empty = replace(shift, committed=())
    relaxed_job = _relaxed_job(job, relaxed)
    if Reason.WINDOW_UNREACHABLE in relaxed and not has_road(problem, job, shift):
        relaxed_job = replace(relaxed_job, location=shift.start_location)
        empty = replace(empty, end_location=shift.start_location)
    warehouses = [house for house in problem.warehouses if _serves(house, relaxed_job, shift)]
    if Reason.SHIFT_TOO_SHORT in relaxed:
        empty = replace(empty, latest_end=empty.latest_end + DAY_S)
        warehouses = [open_house for house in warehouses for open_house in _until(house, shift.latest_return)]
    alone = replace(
        problem,
        jobs=(relaxed_job,),
        shifts=(empty, *_earlier(problem, shift)),
        technicians=(problem.technician_by_id[shift.technician],),
        warehouses=tuple(warehouses),
        sequences=(),
        freeze_until_s=None if Reason.LOCK_CONFLICT in relaxed else problem.freeze_until_s,
    )
    for fetched, stops in product(_fetches_before(problem, alone, shift), range(_most_stops(shift) + 1)):
        for order in permutations(warehouses, stops):
            fetches = tuple(Visit(StopKind.WAREHOUSE, house.id) for house in order)
            tours: list[tuple[str, Tour]] = [*fetched, (shift.id, (*fetches, Visit(StopKind.JOB, job.id)))]
            supplied = supply(alone, shift.technician, tours)
            if supplied is None or any(
                schedule_route(alone, alone.shift_by_id[other], supplied[other]) is None for other, _ in fetched
            ):
                continue
            route = schedule_route(alone, empty, supplied[shift.id])
            if route is not None:
                yield route


def _most_stops(shift: VehicleShift) -> int:
    return min(shift.max_pickups, MOST_PICKUPS)


def _earlier(problem: Problem, shift: VehicleShift) -> list[VehicleShift]:
    """The technician's shifts before this one, on which parts could be fetched for it."""
    return [
        replace(one, committed=())
        for one in problem.shifts
        if one.technician == shift.technician
        and one.id != shift.id
        and one.max_pickups > 0
        and one.earliest_start < shift.earliest_start
    ]


def _fetches_before(problem: Problem, alone: Problem, shift: VehicleShift) -> Iterator[list[tuple[str, Tour]]]:
    """Nothing, then the warehouse stops of one earlier shift; parts stay on the van overnight, tools do not."""
    yield []
    (job,) = alone.jobs
    if job.parts:
        for other in _earlier(problem, shift):
            for stops in range(1, _most_stops(other) + 1):
                for order in permutations(alone.warehouses, stops):
                    yield [(other.id, tuple(Visit(StopKind.WAREHOUSE, house.id) for house in order))]


def _serves(warehouse: Warehouse, job: Job, shift: VehicleShift) -> bool:
    """Whether a stop there could help the job at all."""
    is_earmarked = any(earmark.warehouse == warehouse.id for earmark in job.earmarks)
    return (
        is_earmarked
        or not warehouse.stock.keys().isdisjoint(job.parts)
        or bool(warehouse.tools & job.tools - shift.tools)
    )


def _until(warehouse: Warehouse, latest_s: Seconds) -> Iterator[Warehouse]:
    """The warehouse, closed from a second on; nothing where it opens later: a longer shift brings no part earlier."""
    windows = warehouse.windows or (ALWAYS,)
    cut = tuple(Window(one.start, min(one.end, latest_s)) for one in windows if one.start <= latest_s)
    if cut:
        yield replace(warehouse, windows=cut)


def _relaxed_job(job: Job, relaxed: frozenset[Reason]) -> Job:
    changes: dict[str, object] = {"predecessors": ()}
    if relaxed & {Reason.WINDOW_UNREACHABLE, Reason.NO_SHIFT}:
        changes["windows"] = ()
    if relaxed & {Reason.PART_NOT_REACHABLE, Reason.PART_OUT_OF_STOCK}:
        changes["parts"] = {}
        changes["earmarks"] = ()
    if Reason.LOCK_CONFLICT in relaxed:
        changes |= {"lock": None, "previous": None}
    if Reason.TOOL in relaxed or job.crew_size > 1:
        changes["tools"] = frozenset()
    return replace(job, **changes)  # type: ignore[arg-type]
