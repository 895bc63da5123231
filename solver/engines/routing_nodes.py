"""What of a problem goes into the routing model: which jobs, which vehicles, which optional warehouse stops.

Conservative where the model can't say what a rule says: it may miss a plan, the plan it gives is judged and repaired
afterwards. Knows nothing of OR-Tools.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from solver.draft import Draft
from solver.eligibility import barriers, start_windows
from solver.plan import StopKind
from solver.problem import Job, Problem, VehicleShift, Warehouse, Window
from solver.units import Seconds


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A shift that may still take jobs. The committed prefix is behind it: where and when it is free again.

    rest_s: breaks whose window has opened by then and that are still to be taken.
    """

    shift: VehicleShift
    location: int
    ready_s: Seconds
    rest_s: Seconds = 0


@dataclass(frozen=True, slots=True)
class Visitable:
    """A job that the model may plan: on which vehicles (by position), in which windows."""

    job: Job
    vehicles: tuple[int, ...]
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Pickup:
    """An optional stop of one vehicle (by position) at a warehouse, not before `from_s`, when a receipt comes in."""

    vehicle: int
    warehouse: Warehouse
    from_s: Seconds


@dataclass(frozen=True)
class Nodes:
    """Nodes of the model: jobs first, then warehouse stops, then the places where shifts begin and end."""

    problem: Problem
    vehicles: tuple[Vehicle, ...]
    visits: tuple[Visitable, ...]
    pickups: tuple[Pickup, ...]

    @cached_property
    def depots(self) -> Mapping[int, int]:
        """Location to node, for every start and end of a vehicle."""
        ends = [vehicle.location for vehicle in self.vehicles]
        ends += [vehicle.shift.end_location for vehicle in self.vehicles]
        first = len(self.visits) + len(self.pickups)
        return {location: first + rank for rank, location in enumerate(dict.fromkeys(ends))}

    @cached_property
    def locations(self) -> tuple[int, ...]:
        """Node to location."""
        return (
            *(visit.job.location for visit in self.visits),
            *(pickup.warehouse.location for pickup in self.pickups),
            *self.depots,
        )

    @cached_property
    def node_of_job(self) -> Mapping[str, int]:
        """Job id to node."""
        return {visit.job.id: node for node, visit in enumerate(self.visits)}

    def pickup_nodes(self) -> Sequence[tuple[int, Pickup]]:
        """Warehouse stops with their nodes."""
        return [(len(self.visits) + rank, pickup) for rank, pickup in enumerate(self.pickups)]


def nodes_of(problem: Problem, seed: int) -> Nodes:
    """Choose what to model. The seed settles the order of jobs, which settles in what order neighbours are tried."""
    begun = Draft.begun(problem)
    vehicles = tuple(vehicle for shift in problem.shifts if (vehicle := _vehicle(shift, begun)) is not None)
    jobs = [job for job in problem.jobs if job.crew_size == 1 and job.id not in problem.committed_jobs]
    random.Random(seed).shuffle(jobs)  # noqa: S311 - a reproducible order, not a secret
    visits = [visit for job in jobs if (visit := _visitable(problem, job, vehicles)) is not None]
    visits = _with_predecessors(problem, visits)
    return Nodes(problem, vehicles, tuple(visits), tuple(_pickups(problem, vehicles, visits)))


def _vehicle(shift: VehicleShift, begun: Draft) -> Vehicle | None:
    if not shift.committed:
        return Vehicle(shift, shift.start_location, max(0, shift.earliest_start))
    route = begun.routes.get(shift.id)
    if route is None:
        return None
    last = [stop for stop in route.stops if stop.kind is StopKind.JOB][-1]
    taken = {stop.id for stop in route.stops if stop.kind is StopKind.BREAK and stop.start_s < last.end_s}
    waiting = (one for one in shift.breaks if one.id not in taken and one.window.start <= last.end_s)
    return Vehicle(shift, last.location, max(0, last.end_s), sum(one.duration_s for one in waiting))


def _visitable(problem: Problem, job: Job, vehicles: Sequence[Vehicle]) -> Visitable | None:
    windows = start_windows(problem, job)
    bound = _bound_shifts(problem, job)
    allowed = tuple(
        position
        for position, vehicle in enumerate(vehicles)
        if (bound is None or vehicle.shift.id in bound)
        and any(one.start <= vehicle.shift.latest_return and one.end >= vehicle.ready_s for one in windows)
        and not barriers(problem, job, vehicle.shift)
    )
    return Visitable(job, allowed, windows) if allowed else None


def _bound_shifts(problem: Problem, job: Job) -> frozenset[str] | None:
    """Shifts on which a sequence with a job that has begun allows this one; None = any."""
    bound: frozenset[str] | None = None
    for sequence in problem.sequences:
        if job.id not in sequence:
            continue
        position = sequence.index(job.id)
        for other, member in enumerate(sequence):
            if member in problem.committed_jobs:
                homes = frozenset(
                    shift.id for shift in problem.shifts for stop in shift.committed if stop.job == member
                )
                here = homes if other < position else frozenset()
                bound = here if bound is None else bound & here
    return bound


def _with_predecessors(problem: Problem, visits: list[Visitable]) -> list[Visitable]:
    """Leave out what must follow a job that is left out, until nothing changes."""
    while True:
        known = {visit.job.id for visit in visits} | problem.committed_jobs
        kept = [visit for visit in visits if all(first.job in known for first in visit.job.predecessors)]
        if len(kept) == len(visits):
            return kept
        visits = kept


def _pickups(problem: Problem, vehicles: Sequence[Vehicle], visits: Sequence[Visitable]) -> list[Pickup]:
    """A stop per vehicle, warehouse and receipt time that could be of use; the model plans one a vehicle at most."""
    found = []
    wanted = _wanted(vehicles, visits)
    for position, vehicle in enumerate(vehicles):
        if vehicle.shift.max_pickups < 1:
            continue
        parts, tools = wanted[position]
        for warehouse in problem.warehouses:
            held = {part for part in parts if part in warehouse.stock}
            earmarked = any(
                earmark.warehouse == warehouse.id
                for visit in visits
                if position in visit.vehicles
                for earmark in visit.job.earmarks
            )
            if not held and not earmarked and not tools & warehouse.tools:
                continue
            ready = vehicle.ready_s
            times = {
                receipt.from_s
                for part in held
                for receipt in warehouse.stock[part] or ()
                if ready < receipt.from_s <= vehicle.shift.latest_return
            }
            found += [Pickup(position, warehouse, from_s) for from_s in (ready, *sorted(times)[-1:])]
    return found


def _wanted(vehicles: Sequence[Vehicle], visits: Sequence[Visitable]) -> list[tuple[set[str], set[str]]]:
    """Per vehicle: parts of its jobs that the van may lack, tools of its jobs that it lacks."""
    wanted: list[tuple[set[str], set[str]]] = [(set(), set()) for _ in vehicles]
    for visit in visits:
        for position in visit.vehicles:
            parts, tools = wanted[position]
            parts.update(visit.job.parts)
            tools.update(visit.job.tools - vehicles[position].shift.tools)
    return wanted
