"""A day of technician routing that becomes known bit by bit: its requests, and when each of them comes in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.trsp_instances import Instance, problem_of, seconds_per_unit, up
from solver.plan import Cause, Load, Plan, Route, Stop, StopKind, Unplanned
from solver.problem import Problem, VehicleShift
from solver.reasons import Reason
from solver.units import Seconds

Tours = Mapping[str, tuple[Stop, ...]]
"""The stops of each shift in order, by shift; a shift without stops may be missing. Arrivals are just in time."""
_RELEASE = re.compile(r"^(\d+)\s+(-?[\d.]+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Day:
    """A problem with all requests of the day, and the second at which each is released that isn't known before."""

    problem: Problem
    released_s: Mapping[str, Seconds]

    @property
    def releases(self) -> list[Seconds]:
        """The seconds at which something comes in, in order."""
        return sorted(set(self.released_s.values()))

    def known_at(self, second: Seconds) -> frozenset[str]:
        """Jobs that somebody knows of at a second; those known before the day at any."""
        return frozenset(job.id for job in self.problem.jobs if self.released_s.get(job.id, second) <= second)

    def left_s(self, tours: Tours) -> dict[str, list[Seconds]]:
        """When each technician leaves for each of his stops: as late as lets him start as planned."""
        return {shift: departures(self.problem, self.problem.shift_by_id[shift], tours[shift]) for shift in tours}


def day_of(instance: Instance, releases: Path) -> Day:
    """An instance with a release file of the data set; a release that is negative is before the day."""
    scale = seconds_per_unit(instance)
    rows = [(int(one), float(release)) for one, release in _RELEASE.findall(releases.read_text(encoding="utf-8"))]
    requests = range(instance.crew + 1, len(instance.nodes))
    released = {node: release for node, release in rows if node in requests}
    if sorted(released) != list(requests):
        raise ValueError(f"{releases} does not tell the release of every request of {instance.name}")
    return Day(problem_of(instance), {str(node): up(at, scale) for node, at in released.items() if at >= 0})


def departures(problem: Problem, shift: VehicleShift, stops: Sequence[Stop]) -> list[Seconds]:
    """When the technician leaves for each stop, from the place of the one before it."""
    places = [shift.start_location, *(stop.location for stop in stops)]
    roads = [problem.travel_s(shift, origin, destination) for origin, destination in pairwise(places)]
    return [stop.start_s - road for stop, road in zip(stops, roads, strict=True)]


def plan_of(problem: Problem, tours: Tours) -> Plan:
    """The tours as a plan of a problem, with what is loaded worked out from what is used; other jobs are left out."""
    routes = tuple(_route(problem, problem.shift_by_id[shift], stops) for shift, stops in tours.items() if stops)
    planned = {job for route in routes for job in route.jobs}
    left = (job.id for job in problem.jobs if job.id not in planned)
    return Plan(problem.id, routes, tuple(Unplanned(job, (Cause(Reason.NOT_PROVEN),)) for job in left))


def _route(problem: Problem, shift: VehicleShift, stops: tuple[Stop, ...]) -> Route:
    home_s = stops[-1].end_s + problem.travel_s(shift, stops[-1].location, shift.end_location)
    return Route(shift.id, departures(problem, shift, stops)[0], home_s, _loaded(problem, shift, stops))


def _loaded(problem: Problem, shift: VehicleShift, stops: tuple[Stop, ...]) -> tuple[Stop, ...]:
    """The stops, with the one at the warehouse handing out what the van does not have for the jobs after it."""
    at = next((index for index, stop in enumerate(stops) if stop.kind is StopKind.WAREHOUSE), None)
    if at is None:
        return stops
    jobs = [problem.job_by_id[stop.id] for stop in stops if stop.kind is StopKind.JOB]
    stock = problem.technician_by_id[shift.technician].van_stock
    needs = {part: sum(job.parts.get(part, 0) for job in jobs) for job in jobs for part in job.parts}
    loads = tuple(
        Load(part, need - stock.get(part, 0)) for part, need in sorted(needs.items()) if need > stock.get(part, 0)
    )
    tools = frozenset(tool for job in jobs[at:] for tool in job.tools - shift.tools)
    house = stops[at]
    full = Stop(house.kind, house.id, house.location, house.arrival_s, house.start_s, house.end_s, loads, tools)
    return (*stops[:at], full, *stops[at + 1 :])
