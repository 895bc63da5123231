"""A job put where somebody wants it: timed around what is there where that holds, and judged where it does not.

Whoever plans by hand may know better than the rules. What a placement breaks is named by the checker; what the day
broke before is not laid to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from solver.check import violations
from solver.draft import Draft, Interval
from solver.insertion import insertions
from solver.plan import Cause, Plan, Route, Stop, StopKind, Unplanned
from solver.problem import Job, Lock, Previous, Problem, VehicleShift, Window
from solver.reasons import Reason
from solver.repair import repaired
from solver.schedule import Visit
from solver.supply import Tour, supply
from solver.units import Seconds
from solver.violation import Violation


@dataclass(frozen=True, slots=True)
class Wish:
    """Which job, on which shifts (the first brings the parts; several for a crew), starting at which second."""

    job: str
    shifts: tuple[str, ...]
    start_s: Seconds


@dataclass(frozen=True, slots=True)
class ByHand:
    """The plan with the job where it was wanted, the problem it is judged under, and what it breaks anew."""

    problem: Problem
    plan: Plan
    broken: tuple[Violation, ...]


def put_by_hand(problem: Problem, tours: Mapping[str, Tour], times: Mapping[str, Interval], wish: Wish) -> ByHand:
    """Put a job on a published day.

    Parameters
    ----------
    tours : shift id to published stops in order; where they have the job, it is taken out first.
    times : (start, end) in seconds from the origin that the tours have for their jobs.

    Returns
    -------
    A plan with the job on exactly these shifts at exactly that second. Without violations where the day holds with
    it: warehouse stops are added for what is not on the van, other jobs move as little as the roads demand. Otherwise
    the jobs after it are pushed back as far as it takes, and `broken` says which rules that breaks; they are those of
    the checker, less those that the day broke without it.
    """
    held = _held(problem.job_by_id[wish.job], wish)
    others = {shift: tuple(stop for stop in tour if stop.id != held.id) for shift, tour in tours.items()}
    shown = {stop.id: shift for shift, tour in others.items() for stop in tour if stop.id in times}
    problem = replace(
        problem, jobs=tuple(held if job.id == held.id else _shown(job, shown, times) for job in problem.jobs)
    )
    kept = repaired(problem, others, times)
    wanted = {stop.id for tour in others.values() for stop in tour if stop.id in problem.job_by_id}
    holds = wanted <= _jobs_of(kept)
    if holds:
        whole = _alone(problem, kept, held, wish) or _together(problem, kept, held, wish)
        if whole is not None:
            return ByHand(problem, whole, ())
    base = kept if holds else _as_published(problem, others, times)
    plan = _forced(problem, base, held, wish)
    before = {(one.rule, one.job, one.shift) for one in violations(problem, base)}
    broken = tuple(one for one in violations(problem, plan) if (one.rule, one.job, one.shift) not in before)
    return ByHand(problem, plan, broken)


def _held(job: Job, wish: Wish) -> Job:
    return replace(job, lock=Lock(wish.shifts, None, Window(wish.start_s, wish.start_s)), previous=None)


def _shown(job: Job, shifts: Mapping[str, str], times: Mapping[str, Interval]) -> Job:
    """The job with the start it has: without a reason it is not put off."""
    if job.previous is not None or job.id not in shifts:
        return job
    return replace(job, previous=Previous((shifts[job.id],), times[job.id][0]))


def _jobs_of(plan: Plan) -> frozenset[str]:
    return frozenset(job for route in plan.routes for job in route.jobs)


def _alone(problem: Problem, kept: Plan, job: Job, wish: Wish) -> Plan | None:
    """The plan with one technician's job where it moves the others least; None = nowhere, or a crew is needed."""
    if job.crew_size != 1 or len(wish.shifts) != 1:
        return None
    draft = Draft.of_plan(problem, kept)
    starts = _starts(kept.routes)
    found = min(
        insertions(draft, job, [problem.shift_by_id[wish.shifts[0]]]),
        key=lambda one: (_moved_s(starts, _starts(one.trial.routes.values())), one.cost_cents),
        default=None,
    )
    if found is None:
        return None
    draft.accept(found.trial)
    return draft.plan()


def _starts(routes: Iterable[Route]) -> dict[str, Seconds]:
    return {stop.id: stop.start_s for route in routes for stop in route.stops if stop.kind is StopKind.JOB}


def _moved_s(before: Mapping[str, Seconds], after: Mapping[str, Seconds]) -> Seconds:
    return sum(abs(start - before[job]) for job, start in after.items() if job in before)


def _together(problem: Problem, kept: Plan, job: Job, wish: Wish) -> Plan | None:
    """The plan with a crew that meets at the second wanted; None where somebody can't."""
    if job.crew_size == 1 or len(wish.shifts) != job.crew_size:
        return None
    draft = Draft.of_plan(problem, kept)
    times = {stop.id: (stop.start_s, stop.end_s) for route in kept.routes for stop in route.stops}
    tours = dict(draft.tours)
    for shift in wish.shifts:
        tour = tours.get(shift, ())
        earlier = sum(times.get(stop.id, (0, 0))[0] < wish.start_s for stop in tour)
        stop = Visit(StopKind.JOB, job.id, supplies=shift == wish.shifts[0])
        tours[shift] = (*tour[:earlier], stop, *tour[earlier:])
    plan = repaired(problem, tours, times | {job.id: (wish.start_s, wish.start_s + _service_s(problem, job, wish))})
    return plan if _jobs_of(plan) == _jobs_of(kept) | {job.id} else None


