"""Parts and tools in the routing model: what is on the van, what one warehouse stop adds, what warehouses hold.

A warehouse stop fills the van with as many units as all jobs together could use; what it really loads is what the
route lacks, which is what shared stock is held against.
"""

from collections import defaultdict

from ortools.constraint_solver import pywrapcp

from solver.engines.routing_nodes import Nodes, Pickup, Vehicle
from solver.problem import Job

_MOST_MATRICES = 4
"""Different vans of one part that are told apart."""


def add(nodes: Nodes, manager: pywrapcp.RoutingIndexManager, routing: pywrapcp.RoutingModel) -> None:
    """Add a dimension per part that some van may lack, and per tool that some allowed shift must borrow."""
    for part in sorted({part for visit in nodes.visits for part in visit.job.parts}):
        _add_part(nodes, manager, routing, part)
    for tool in sorted({tool for visit in nodes.visits for tool in visit.job.tools}):
        _add_tool(nodes, manager, routing, tool)


def _add_part(nodes: Nodes, manager: pywrapcp.RoutingIndexManager, routing: pywrapcp.RoutingModel, part: str) -> None:
    demand = sum(visit.job.parts.get(part, 0) for visit in nodes.visits)
    vans = [_van(nodes, vehicle, part) for vehicle in nodes.vehicles]
    if min(vans) >= demand:
        return
    sources = [(node, pickup) for node, pickup in nodes.pickup_nodes() if part in pickup.warehouse.stock]
    transits = _changes(nodes, routing, part, {node: demand for node, _ in sources})
    name = f"part {part}"
    routing.AddDimensionWithVehicleTransits(transits, 0, demand + max(vans), False, name)
    stock = routing.GetDimensionOrDie(name)
    shared = defaultdict(list)
    for position, vehicle in enumerate(nodes.vehicles):
        start = stock.CumulVar(routing.Start(position))
        start.SetRange(0, vans[position])
        shared[vehicle.shift.technician].append((start, vans[position]))
    for starts in shared.values():
        if len(starts) == 1:
            starts[0][0].SetValue(starts[0][1])
        else:  # each day takes its share of the van, so no day counts on what another has used
            routing.solver().Add(sum(start for start, _ in starts) <= starts[0][1])
    _hold_stock(nodes, manager, routing, part, demand)


def _changes(nodes: Nodes, routing: pywrapcp.RoutingModel, part: str, fills: dict[int, int]) -> list[int]:
    """A transit per vehicle: jobs take their units from the van, warehouse stops fill it.

    Vectors that differ between vehicles with a start other than zero make OR-Tools 9.15 find no solution at all;
    matrices do not. Since those are large, many different vans are modelled without their earmarks.
    """
    vectors = []
    for vehicle in nodes.vehicles:
        changes = [-_needed(visit.job, part, vehicle.shift.technician) for visit in nodes.visits]
        changes += [0] * (len(nodes.locations) - len(changes))
        vectors.append(tuple(fills.get(node, change) for node, change in enumerate(changes)))
    kinds = dict.fromkeys(vectors)
    if len(kinds) == 1 or len(kinds) > _MOST_MATRICES:
        least = [min(changes) if max(changes) <= 0 else max(changes) for changes in zip(*vectors, strict=True)]
        return [routing.RegisterUnaryTransitVector(least)] * len(vectors)
    size = len(nodes.locations)
    matrices = {kind: routing.RegisterTransitMatrix([[change] * size for change in kind]) for kind in kinds}
    return [matrices[vector] for vector in vectors]


def _hold_stock(
    nodes: Nodes,
    manager: pywrapcp.RoutingIndexManager,
    routing: pywrapcp.RoutingModel,
    part: str,
    demand: int,
) -> None:
    """What all routes load at a warehouse up to a receipt is at most what has come in by then."""
    solver, stock = routing.solver(), routing.GetDimensionOrDie(f"part {part}")
    loads = defaultdict(list)
    for node, pickup in nodes.pickup_nodes():
        if part in pickup.warehouse.stock and _held(pickup, part) < demand:
            lacking = solver.Max(demand - stock.CumulVar(routing.End(pickup.vehicle)), 0)
            loads[pickup.warehouse.id].append(
                (_held(pickup, part), lacking * routing.ActiveVar(manager.NodeToIndex(node)))
            )
    for taken in loads.values():
        for level in sorted({held for held, _ in taken}):
            solver.Add(solver.Sum([load for held, load in taken if held <= level]) <= level)


def _held(pickup: Pickup, part: str) -> int:
    """Units received by the time of a stop; more than anybody needs where the warehouse never runs out."""
    receipts = pickup.warehouse.stock.get(part, ())
    if receipts is None:
        return 2**31
    return sum(receipt.quantity for receipt in receipts if receipt.from_s <= pickup.from_s)


def _van(nodes: Nodes, vehicle: Vehicle, part: str) -> int:
    return nodes.problem.technician_by_id[vehicle.shift.technician].van_stock.get(part, 0)


def _needed(job: Job, part: str, technician: str) -> int:
    """Free units that a job takes, after what is earmarked for it on that van."""
    own = sum(one.quantity for one in job.earmarks if one.technician == technician and one.part == part)
    return max(0, job.parts.get(part, 0) - own)


def _add_tool(nodes: Nodes, manager: pywrapcp.RoutingIndexManager, routing: pywrapcp.RoutingModel, tool: str) -> None:
    users = [(node, visit) for node, visit in enumerate(nodes.visits) if tool in visit.job.tools]
    owned = [int(tool in vehicle.shift.tools) for vehicle in nodes.vehicles]
    if all(owned[position] for _, visit in users for position in visit.vehicles):
        return
    lent = [0] * len(nodes.locations)
    for node, pickup in nodes.pickup_nodes():
        lent[node] = int(tool in pickup.warehouse.tools)
    name = f"tool {tool}"
    routing.AddDimension(routing.RegisterUnaryTransitVector(lent), 0, 2, False, name)
    have = routing.GetDimensionOrDie(name)
    for position, own in enumerate(owned):
        have.CumulVar(routing.Start(position)).SetValue(own)
    for node, _ in users:
        have.CumulVar(manager.NodeToIndex(node)).SetMin(1)
