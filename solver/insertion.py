"""Insertion: every place at which a job could stand in a draft, with what it would cost.

Emergencies, candidates, repairs and the first-come plan all ask here, so they obey the same rules.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from solver.draft import Draft, Trial
from solver.eligibility import barriers, start_windows
from solver.plan import Plan, StopKind
from solver.problem import Job, Problem, VehicleShift
from solver.schedule import Visit
from solver.score import leaving_out_cents, route_cents
from solver.slack import Slack, may_fit, slack_of, soonest_end
from solver.supply import Tour
from solver.units import Cents, Seconds


@dataclass(frozen=True, slots=True)
class Insertion:
    """A way to add one job: where, when, at what extra cost (without the penalty it saves), and the change itself."""

    shift: str
    start_s: Seconds
    cost_cents: Cents
    trial: Trial


def insertions(draft: Draft, job: Job, shifts: Sequence[VehicleShift] | None = None) -> Iterator[Insertion]:
    """Every feasible insertion of a job that is not planned, in no order, where travel keeps the triangle inequality.

    A job that needs a crew has none: its members would have to be inserted together, which this draft can't.
    """
    problem = draft.problem
    if job.crew_size > 1 or job.id in draft.planned:
        return
    for shift in problem.shifts if shifts is None else shifts:
        if barriers(problem, job, shift):
            continue
        for tour in _tours_with(problem, shift, draft.tours.get(shift.id, ()), job):
            trial = draft.try_tours({shift.id: tour})
            if trial is not None:
                start = next(
                    stop.start_s
                    for stop in trial.routes[shift.id].stops
                    if stop.kind is StopKind.JOB and stop.id == job.id
                )
                yield Insertion(shift.id, start, _extra_cost(draft, trial), trial)


def best_insertion(draft: Draft, job: Job, shifts: Sequence[VehicleShift] | None = None) -> Insertion | None:
    """The cheapest insertion; of equal ones the earliest, then the first shift by id."""
    return min(insertions(draft, job, shifts), key=lambda one: (one.cost_cents, one.start_s, one.shift), default=None)


def nearest_shifts(draft: Draft, job: Job, most: int) -> list[VehicleShift]:
    """Shifts that no barrier keeps from a job, by the travel from the nearest of their stops; at most so many."""
    problem = draft.problem
    reach: list[tuple[Seconds, str]] = []
    for shift in problem.shifts:
        if barriers(problem, job, shift):
            continue
        stops = draft.routes[shift.id].stops if shift.id in draft.routes else ()
        places = {shift.start_location, *(stop.location for stop in stops)}
        roads = [road for place in places if (road := problem.travel_s(shift, place, job.location)) >= 0]
        if roads:
            reach.append((min(roads), shift.id))
    return [problem.shift_by_id[shift] for _, shift in sorted(reach)[:most]]


def insert_where_cheapest(
    draft: Draft, jobs: Sequence[Job], most_shifts: int | None = None, is_over: Callable[[], bool] | None = None
) -> None:
    """Insert jobs one after another where each is cheapest, if that costs less than leaving it out.

    `most_shifts`: try only so many of the nearest shifts for each job; None = all. `is_over`: asked before each
    job; once true, the rest stays out; None = never.
    """
    waiting = list(jobs)
    while waiting:
        left = []
        for job in waiting:
            if is_over is not None and is_over():
                return
            shifts = None if most_shifts is None else nearest_shifts(draft, job, most_shifts)
            found = best_insertion(draft, job, shifts)
            if found is not None and found.cost_cents < leaving_out_cents(draft.problem, job):
                draft.accept(found.trial)
            else:
                left.append(job)
        has_followers = any(job.predecessors for job in left)
        if len(left) == len(waiting) or not has_followers:
            return
        waiting = left  # a predecessor may have found its place meanwhile


def first_come_plan(problem: Problem) -> Plan:
    """The plan of a desk without a planner: jobs in the order they came, each at the end of the day that has it first.

    Locked and frozen jobs are placed before the others. Parts are fetched right before the job that lacks them. Days
    are tried in the order of when they could have done it at the earliest, until no other can be sooner.
    """
    draft = Draft.begun(problem)
    slacks: dict[str, Slack] = {}
    open_jobs = [job for job in problem.jobs if job.id not in problem.committed_jobs and job.crew_size == 1]
    held = [job for job in open_jobs if job.lock is not None or job.previous is not None]
    for job in (*held, *(job for job in open_jobs if job not in held)):
        best: tuple[Seconds, str, Trial] | None = None
        for soonest_s, _, shift in _by_soonest(draft, slacks, job):
            if best is not None and soonest_s > best[0]:
                break
            for tour in _appended(problem, draft.tours.get(shift.id, ()), job, shift):
                trial = draft.try_tours({shift.id: tour})
                if trial is not None:
                    end = trial.routes[shift.id].stops[-1].end_s
                    if best is None or (end, shift.id) < best[:2]:
                        best = (end, shift.id, trial)
                    break
        if best is not None:
            draft.accept(best[2])
            for shift_id in best[2].tours:
                slacks.pop(shift_id, None)
    return draft.plan()


def _by_soonest(draft: Draft, slacks: dict[str, Slack], job: Job) -> list[tuple[Seconds, str, VehicleShift]]:
    """When each shift could be done with a job that comes last, breaks and fetching left out; soonest first."""
    problem, windows = draft.problem, start_windows(draft.problem, job)
    found = []
    for shift in problem.shifts:
        if barriers(problem, job, shift):
            continue
        if shift.id not in slacks:
            slacks[shift.id] = slack_of(problem, shift, draft.tours.get(shift.id, ()))
        end_s = soonest_end(problem, shift, slacks[shift.id], job, windows)
        if end_s is not None:
            found.append((end_s, shift.id, shift))
    return sorted(found, key=lambda one: one[:2])


def _extra_cost(draft: Draft, trial: Trial) -> Cents:
    return sum(route_cents(draft.problem, route) for shift, route in trial.routes.items()) - sum(
        route_cents(draft.problem, draft.routes[shift]) for shift in trial.tours if shift in draft.routes
    )


def _tours_with(problem: Problem, shift: VehicleShift, tour: Tour, job: Job) -> Iterator[Tour]:
    """The tour with the job at every place, fetching parts nowhere new, first thing, or right before the job."""
    visit = Visit(StopKind.JOB, job.id)
    prefix = len(shift.committed)
    pickups = sum(one.kind is StopKind.WAREHOUSE for one in tour)
    is_needy = bool(job.parts or job.tools - shift.tools)
    slack, windows = slack_of(problem, shift, tour), start_windows(problem, job)
    for place in range(prefix, len(tour) + 1):
        if not may_fit(problem, shift, slack, job, place, windows):
            continue
        longer = (*tour[:place], visit, *tour[place:])
        yield longer
        if is_needy and pickups < shift.max_pickups:
            for warehouse in problem.warehouses:
                fetch = Visit(StopKind.WAREHOUSE, warehouse.id)
                for at in sorted({prefix, place}):
                    yield (*longer[:at], fetch, *longer[at:])
    if is_needy and pickups == 1 == shift.max_pickups:
        yield from _with_earlier_pickup(tour, visit, prefix)


def _with_earlier_pickup(tour: Tour, visit: Visit, prefix: int) -> Iterator[Tour]:
    """The tour with its one warehouse stop moved up to the front, the job anywhere before where that stop was."""
    at = next(index for index, one in enumerate(tour) if one.kind is StopKind.WAREHOUSE)
    rest = (*tour[:at], *tour[at + 1 :])
    for place in range(prefix, at + 1):
        yield (*rest[:prefix], tour[at], *rest[prefix:place], visit, *rest[place:])


def _appended(problem: Problem, tour: Tour, job: Job, shift: VehicleShift) -> Iterator[Tour]:
    visit = Visit(StopKind.JOB, job.id)
    yield (*tour, visit)
    if sum(one.kind is StopKind.WAREHOUSE for one in tour) < shift.max_pickups:
        for warehouse in problem.warehouses:
            yield (*tour, Visit(StopKind.WAREHOUSE, warehouse.id), visit)
