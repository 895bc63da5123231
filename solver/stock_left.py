"""What a plan leaves of the parts, and which of its jobs took the rest; counted as `rules.van_stock` counts."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from solver.plan import Load, Plan, StopKind
from solver.problem import Job, Problem, Receipt, Technician, Warehouse


@dataclass(frozen=True, slots=True)
class StockLeft:
    """The problem with the stock that is left; part to the jobs that use units of it which anybody could have had."""

    problem: Problem
    users: dict[str, tuple[str, ...]]


def stock_left(problem: Problem, plan: Plan) -> StockLeft:
    """Free stock after a plan: receipts cut from the last, vans after their routes.

    A job that has begun uses nothing here, and a job's own earmarks are used before anything free.
    """
    taken: Counter[tuple[str, str]] = Counter()
    vans = {one.id: Counter(one.van_stock) for one in problem.technicians}
    own = {one.id: Counter[tuple[str, str]]() for one in problem.technicians}
    users: dict[str, list[str]] = defaultdict(list)
    for job in problem.jobs:
        for earmark in job.earmarks:
            if earmark.technician in own:
                own[earmark.technician][job.id, earmark.part] += earmark.quantity
    for route in plan.routes:
        technician = problem.shift_by_id[route.shift].technician
        for stop in route.stops:
            for load in stop.loads:
                _load(load, stop.id, taken, vans[technician], own[technician])
    for route in plan.routes:
        technician = problem.shift_by_id[route.shift].technician
        for stop in route.stops:
            if stop.kind is StopKind.JOB and stop.supplies and stop.id not in problem.committed_jobs:
                for part in _use(problem.job_by_id[stop.id], vans[technician], own[technician]):
                    users[part].append(stop.id)
    houses = tuple(_after(warehouse, taken) for warehouse in problem.warehouses)
    people = tuple(Technician(one.id, one.name, dict(+vans[one.id])) for one in problem.technicians)
    left = replace(problem, warehouses=houses, technicians=people)
    return StockLeft(left, {part: tuple(jobs) for part, jobs in users.items()})


def _load(
    load: Load,
    warehouse: str,
    taken: Counter[tuple[str, str]],
    van: Counter[str],
    own: Counter[tuple[str, str]],
) -> None:
    if load.job is None:
        taken[warehouse, load.part] += load.quantity
        van[load.part] += load.quantity
    else:
        own[load.job, load.part] += load.quantity


def _use(job: Job, van: Counter[str], own: Counter[tuple[str, str]]) -> list[str]:
    """Take a job's parts from the van; which of them came out of the free units."""
    free = []
    for part, quantity in job.parts.items():
        rest = max(0, quantity - own[job.id, part])
        van[part] -= rest
        if rest:
            free.append(part)
    return free


def _after(warehouse: Warehouse, taken: Counter[tuple[str, str]]) -> Warehouse:
    stock: dict[str, tuple[Receipt, ...] | None] = {}
    for part, receipts in warehouse.stock.items():
        gone = taken[warehouse.id, part]
        left: list[Receipt] | None = None if receipts is None else []
        for receipt in sorted(receipts or (), key=lambda one: one.from_s, reverse=True):
            quantity = max(0, receipt.quantity - gone)
            gone = max(0, gone - receipt.quantity)
            if quantity and left is not None:
                left.append(Receipt(receipt.from_s, quantity))
        stock[part] = None if left is None else tuple(reversed(left))
    return replace(warehouse, stock=stock)
