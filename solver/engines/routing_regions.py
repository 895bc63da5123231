"""Parts of a large problem that are solved apart: technicians who work near each other, with their jobs.

Everything outside a region stands still: its loads are taken off the shared stock, and jobs tied to others outside
keep their place.
"""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from solver.draft import Draft
from solver.eligibility import barriers
from solver.plan import StopKind
from solver.problem import Job, Lock, Problem, Receipt, Warehouse
from solver.supply import left_over
from solver.units import MAX_CENTS, Seconds

MOST_SHIFTS = 18
MOST_JOBS = 200
"""Beyond these one model is too slow to search; found on days of 120 and 600 visits."""
FAIR_SHIFTS = 10
FAIR_JOBS = 90
"""Size of the regions that a larger problem is cut into."""


def regions_of(draft: Draft, seed: int) -> list[tuple[str, ...]]:
    """Technicians in groups small enough for one model; other seeds cut elsewhere."""
    problem = draft.problem
    technicians = [one.id for one in problem.technicians if draft.shifts_of(one.id)]
    if len(problem.shifts) <= MOST_SHIFTS and len(problem.jobs) <= MOST_JOBS:
        return [tuple(technicians)]
    crowd = max(len(problem.shifts) / FAIR_SHIFTS, len(problem.jobs) / FAIR_JOBS, 1.0)
    most = max(1, round(len(technicians) / crowd))
    centres = {technician: _centre(draft, technician) for technician in technicians}
    return _halved(problem, technicians, centres, most, random.Random(seed))  # noqa: S311 - reproducible


def restricted(draft: Draft, technicians: Sequence[str], open_jobs: Sequence[Job]) -> Problem:
    """The problem of some technicians: the jobs on their tours, and unplanned ones that are theirs to try."""
    problem = draft.problem
    shifts = tuple(shift for shift in problem.shifts if shift.technician in technicians)
    homes = {
        visit.id: shift.id for shift in shifts for visit in draft.tours.get(shift.id, ()) if visit.kind is StopKind.JOB
    }
    planned = draft.planned
    inside = {*homes, *(job.id for job in open_jobs if job.id not in planned)}
    jobs = tuple(
        settled
        for job in problem.jobs
        if job.id in inside and (settled := _settled(draft, job, homes.get(job.id), inside)) is not None
    )
    known = {job.id for job in jobs}
    return replace(
        problem,
        technicians=tuple(one for one in problem.technicians if one.id in technicians),
        shifts=shifts,
        jobs=jobs,
        warehouses=_warehouses_without(draft, {shift.id for shift in shifts}),
        sequences=tuple(tuple(job for job in sequence if job in known) for sequence in problem.sequences),
    )


def shared_out(draft: Draft, regions: Sequence[tuple[str, ...]], seed: int) -> list[list[Job]]:
    """Unplanned jobs per region: each goes where somebody near may do it, near ones more often."""
    problem, planned = draft.problem, draft.planned
    chance = random.Random(seed)  # noqa: S311 - reproducible
    region_of = {technician: rank for rank, region in enumerate(regions) for technician in region}
    centres = {technician: _centre(draft, technician) for technician in region_of}
    shares: list[list[Job]] = [[] for _ in regions]
    for job in problem.jobs:
        if job.id in planned or job.crew_size > 1:
            continue
        distances: dict[int, Seconds] = {}
        for shift in problem.shifts:
            rank = region_of[shift.technician]
            travel = problem.travel_s(shift, centres[shift.technician], job.location)
            if travel >= 0 and travel < distances.get(rank, 2**62) and not barriers(problem, job, shift):
                distances[rank] = travel
        nearest = sorted(distances, key=lambda rank: distances[rank])
        if nearest:
            shares[nearest[min(len(nearest) - 1, int(chance.expovariate(1.0)))]].append(job)
    return shares


def _centre(draft: Draft, technician: str) -> int:
    """Location of the middle stop of a technician's first tour; his start where he has none."""
    shifts = draft.shifts_of(technician)
    for shift in shifts:
        stops = draft.routes[shift.id].stops if shift.id in draft.routes else ()
        if stops:
            return stops[len(stops) // 2].location
    return shifts[0].start_location


def _halved(
    problem: Problem,
    technicians: list[str],
    centres: Mapping[str, int],
    most: int,
    chance: random.Random,
) -> list[tuple[str, ...]]:
    """Halve between two that are far apart until no group has more than `most`."""
    if len(technicians) <= most:
        return [tuple(technicians)]
    seconds = problem.profiles[problem.shifts[0].profile].seconds

    def travel(origin: str, destination: str) -> int:
        cell = int(seconds[centres[origin], centres[destination]])
        return cell if cell >= 0 else 2**31

    somebody = chance.choice(technicians)
    one = max(technicians, key=lambda each: travel(somebody, each))
    other = chance.choice(sorted(technicians, key=lambda far: -travel(one, far))[: max(1, len(technicians) // 4)])
    ranked = sorted(technicians, key=lambda each: (travel(one, each) - travel(other, each), each))
    half = len(ranked) // 2
    return [
        *_halved(problem, ranked[:half], centres, most, chance),
        *_halved(problem, ranked[half:], centres, most, chance),
    ]


def _settled(draft: Draft, job: Job, home: str | None, inside: set[str]) -> Job | None:
    """A job as its region sees it; None for one that waits for a job of another region."""
    problem = draft.problem
    if job.id in problem.committed_jobs:
        return replace(job, predecessors=())
    tied = {first.job for first in job.predecessors}
    tied |= {other.id for other in problem.jobs if any(first.job == job.id for first in other.predecessors)}
    if tied <= inside:
        return job
    interval = draft.interval(job.id)
    if home is None or interval is None:
        return None if any(first.job not in inside for first in job.predecessors) else job
    return replace(
        job,
        predecessors=(),
        lock=Lock(shifts=(home,), start_s=interval[0]),
        unplanned_penalty_cents=MAX_CENTS,
    )


def _warehouses_without(draft: Draft, shifts: set[str]) -> tuple[Warehouse, ...]:
    """Warehouses with what the routes of all other shifts leave of their stock."""
    taken: dict[tuple[str, str], list[Receipt]] = defaultdict(list)
    for shift, route in draft.routes.items():
        if shift in shifts:
            continue
        for stop in route.stops:
            for load in stop.loads:
                if load.job is None:
                    taken[stop.id, load.part].append(Receipt(stop.start_s, load.quantity))
    return tuple(
        replace(
            warehouse,
            stock={
                part: None if receipts is None else left_over(receipts, taken[warehouse.id, part])
                for part, receipts in warehouse.stock.items()
            },
        )
        for warehouse in draft.problem.warehouses
    )
