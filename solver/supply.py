"""Parts and tools along the tours of one technician: what each warehouse stop must load."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from solver.plan import Load, StopKind
from solver.problem import Job, Problem, VehicleShift
from solver.schedule import Visit

Tour = tuple[Visit, ...]
"""Jobs and warehouse stops of one shift in driving order, without breaks and times."""


def supply(problem: Problem, technician: str, tours: Sequence[tuple[str, Tour]]) -> dict[str, Tour] | None:
    """Write loads and borrowed tools into the warehouse stops of a technician's tours, in the order of time.

    Every unit that the van lacks is loaded at the last warehouse stop before its use that stocks the part; a job's
    own earmarks come first. Returns shift id to tour, without warehouse stops that have nothing to do; None where a
    part or tool can't be had on these tours. Whether shared stock suffices at that time is not judged here.
    """
    free = Counter(problem.technician_by_id[technician].van_stock)
    loads: dict[tuple[str, int], Counter[tuple[str, str | None]]] = defaultdict(Counter)
    borrowed: dict[tuple[str, int], set[str]] = defaultdict(set)
    stops: list[tuple[str, int, str]] = []
    for shift_id, tour in tours:
        shift = problem.shift_by_id[shift_id]
        begun = {stop.job for stop in shift.committed}
        today: list[tuple[str, int, str]] = []
        for index, visit in enumerate(tour):
            if visit.kind is StopKind.WAREHOUSE:
                today.append((shift_id, index, visit.id))
                continue
            job = problem.job_by_id[visit.id]
            if job.id in begun:
                continue
            needed = _needs(job, technician, free) if visit.supplies else Counter[str]()
            if not _load_needs(problem, job, needed, [*stops, *today], loads):
                return None
            if job.crew_size == 1 and not _borrow(problem, shift, job, today, borrowed):
                return None
        stops += today
    return {shift_id: _with_loads(shift_id, tour, loads, borrowed) for shift_id, tour in tours}


def _needs(job: Job, technician: str, free: Counter[str]) -> Counter[str]:
    """Units that must be loaded for a job, after its earmarks on the van and free van stock, which is used up."""
    needed: Counter[str] = Counter()
    for part, quantity in job.parts.items():
        own = sum(one.quantity for one in job.earmarks if one.technician == technician and one.part == part)
        rest = max(0, quantity - own)
        used = min(rest, free[part])
        free[part] -= used
        needed[part] = rest - used
    return +needed


def _load_needs(
    problem: Problem,
    job: Job,
    needed: Counter[str],
    stops: Sequence[tuple[str, int, str]],
    loads: dict[tuple[str, int], Counter[tuple[str, str | None]]],
) -> bool:
    for part, quantity in needed.items():
        rest = quantity
        for shift, index, warehouse in reversed(stops):
            held = sum(one.quantity for one in job.earmarks if one.warehouse == warehouse and one.part == part)
            held -= sum(counter[part, job.id] for (_, _), counter in loads.items()) if held else 0
            own = min(rest, max(0, held))
            if own:
                loads[shift, index][part, job.id] += own
                rest -= own
        for shift, index, warehouse in reversed(stops):
            if rest and part in problem.warehouse_by_id[warehouse].stock:
                loads[shift, index][part, None] += rest
                rest = 0
        if rest:
            return False
    return True


def _borrow(
    problem: Problem,
    shift: VehicleShift,
    job: Job,
    today: Sequence[tuple[str, int, str]],
    borrowed: dict[tuple[str, int], set[str]],
) -> bool:
    for tool in job.tools - shift.tools:
        lender = next((stop for stop in today if tool in problem.warehouse_by_id[stop[2]].tools), None)
        if lender is None:
            return False
        borrowed[lender[0], lender[1]].add(tool)
    return True


def _with_loads(
    shift: str,
    tour: Tour,
    loads: Mapping[tuple[str, int], Counter[tuple[str, str | None]]],
    borrowed: Mapping[tuple[str, int], set[str]],
) -> Tour:
    stocked = []
    for index, visit in enumerate(tour):
        if visit.kind is not StopKind.WAREHOUSE:
            stocked.append(visit)
            continue
        taken = loads.get((shift, index), Counter())
        own = tuple(
            Load(part, quantity, job)
            for (part, job), quantity in sorted(taken.items(), key=lambda item: (item[0][0], item[0][1] or ""))
            if quantity
        )
        tools = frozenset(borrowed.get((shift, index), ()))
        if own or tools:
            stocked.append(replace(visit, loads=own, tools=tools))
    return tuple(stocked)
