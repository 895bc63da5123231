"""From tours to a plan that holds: timed exactly, stocked, and without what can't be kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from solver.draft import Draft
from solver.plan import StopKind
from solver.problem import VehicleShift
from solver.schedule import Visit
from solver.supply import Tour


def copied(draft: Draft, without: Iterable[str] = ()) -> Draft:
    """A draft with the same tours, but for what is not committed on some shifts."""
    copy = Draft(draft.problem)
    copy.tours.update(draft.tours)
    copy.routes.update(draft.routes)
    begun = Draft.begun(draft.problem)
    for shift in without:
        copy.tours.pop(shift, None)
        copy.routes.pop(shift, None)
        if shift in begun.routes:
            copy.tours[shift], copy.routes[shift] = begun.tours[shift], begun.routes[shift]
    return copy


def followers(draft: Draft, shifts: Iterable[str]) -> dict[str, Tour]:
    """Tours elsewhere with jobs that must follow a job on these shifts: they can't stand while those are empty."""
    inside = set(shifts)
    after: dict[str, set[str]] = defaultdict(set)
    for job in draft.problem.jobs:
        for first in job.predecessors:
            after[first.job].add(job.id)
    found: dict[str, Tour] = {}
    while True:
        moved = {job for shift in inside for visit in draft.tours.get(shift, ()) for job in after[visit.id]}
        more = {
            shift: tour
            for shift, tour in draft.tours.items()
            if shift not in inside and any(visit.id in moved for visit in tour)
        }
        if not more:
            return found
        found |= more
        inside |= set(more)


def settle(draft: Draft, tours: Mapping[str, Tour]) -> None:
    """Put tours (without their committed prefix) on shifts that have none, dropping the jobs that don't hold."""
    for shift in _in_order(draft, tours):
        prefix = draft.tours.get(shift.id, ())
        tour = (*prefix, *tours[shift.id])
        while len(tour) > len(prefix):
            trial = draft.try_tours({shift.id: tour})
            if trial is not None:
                draft.accept(trial)
                break
            tour = _shorter(draft, shift, tour, len(prefix))


def _in_order(draft: Draft, tours: Mapping[str, Tour]) -> list[VehicleShift]:
    """Shifts in the order of time; those with predecessors of others' jobs before them."""
    problem = draft.problem
    waiting = sorted((problem.shift_by_id[shift] for shift in tours), key=lambda one: (one.earliest_start, one.id))
    ordered: list[VehicleShift] = []
    while waiting:
        pending = {visit.id: shift.id for shift in waiting for visit in tours[shift.id]}
        free = [shift for shift in waiting if not _waits(draft, shift, tours[shift.id], pending)]
        ordered += free or waiting  # a ring of shifts that wait for each other: somebody must be first
        waiting = [shift for shift in waiting if free and shift not in free]
    return ordered


def _waits(draft: Draft, shift: VehicleShift, tour: Tour, pending: Mapping[str, str]) -> bool:
    jobs = (draft.problem.job_by_id[visit.id] for visit in tour if visit.kind is StopKind.JOB)
    return any(pending.get(first.job, shift.id) != shift.id for job in jobs for first in job.predecessors)


def _shorter(draft: Draft, shift: VehicleShift, tour: Tour, prefix: int) -> Tour:
    """The tour without one job: one whose loss makes it hold if there is any, the cheapest to lose first."""
    problem = draft.problem
    places = [place for place in range(prefix, len(tour)) if tour[place].kind is StopKind.JOB]
    if not places:
        return tour[:prefix]
    places.sort(key=lambda place: problem.job_by_id[tour[place].id].unplanned_penalty_cents)
    shorter = [_without(tour, place) for place in places]
    return next((one for one in shorter if draft.try_tours({shift.id: one}) is not None), shorter[0])


def _without(tour: Sequence[Visit], place: int) -> Tour:
    return (*tour[:place], *tour[place + 1 :])
