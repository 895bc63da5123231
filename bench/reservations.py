"""Reserve first, then route: what systems do whose planning knows nothing of parts.

A job's units are taken from the free stock and held for it as earmarks; then the same engine plans the routes. An
earmark has no date, so units of a later delivery are held as a part of the job's own, which only that delivery has.
What nobody has reserved stays free for any job that is planned.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise, permutations, product

from solver.eligibility import barriers, job_windows
from solver.plan import Cause, Load, Plan, Stop, Unplanned
from solver.problem import Earmark, Job, Problem, Receipt, Technician, VehicleShift, Warehouse
from solver.reasons import Reason
from solver.supply import left_over
from solver.units import Seconds


@dataclass(frozen=True, slots=True)
class Way:
    """Who reserves before whom, and whether units on vans are reserved too.

    Where vans stay open, a job for which no warehouse has enough may still be done with what is on a van.
    """

    by_penalty: bool
    reserves_vans: bool


WAYS = {
    "priority": Way(by_penalty=True, reserves_vans=True),
    "arrival": Way(by_penalty=False, reserves_vans=True),
    "open-vans": Way(by_penalty=True, reserves_vans=False),
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where units are held: on a technician's van, or at a warehouse from a second on."""

    technician: str | None = None
    warehouse: str | None = None
    from_s: Seconds = 0


