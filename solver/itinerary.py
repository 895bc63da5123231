"""A plan read against its problem: lookups by job, shift and technician, shared by the rules and the score."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from solver.plan import Plan, Route, Stop, StopKind
from solver.problem import Job, Problem, VehicleShift
from solver.units import Metres, Seconds


@dataclass(frozen=True, slots=True)
class Placement:
    """A job's stop on a route. `index` is its position among the route's stops."""

    job: Job
    shift: VehicleShift
    route: Route
    index: int
    stop: Stop


@dataclass(frozen=True, slots=True)
class Leg:
    """A drive between two places of a route; both metres and seconds are -1 where there is no road."""

    origin: int
    destination: int
    leaves_s: Seconds
    seconds: Seconds
    metres: Metres
    to: Stop | None
    """The stop it leads to; None on the way home."""


class Itinerary:
    """A plan whose references all resolve (see `rules.references`), with its problem."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem = problem
        self.plan = plan

    @cached_property
    def routes(self) -> tuple[tuple[VehicleShift, Route], ...]:
        """Every route with its shift, in the order of the plan."""
        shifts = self.problem.shift_by_id
        return tuple((shifts[route.shift], route) for route in self.plan.routes)

    @cached_property
    def placements(self) -> Mapping[str, tuple[Placement, ...]]:
        """Job id to its stops, one per crew member; only planned jobs."""
        found: dict[str, list[Placement]] = {}
        for shift, route in self.routes:
            for index, stop in enumerate(route.stops):
                if stop.kind is StopKind.JOB:
                    job = self.problem.job_by_id[stop.id]
                    found.setdefault(job.id, []).append(Placement(job, shift, route, index, stop))
        return {job: tuple(stops) for job, stops in found.items()}

    @cached_property
    def unplanned(self) -> frozenset[str]:
        """Ids of the jobs left out."""
        return frozenset(left.job for left in self.plan.unplanned)

    @cached_property
    def by_technician(self) -> Mapping[str, tuple[tuple[VehicleShift, Route], ...]]:
        """Technician id to routes in the order of time."""
        found: dict[str, list[tuple[VehicleShift, Route]]] = {}
        for shift, route in sorted(self.routes, key=lambda pair: pair[0].earliest_start):
            found.setdefault(shift.technician, []).append((shift, route))
        return {technician: tuple(routes) for technician, routes in found.items()}

    def is_committed(self, job: str) -> bool:
        """Whether the job has begun; such a job is judged for order and time only."""
        return job in self.problem.committed_jobs

    def open_placements(self) -> Iterator[tuple[Job, tuple[Placement, ...]]]:
        """Planned jobs that have not begun."""
        for job_id, placements in self.placements.items():
            if not self.is_committed(job_id):
                yield placements[0].job, placements

    def service_s(self, job: str) -> Seconds:
        """Seconds that everybody stays at a planned job: those of the slowest member."""
        return max(placement.job.service_on(placement.shift) for placement in self.placements[job])

    def is_begun_only(self, route: Route) -> bool:
        """Whether all jobs of the route have begun; nobody can shorten such a day any more."""
        return all(self.is_committed(job) for job in route.jobs)

    def legs(self, shift: VehicleShift, route: Route) -> Iterator[Leg]:
        """The drives of a route in order, the way home last; breaks before departure or after return are no stops."""
        origin, leaves = shift.start_location, route.departure_s
        for stop in travelled(route):
            yield self._leg(shift, origin, stop.location, leaves, stop)
            origin, leaves = stop.location, stop.end_s
        yield self._leg(shift, origin, shift.end_location, leaves, None)

    def _leg(self, shift: VehicleShift, origin: int, destination: int, leaves: Seconds, stop: Stop | None) -> Leg:
        if origin == destination:
            return Leg(origin, destination, leaves, 0, 0, stop)
        seconds = self.problem.travel_s(shift, origin, destination)
        metres = self.problem.travel_m(shift, origin, destination)
        return Leg(origin, destination, leaves, seconds, metres, stop)


def is_before_departure(route: Route, stop: Stop) -> bool:
    """Whether a break lies before the route begins."""
    return stop.kind is StopKind.BREAK and stop.start_s < route.departure_s


def is_after_return(route: Route, stop: Stop) -> bool:
    """Whether a break lies after the route has ended."""
    return stop.kind is StopKind.BREAK and not is_before_departure(route, stop) and stop.start_s >= route.return_s


def travelled(route: Route) -> tuple[Stop, ...]:
    """The stops between departure and return."""
    return tuple(
        stop for stop in route.stops if not is_before_departure(route, stop) and not is_after_return(route, stop)
    )
