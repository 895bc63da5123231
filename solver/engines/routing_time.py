"""Time in the routing model, on a clock without breaks: travel, service, windows, overtime, lateness, order."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp

from solver.draft import Draft
from solver.engines.routing_clock import Clock, clock_of
from solver.engines.routing_nodes import Nodes
from solver.plan import StopKind
from solver.problem import Job, Window
from solver.units import Seconds

CELLS = 6_000_000
"""Matrix cells that all transits of one kind may take together: OR-Tools copies each into 8 bytes."""
PER_CENT = 3_600
"""Units of the model's money in a cent: every rate per hour and minute becomes a whole number per second."""


def add(nodes: Nodes, manager: pywrapcp.RoutingIndexManager, routing: pywrapcp.RoutingModel) -> None:
    """Add the dimension of time with everything that binds it."""
    clock = clock_of([vehicle.shift for vehicle in nodes.vehicles])
    ready = [clock.early(vehicle.ready_s) + vehicle.rest_s for vehicle in nodes.vehicles]
    latest = [
        max(free, clock.late(vehicle.shift.latest_return)) for vehicle, free in zip(nodes.vehicles, ready, strict=True)
    ]
    capacity = max(latest) + 1
    services = _services(nodes)
    transits = _transits(nodes, routing, services, capacity)
    routing.AddDimensionWithVehicleTransits(transits, capacity, capacity, False, "time")
    time = routing.GetDimensionOrDie("time")
    for position, vehicle in enumerate(nodes.vehicles):
        shift, end = vehicle.shift, routing.End(position)
        time.CumulVar(routing.Start(position)).SetRange(ready[position], latest[position])
        time.CumulVar(end).SetRange(ready[position], latest[position])
        if shift.overtime_limit_s and shift.overtime_cents_per_hour:
            time.SetCumulVarSoftUpperBound(end, max(0, clock.late(shift.latest_end)), shift.overtime_cents_per_hour)
    _add_windows(nodes, manager, time, clock)
    _add_order(nodes, manager, routing, services.max(axis=0), clock)


def grouped(keys: NDArray[np.int64], limit: int) -> list[int]:
    """A group per row of `keys`: equal rows share one, and similar ones too where there would be more than `limit`."""
    _, ranks = np.unique(keys, axis=0, return_inverse=True)
    ranks = ranks.reshape(-1)
    kinds = int(ranks.max()) + 1
    if kinds <= limit:
        return [int(rank) for rank in ranks]
    order = np.argsort(keys.sum(axis=1), kind="stable")
    groups = np.empty(len(keys), dtype=np.int64)
    groups[order] = np.arange(len(keys)) * limit // len(keys)
    return [int(group) for group in groups]


