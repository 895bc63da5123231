"""City days on which parts are short: on vans and in four warehouses with their hours, some of them yet to come.

Work is not what is short: with every part at hand, nearly all jobs can be done. Leaving one out costs four times what
it costs on a plain city day, the least of them four hours of driving, so that no detour to a warehouse is too dear.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from bench.city_days import Site, city_day
from solver.problem import Job, Problem, Receipt, Technician, Warehouse, Window
from solver.score import leaving_out_cents
from solver.units import MAX_QUANTITY, Cents, Seconds

_HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class _House:
    """A warehouse: where, when open, and when the day's delivery comes, if there is one."""

    id: str
    site: Site
    hours: tuple[tuple[float, float], ...]
    delivery_s: Seconds | None = None


_HOUSES = (
    _House("centre", (15_000, 15_000), ((7, 11.5), (13, 17)), 10 * _HOUR_S),
    _House("west", (5_000, 13_000), ((7, 10),)),
    _House("south", (22_000, 7_000), ((9, 16),), 11 * _HOUR_S),
    _House("far", (28_500, 29_000), ((8, 15),), 12 * _HOUR_S),
)
_FAR = _HOUSES[-1]
_HANDLING_S = 600
_MAX_PICKUPS = 2
_JOBS_PER_SHIFT = 6
_PENALTY_FACTOR = 4
_NEEDY = 0.75
"""Share of jobs that need parts."""
_JOBS_PER_PART = 6
_FAR_ONLY = 0.25
"""Share of parts that only the far warehouse has."""
_ON_VANS = 0.2
_LATER = 0.3
"""Shares of units: on some van, and, of those in a warehouse with a delivery, in that."""
MAX_SCARCITY = 0.5

_Place = tuple[str, Seconds]
"""A warehouse and the second from which units are there."""


def stock_day(jobs: int, seed: int, scarcity: float) -> Problem:
    """A day of jobs that compete for parts, the same for the same arguments.

    `scarcity`: the mean share of the units needed that are nowhere, from 0 to `MAX_SCARCITY`; by part it is anything
    from nothing to twice that.
    """
    shifts = shifts_for(jobs)
    city = city_day(jobs, shifts, seed, others=[house.site for house in _HOUSES])
    dice = random.Random(f"stock-{jobs}-{seed}-{scarcity:g}")
    needy = tuple(_needing(dice, job, max(4, jobs // _JOBS_PER_PART)) for job in city.jobs)
    stock, vans = _units(dice, demand_of(needy), scarcity, shifts)
    return replace(
        city,
        id=f"stock-{jobs}-{seed}-{scarcity:g}",
        technicians=tuple(Technician(one.id, van_stock=vans[index]) for index, one in enumerate(city.technicians)),
        shifts=tuple(replace(shift, max_pickups=_MAX_PICKUPS) for shift in city.shifts),
        jobs=needy,
        warehouses=tuple(_warehouse(house, shifts + jobs + index, stock) for index, house in enumerate(_HOUSES)),
    )


def shifts_for(jobs: int) -> int:
    """Technicians for a day of so many jobs."""
    return max(2, round(jobs / _JOBS_PER_SHIFT))


def demand_of(jobs: Sequence[Job]) -> Counter[str]:
    """Units that all jobs together need, by part."""
    return sum((Counter(job.parts) for job in jobs), Counter())


def short_parts(problem: Problem) -> frozenset[str]:
    """Parts of which fewer units exist, on vans and in warehouses until the end of the day, than jobs need."""
    demand, units = demand_of(problem.jobs), _existing_units(problem)
    return frozenset(part for part, needed in demand.items() if units[part] < needed)


def least_left_out_cents(problem: Problem) -> Cents:
    """What the units that exist force any plan to leave out, were every one of them in every hand at once."""
    model, units = cp_model.CpModel(), _existing_units(problem)
    is_done = {job.id: model.new_bool_var(job.id) for job in problem.jobs}
    for part in short_parts(problem):
        used = [job.parts[part] * is_done[job.id] for job in problem.jobs if part in job.parts]
        model.add(sum(used) <= units[part])
    model.minimize(sum(leaving_out_cents(problem, job) * (1 - is_done[job.id]) for job in problem.jobs))
    solver = cp_model.CpSolver()
    if solver.solve(model) != cp_model.OPTIMAL:
        raise RuntimeError(f"no proof of what {problem.id} must leave out: {solver.status_name()}")
    return round(solver.objective_value)


def with_unlimited_stock(problem: Problem) -> Problem:
    """The same day with any number of every part at every warehouse from the first second."""
    everything = dict.fromkeys(sorted(demand_of(problem.jobs)))
    return replace(
        problem,
        id=f"{problem.id}-unlimited",
        warehouses=tuple(replace(one, stock=everything) for one in problem.warehouses),
    )


def _existing_units(problem: Problem) -> Counter[str]:
    """Units by part, wherever and whenever; as many as there can be where some warehouse has no limit."""
    units: Counter[str] = sum((Counter(one.van_stock) for one in problem.technicians), Counter())
    for warehouse in problem.warehouses:
        for part, receipts in warehouse.stock.items():
            units[part] += MAX_QUANTITY if receipts is None else sum(receipt.quantity for receipt in receipts)
    return units


def _needing(dice: random.Random, job: Job, parts: int) -> Job:
    """The job with its dearer penalty and, most often, one or two parts; the first parts are asked for most."""
    penalty: Cents = job.unplanned_penalty_cents * _PENALTY_FACTOR
    if dice.random() >= _NEEDY:
        return replace(job, unplanned_penalty_cents=penalty)
    weights = [1 / (1 + number / 4) for number in range(parts)]
    kinds = sorted(set(dice.choices(range(parts), weights, k=dice.choice((1, 1, 2)))))
    needed = {f"part-{number}": dice.choice((1, 1, 2)) for number in kinds}
    return replace(job, unplanned_penalty_cents=penalty, parts=needed)


def _units(
    dice: random.Random, demand: Mapping[str, int], scarcity: float, vans: int
) -> tuple[dict[str, Counter[_Place]], list[Counter[str]]]:
    """Where the units are: by part in warehouses, and by van."""
    stock: dict[str, Counter[_Place]] = defaultdict(Counter)
    on_vans: list[Counter[str]] = [Counter() for _ in range(vans)]
    for part in sorted(demand):
        missing, is_far = dice.uniform(0, 2 * scarcity), dice.random() < _FAR_ONLY
        for _ in range(round(demand[part] * (1 - missing))):
            if not is_far and dice.random() < _ON_VANS:
                dice.choice(on_vans)[part] += 1
                continue
            house = _FAR if is_far else dice.choice(_HOUSES[:-1])
            second = house.delivery_s if house.delivery_s is not None and dice.random() < _LATER else 0
            stock[part][house.id, second] += 1
    return stock, on_vans


def _warehouse(house: _House, location: int, stock: Mapping[str, Counter[_Place]]) -> Warehouse:
    receipts: dict[str, tuple[Receipt, ...] | None] = {}
    for part, places in stock.items():
        here = tuple(
            Receipt(second, quantity) for (name, second), quantity in sorted(places.items()) if name == house.id
        )
        if here:
            receipts[part] = here
    return Warehouse(
        id=house.id,
        location=location,
        windows=tuple(Window(round(start * _HOUR_S), round(end * _HOUR_S)) for start, end in house.hours),
        handling_s=_HANDLING_S,
        stock=receipts,
    )