_Held = Counter[tuple[_Place, str]]
"""Units by place and part."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """The problem that is left to plan, jobs that are out of it for want of parts, and parts by the names held for."""

    problem: Problem
    without_parts: tuple[str, ...]
    part_of: Mapping[str, str]


def reserve(problem: Problem, way: Way) -> Reserved:
    """Go through the jobs in the order of `way` and hold all parts for each, or nothing."""
    free = _free_units(problem, way)
    order = sorted(problem.jobs, key=lambda job: -job.unplanned_penalty_cents if way.by_penalty else 0)
    held: dict[str, _Held] = {}
    for job in order:
        own = _reservation(problem, job, free)
        if own is not None:
            held[job.id] = own
            free -= own
    without = tuple(job.id for job in problem.jobs if job.id not in held) if way.reserves_vans else ()
    jobs = [job for job in problem.jobs if job.id not in without]
    return _reserved(problem, [_holding(job, held.get(job.id, Counter())) for job in jobs], held, without)


def in_problem(problem: Problem, reserved: Reserved, plan: Plan) -> Plan:
    """A plan of the reserved problem in terms of the original one, where nothing is held for anybody."""
    left = tuple(Unplanned(job, (Cause(Reason.PART_OUT_OF_STOCK),)) for job in reserved.without_parts)
    return Plan(
        problem.id,
        tuple(
            replace(route, stops=tuple(_free_loads(stop, reserved.part_of) for stop in route.stops))
            for route in plan.routes
        ),
        plan.unplanned + left,
    )


def _free_units(problem: Problem, way: Way) -> _Held:
    """All that may be reserved."""
    free: _Held = Counter()
    if way.reserves_vans:
        for technician in problem.technicians:
            for part, quantity in technician.van_stock.items():
                free[_Place(technician=technician.id), part] += quantity
    for warehouse in problem.warehouses:
        for part, receipts in warehouse.stock.items():
            if receipts is None:
                raise ValueError(f"{part} is without limit at {warehouse.id}: there is nothing to reserve")
            for receipt in receipts:
                free[_Place(warehouse=warehouse.id, from_s=receipt.from_s), part] += receipt.quantity
    return free


def _reservation(problem: Problem, job: Job, free: _Held) -> _Held | None:
    """What is held for a job: from one van, else one warehouse, else a van and a warehouse, else two warehouses.

    Of each kind the one with the shortest drive for somebody who may do the job: from home over the warehouse to the
    job and home. Only vans of those, and only units with which one of them could begin before the job's window closes.
    """
    able = [shift for shift in problem.shifts if not barriers(problem, job, shift)]
    for sources in _sources(problem, job, able):
        wanted, own = Counter(job.parts), _Held()
        for source in sources:
            for place, part in _on_shelf(source, free, wanted):
                if isinstance(source, VehicleShift) or _is_in_time(problem, job, able, source, place.from_s):
                    units = min(wanted[part], free[place, part])
                    own[place, part] += units
                    wanted[part] -= units
        if not +wanted:
            return +own
    return None


def _sources(
    problem: Problem, job: Job, able: Sequence[VehicleShift]
) -> Iterator[tuple[VehicleShift | Warehouse, ...]]:
    """Vans and warehouses, alone and in pairs, in the order in which they are tried."""
    vans = sorted(able, key=lambda shift: _drive_s(problem, shift, job.location))
    houses = sorted(
        problem.warehouses,
        key=lambda house: min((_drive_s(problem, shift, house.location, job.location) for shift in able), default=0),
    )
    yield ()
    yield from chain(product(vans), product(houses), product(vans, houses), permutations(houses, 2))


def _drive_s(problem: Problem, shift: VehicleShift, *places: int) -> Seconds:
    """From where a shift starts over the places to where it ends."""
    stops = (shift.start_location, *places, shift.end_location)
    return sum(problem.travel_s(shift, *leg) for leg in pairwise(stops))


def _on_shelf(source: VehicleShift | Warehouse, free: _Held, wanted: Counter[str]) -> list[tuple[_Place, str]]:
    """Free units of the parts wanted at one source, the earliest first."""

    def is_here(place: _Place) -> bool:
        if isinstance(source, VehicleShift):
            return place.technician == source.technician
        return place.warehouse == source.id

    found = [(place, part) for (place, part), units in free.items() if units and wanted[part] and is_here(place)]
    return sorted(found, key=lambda one: one[0].from_s)


def _is_in_time(problem: Problem, job: Job, able: Sequence[VehicleShift], house: Warehouse, from_s: Seconds) -> bool:
    """Whether someone, on a day of his own, could fetch units that are there from a second on and do the job."""
    return any(_can_fetch(problem, job, shift, house, from_s) for shift in able)


def _can_fetch(problem: Problem, job: Job, shift: VehicleShift, house: Warehouse, from_s: Seconds) -> bool:
    there = max(from_s, shift.earliest_start + problem.travel_s(shift, shift.start_location, house.location))
    begins = [max(there, window.start) for window in house.windows if window.end >= there] if house.windows else [there]
    if not begins:
        return False
    arrival = min(begins) + house.handling_s + problem.travel_s(shift, house.location, job.location)
    starts = [max(arrival, window.start) for window in job_windows(job) if window.end >= arrival]
    home = problem.travel_s(shift, job.location, shift.end_location)
    return bool(starts) and min(starts) + job.service_on(shift) + home <= shift.latest_return


def _holding(job: Job, held: _Held) -> Job:
    """The job with what is held for it: earmarks, and parts of its own for units of a later delivery."""
    parts, marks = Counter(job.parts), []
    for (place, part), units in held.items():
        if place.from_s:
            parts[part] -= units
            parts[_own_name(job.id, place, part)] += units
        else:
            marks.append(Earmark(part, units, place.technician, place.warehouse))
    return replace(job, parts=dict(+parts), earmarks=tuple(marks))


def _own_name(job: str, place: _Place, part: str) -> str:
    return f"{part} for {job} at {place.from_s}"


def _reserved(problem: Problem, jobs: Sequence[Job], held: Mapping[str, _Held], without: tuple[str, ...]) -> Reserved:
    taken = sum(held.values(), _Held())
    own: dict[str, dict[str, Receipt]] = defaultdict(dict)
    part_of = {}
    for job, places in held.items():
        for (place, part), units in places.items():
            if place.warehouse is not None and place.from_s:
                name = _own_name(job, place, part)
                own[place.warehouse][name], part_of[name] = Receipt(place.from_s, units), part
    rest = replace(
        problem,
        id=f"{problem.id}-reserved",
        jobs=tuple(jobs),
        technicians=tuple(_van_after(one, taken) for one in problem.technicians),
        warehouses=tuple(_house_after(one, taken, own[one.id]) for one in problem.warehouses),
    )
    return Reserved(rest, without, part_of)


def _van_after(technician: Technician, taken: _Held) -> Technician:
    place = _Place(technician=technician.id)
    return replace(
        technician, van_stock={part: units - taken[place, part] for part, units in technician.van_stock.items()}
    )


def _house_after(warehouse: Warehouse, taken: _Held, own: Mapping[str, Receipt]) -> Warehouse:
    gone: dict[str, list[Receipt]] = defaultdict(list)
    for (place, part), units in taken.items():
        if place.warehouse == warehouse.id:
            gone[part].append(Receipt(place.from_s, units))
    stock: dict[str, tuple[Receipt, ...] | None] = {name: (receipt,) for name, receipt in own.items()}
    for part, receipts in warehouse.stock.items():
        stock[part] = None if receipts is None else left_over(receipts, gone[part])
    return replace(warehouse, stock=stock)


def _free_loads(stop: Stop, part_of: Mapping[str, str]) -> Stop:
    """The stop with its loads in nobody's name."""
    units: Counter[str] = Counter()
    for load in stop.loads:
        units[part_of.get(load.part, load.part)] += load.quantity
    return replace(stop, loads=tuple(Load(part, quantity) for part, quantity in sorted(units.items())))