def group_limit(nodes: Nodes) -> int:
    """How many matrices of one kind the model can afford."""
    return max(1, CELLS // len(nodes.locations) ** 2)


def travel(nodes: Nodes, profile: str, *, metres: bool = False) -> NDArray[np.int64]:
    """Seconds or metres between nodes, -1 without a road, 0 within a place."""
    profiles = nodes.problem.profiles[profile]
    matrix = profiles.metres if metres else profiles.seconds
    places = np.array(nodes.locations)
    between: NDArray[np.int64] = matrix[np.ix_(places, places)].astype(np.int64)
    between[places[:, None] == places[None, :]] = 0
    return between


def _services(nodes: Nodes) -> NDArray[np.int64]:
    """Service seconds by vehicle (row) and node (column)."""
    services = np.zeros((len(nodes.vehicles), len(nodes.locations)), dtype=np.int64)
    for node, visit in enumerate(nodes.visits):
        for position in visit.vehicles:
            services[position, node] = visit.job.service_on(nodes.vehicles[position].shift)
    for node, pickup in nodes.pickup_nodes():
        services[:, node] = pickup.warehouse.handling_s
    return services


def _transits(
    nodes: Nodes, routing: pywrapcp.RoutingModel, services: NDArray[np.int64], capacity: Seconds
) -> list[int]:
    """A transit per vehicle. Vehicles that share a matrix stay as long as the slowest of them: never too short."""
    profiles = [vehicle.shift.profile for vehicle in nodes.vehicles]
    transits = [0] * len(profiles)
    for profile in sorted(set(profiles)):
        positions = [position for position, own in enumerate(profiles) if own == profile]
        limit = max(1, group_limit(nodes) // len(set(profiles)))
        seconds = travel(nodes, profile)
        groups = grouped(services[positions], limit)
        for group in sorted(set(groups)):
            members = [position for position, own in zip(positions, groups, strict=True) if own == group]
            matrix = seconds + services[members].max(axis=0)[:, None]
            matrix[seconds < 0] = capacity + 1
            transit = routing.RegisterTransitMatrix(matrix.tolist())
            for position in members:
                transits[position] = transit
    return transits


def _add_windows(
    nodes: Nodes, manager: pywrapcp.RoutingIndexManager, time: pywrapcp.RoutingDimension, clock: Clock
) -> None:
    for node, visit in enumerate(nodes.visits):
        index = manager.NodeToIndex(node)
        _keep_inside(time.CumulVar(index), visit.windows, clock)
        _add_promises(nodes, visit.job, time, index, clock)
    for node, pickup in nodes.pickup_nodes():
        cumul = time.CumulVar(manager.NodeToIndex(node))
        cumul.SetMin(min(cumul.Max(), clock.early(pickup.from_s)))
        if pickup.warehouse.windows:
            _keep_inside(cumul, pickup.warehouse.windows, clock)


def _keep_inside(cumul: pywrapcp.IntVar, windows: Sequence[Window], clock: Clock) -> None:
    """Windows that no shift reaches would leave an empty domain and no model at all: such a node goes last."""
    low, high = cumul.Min(), cumul.Max()
    on_clock = (clock.window(one) for one in sorted(windows, key=lambda one: one.start))
    reachable = [(max(low, one.start), min(high, one.end)) for one in on_clock if one is not None]
    reachable = [(start, end) for start, end in reachable if start <= end]
    if not reachable:
        cumul.SetMin(high)  # one second after the last return: no vehicle can go there
        return
    cumul.SetRange(reachable[0][0], max(end for _, end in reachable))
    covered = reachable[0][1]
    for start, end in reachable[1:]:
        if start > covered + 1:
            cumul.RemoveInterval(covered + 1, start - 1)
        covered = max(covered, end)


def _add_promises(nodes: Nodes, job: Job, time: pywrapcp.RoutingDimension, index: int, clock: Clock) -> None:
    """Lateness; else minutes moved against the published plan, since a variable takes one soft bound a side."""
    weights = nodes.problem.weights
    if job.due_s is not None and job.lateness_cents_per_minute:
        time.SetCumulVarSoftUpperBound(index, max(0, clock.early(job.due_s)), job.lateness_cents_per_minute * 60)
    if job.previous is None or not weights.disruption_cents_per_minute:
        return
    rate = weights.disruption_cents_per_minute * 60
    early = clock.early(job.previous.start_s - weights.disruption_tolerance_s)
    if early > 0:
        time.SetCumulVarSoftLowerBound(index, early, rate)
    if not time.HasCumulVarSoftUpperBound(index):
        late = clock.early(job.previous.start_s + weights.disruption_tolerance_s)
        time.SetCumulVarSoftUpperBound(index, max(0, late), rate)


def _add_order(
    nodes: Nodes,
    manager: pywrapcp.RoutingIndexManager,
    routing: pywrapcp.RoutingModel,
    longest: NDArray[np.int64],
    clock: Clock,
) -> None:
    """Predecessors with their lag, and sequences that stay on one route in order."""
    solver, time = routing.solver(), routing.GetDimensionOrDie("time")
    capacity = max(time.CumulVar(routing.End(position)).Max() for position in range(routing.vehicles())) + 1
    at = {job: manager.NodeToIndex(node) for job, node in nodes.node_of_job.items()}
    ends = {
        stop.id: stop.end_s
        for route in Draft.begun(nodes.problem).routes.values()
        for stop in route.stops
        if stop.kind is StopKind.JOB
    }
    for visit in nodes.visits:
        index = at[visit.job.id]
        active = routing.ActiveVar(index)
        for first in visit.job.predecessors:
            if first.job in ends:
                earliest = clock.early(ends[first.job] + first.lag_s)
                solver.Add(time.CumulVar(index) + (1 - active) * max(0, earliest) >= earliest)
                continue
            before = at[first.job]
            gap = int(longest[nodes.node_of_job[first.job]]) + first.lag_s
            solver.Add(active <= routing.ActiveVar(before))
            free = (1 - active) * (2 * capacity + gap)
            solver.Add(time.CumulVar(index) + free >= time.CumulVar(before) + gap)
    for sequence in nodes.problem.sequences:
        for earlier, later in combinations([job for job in sequence if job in at], 2):
            _add_pair(routing, at[earlier], at[later], capacity)


def _add_pair(routing: pywrapcp.RoutingModel, before: int, after: int, capacity: Seconds) -> None:
    solver, time = routing.solver(), routing.GetDimensionOrDie("time")
    active = routing.ActiveVar(before) * routing.ActiveVar(after)
    solver.Add(active * (routing.VehicleVar(before) - routing.VehicleVar(after)) == 0)
    solver.Add(time.CumulVar(after) + (1 - active) * (capacity + 1) >= time.CumulVar(before) + 1)
