"""Parts and tools along the tours of one technician: what each warehouse stop must load."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from solver.plan import Load, StopKind
from solver.problem import Job, Problem, Receipt, VehicleShift
from solver.schedule import Visit
from solver.units import MAX_QUANTITY, Seconds

Tour = tuple[Visit, ...]
"""Jobs and warehouse stops of one shift in driving order, without breaks and times."""


def supply(problem: Problem, technician: str, tours: Sequence[tuple[str, Tour]]) -> dict[str, Tour] | None:
    """Write loads and borrowed tools into the warehouse stops of a technician's tours, in the order of time.

    Every unit that the van lacks is loaded at the last warehouse stop before its use that has it in all; a job's
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
            if visit.supplies and not _fetch(problem, technician, job, free, [*stops, *today], loads):
                return None
            if job.crew_size == 1 and not _borrow(problem, shift, job, today, borrowed):
                return None
            if job.crew_size > 1:  # its tools may be those of any member: what was borrowed for it stays so
                for _, at, _ in today:
                    borrowed[shift_id, at] |= tour[at].tools
        stops += today
    return {shift_id: _with_loads(shift_id, tour, loads, borrowed) for shift_id, tour in tours}


def left_over(receipts: Sequence[Receipt], taken: Sequence[Receipt]) -> tuple[Receipt, ...]:
    """Receipts that may still be used: at every second no more than any later second has to spare."""
    if not taken:
        return tuple(receipts)
    moments = sorted({receipt.from_s for receipt in receipts} | {load.from_s for load in taken})

    def spare(second: Seconds) -> int:
        received = sum(receipt.quantity for receipt in receipts if receipt.from_s <= second)
        return received - sum(load.quantity for load in taken if load.from_s <= second)

    left, counted = [], 0
    for receipt in sorted({receipt.from_s for receipt in receipts}):
        usable = max(0, min(spare(moment) for moment in moments if moment >= receipt))
        if usable > counted:
            left.append(Receipt(receipt, usable - counted))
            counted = usable
    return tuple(left)


def _fetch(
    problem: Problem,
    technician: str,
    job: Job,
    free: Counter[str],
    stops: Sequence[tuple[str, int, str]],
    loads: dict[tuple[str, int], Counter[tuple[str, str | None]]],
) -> bool:
    """Cover a job's parts: its own units on the van, its own at earlier stops, free van stock, free loads."""
    for part, quantity in job.parts.items():
        own = (one for one in job.earmarks if one.part == part and one.technician == technician)
        rest = max(0, quantity - sum(one.quantity for one in own))
        for shift, index, warehouse in reversed(stops):
            held = sum(one.quantity for one in job.earmarks if one.warehouse == warehouse and one.part == part)
            held -= sum(loads[stop[0], stop[1]][part, job.id] for stop in stops if stop[2] == warehouse)
            units = min(rest, max(0, held))
            loads[shift, index][part, job.id] += units
            rest -= units
        used = min(rest, free[part])
        free[part] -= used
        rest -= used
        for shift, index, warehouse in reversed(stops):
            taken = sum(loads[stop[0], stop[1]][part, None] for stop in stops if stop[2] == warehouse)
            units = min(rest, max(0, _received(problem, warehouse, part) - taken))
            loads[shift, index][part, None] += units
            rest -= units
        if rest:
            return False
    return True


def _received(problem: Problem, warehouse: str, part: str) -> int:
    """All units of a part that a warehouse ever has; whether others take them first is judged elsewhere."""
    receipts = problem.warehouse_by_id[warehouse].stock.get(part, ())
    return MAX_QUANTITY if receipts is None else sum(receipt.quantity for receipt in receipts)


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