def _service_s(problem: Problem, job: Job, wish: Wish) -> Seconds:
    return max(job.service_on(problem.shift_by_id[shift]) for shift in wish.shifts)


def _as_published(problem: Problem, tours: Mapping[str, Tour], times: Mapping[str, Interval]) -> Plan:
    """The day as it is published, whatever it breaks by now: nothing starts earlier than it was told to."""
    draft = Draft.begun(problem)
    routes = []
    for shift in problem.shifts:
        begun = draft.routes.get(shift.id, Route(shift.id, shift.earliest_start, shift.earliest_start))
        known = [
            visit
            for visit in tours.get(shift.id, ())
            if visit.kind is StopKind.WAREHOUSE or visit.id in problem.job_by_id.keys() - problem.committed_jobs
        ]
        supplied = supply(problem, shift.technician, [(shift.id, tuple(known))])
        stops = [_untimed(problem, shift, visit, times) for visit in (supplied[shift.id] if supplied else known)]
        if begun.stops or stops:
            routes.append(_timed(problem, shift, replace(begun, stops=(*begun.stops, *stops)), len(begun.stops)))
    return _plan(problem, routes)


def _untimed(problem: Problem, shift: VehicleShift, visit: Visit, times: Mapping[str, Interval]) -> Stop:
    if visit.kind is StopKind.WAREHOUSE:
        house = problem.warehouse_by_id[visit.id]
        return Stop(visit.kind, visit.id, house.location, 0, 0, house.handling_s, visit.loads, visit.tools)
    job = problem.job_by_id[visit.id]
    start, end = times.get(visit.id, (0, job.service_on(shift)))
    return Stop(visit.kind, visit.id, job.location, start, start, end, supplies=visit.supplies)


def _forced(problem: Problem, base: Plan, job: Job, wish: Wish) -> Plan:
    """The plan with the job at its second, what follows pushed back as far as the roads demand."""
    routes = {route.shift: route for route in base.routes}
    service_s = _service_s(problem, job, wish)
    for name in wish.shifts:
        shift = problem.shift_by_id[name]
        route = routes.get(name, Route(name, wish.start_s, wish.start_s))
        own = [stop for stop in route.stops if stop.id != job.id]
        place = len(shift.committed)
        while place < len(own) and own[place].start_s < wish.start_s:
            place += 1
        start, end = wish.start_s, wish.start_s + service_s
        stop = Stop(StopKind.JOB, job.id, job.location, start, start, end, supplies=name == wish.shifts[0])
        longer = replace(route, stops=(*own[:place], stop, *own[place:]))
        routes[name] = _timed(problem, shift, longer, place, exact=True)
    return _plan(problem, [routes[shift.id] for shift in problem.shifts if shift.id in routes])


def _timed(problem: Problem, shift: VehicleShift, route: Route, first: int, *, exact: bool = False) -> Route:
    """The route with arrivals from a stop on, each start as it was or as late as the road makes it.

    exact: that first stop starts when it says, also where nobody can be there by then.
    """
    stops = list(route.stops[:first])
    place = stops[-1].location if stops else shift.start_location
    free = stops[-1].end_s if stops else route.departure_s
    for index, stop in enumerate(route.stops[first:], start=first):
        there = place if stop.kind is StopKind.BREAK else stop.location
        road = _road_s(problem, shift, place, there)
        if not stops and stop.kind is not StopKind.BREAK:
            free = stop.start_s - road  # whoever has nothing before it leaves in time for it
        arrival = free + road
        start = stop.start_s if exact and index == first else max(stop.start_s, arrival)
        end = start + stop.end_s - stop.start_s
        stops.append(replace(stop, location=there, arrival_s=min(arrival, start), start_s=start, end_s=end))
        place, free = there, end
    departure = route.departure_s
    if first == 0 and stops:
        lead = next((stop for stop in stops if stop.kind is not StopKind.BREAK), stops[0])
        departure = lead.arrival_s - _road_s(problem, shift, shift.start_location, lead.location)
    return Route(route.shift, departure, free + _road_s(problem, shift, place, shift.end_location), tuple(stops))


def _road_s(problem: Problem, shift: VehicleShift, origin: int, destination: int) -> Seconds:
    """The drive; where there is no road none, which the checker says."""
    return 0 if origin == destination else max(0, problem.travel_s(shift, origin, destination))


def _plan(problem: Problem, routes: Sequence[Route]) -> Plan:
    planned = {job for route in routes for job in route.jobs}
    left = tuple(Unplanned(job.id, (Cause(Reason.NOT_PROVEN),)) for job in problem.jobs if job.id not in planned)
    return Plan(problem.id, tuple(routes), left)
