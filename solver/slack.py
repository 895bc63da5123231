"""How early and how late each stop of a tour could be: a cheap test that rules out most insertions.

Breaks, stock and locks on order are left out, so what passes may still fail; what fails can't hold. Forward and
backward slack in the way of Savelsbergh, "The vehicle routing problem with time windows: minimizing route
duration", ORSA Journal on Computing 4 (1992), section 3.
"""

from dataclasses import dataclass

from solver.eligibility import ALWAYS, start_windows
from solver.plan import StopKind
from solver.problem import Job, Problem, VehicleShift, Window
from solver.supply import Tour
from solver.units import Seconds


@dataclass(frozen=True, slots=True)
class Slack:
    """Of a tour with n stops. places[i], free_s[i]: where and from when the technician is free before place i.

    next_place[i], latest_s[i]: where the stop at place i is, and the latest second to be there; i = n is the end of
    the shift. All have n + 1 entries.
    """

    places: tuple[int, ...]
    free_s: tuple[Seconds, ...]
    next_place: tuple[int, ...]
    latest_s: tuple[Seconds, ...]


def slack_of(problem: Problem, shift: VehicleShift, tour: Tour) -> Slack:
    """Earliest and latest times of a tour that can be timed without breaks; O(stops)."""
    begun = {stop.job: stop.start_s for stop in shift.committed}
    stops = [_stop(problem, shift, visit.kind, visit.id, begun) for visit in tour]
    places, free = [shift.start_location], [shift.earliest_start]
    for location, duration, windows, fixed in stops:
        arrival = free[-1] + _travel(problem, shift, places[-1], location)
        start = (
            fixed
            if fixed is not None
            else next((max(arrival, one.start) for one in windows if arrival <= one.end), arrival)
        )
        places.append(location)
        free.append(start + duration)
    following, latest = [shift.end_location], [shift.latest_return]
    for location, duration, windows, fixed in reversed(stops):
        bound = latest[-1] - _travel(problem, shift, location, following[-1]) - duration
        late = max((min(bound, one.end) for one in windows if one.start <= bound), default=bound)
        following.append(location)
        latest.append(fixed if fixed is not None else late)
    return Slack(tuple(places), tuple(free), tuple(reversed(following)), tuple(reversed(latest)))


def may_fit(
    problem: Problem, shift: VehicleShift, slack: Slack, job: Job, place: int, windows: tuple[Window, ...]
) -> bool:
    """Whether a job could stand at a place of the tour, as far as windows and travel say; O(windows)."""
    there = _travel(problem, shift, slack.places[place], job.location)
    onward = _travel(problem, shift, job.location, slack.next_place[place])
    arrival = slack.free_s[place] + there
    limit = slack.latest_s[place] - onward - job.service_on(shift)
    return there >= 0 and onward >= 0 and any(max(arrival, one.start) <= min(limit, one.end) for one in windows)


def soonest_end(
    problem: Problem, shift: VehicleShift, slack: Slack, job: Job, windows: tuple[Window, ...]
) -> Seconds | None:
    """When a job that comes last on the tour is done at the earliest; None where it can't come last; O(windows)."""
    last = len(slack.places) - 1
    if not may_fit(problem, shift, slack, job, last, windows):
        return None
    arrival = slack.free_s[last] + _travel(problem, shift, slack.places[last], job.location)
    start = min(max(arrival, one.start) for one in windows if arrival <= one.end)
    return start + job.service_on(shift)


def _stop(
    problem: Problem, shift: VehicleShift, kind: StopKind, stop_id: str, begun: dict[str, Seconds | None]
) -> tuple[int, Seconds, tuple[Window, ...], Seconds | None]:
    if kind is StopKind.WAREHOUSE:
        warehouse = problem.warehouse_by_id[stop_id]
        opening = tuple(sorted(warehouse.windows, key=lambda one: one.start)) or (ALWAYS,)
        return warehouse.location, warehouse.handling_s, opening, None
    job = problem.job_by_id[stop_id]
    windows = (ALWAYS,) if stop_id in begun else start_windows(problem, job)
    return job.location, job.service_on(shift), windows, begun.get(stop_id)


def _travel(problem: Problem, shift: VehicleShift, origin: int, destination: int) -> Seconds:
    return 0 if origin == destination else problem.travel_s(shift, origin, destination)
