"""The routing model of a problem in OR-Tools: time, jobs, parts, tools and money as dimensions over nodes.

Only matrices and vectors of integers are registered, never Python callbacks: a number that is no integer would give
broken routes without an error, and every call would cross the interpreter.
"""

from dataclasses import dataclass

from ortools.constraint_solver import pywrapcp

from solver.engines import routing_money, routing_parts, routing_time
from solver.engines.routing_nodes import Nodes
from solver.plan import StopKind
from solver.schedule import Visit

Tours = dict[str, tuple[Visit, ...]]
"""Shift id to jobs and warehouse stops in order, without what has begun."""


@dataclass(frozen=True, slots=True)
class Model:
    """An OR-Tools model, not yet closed, with the nodes it is about."""

    nodes: Nodes
    manager: pywrapcp.RoutingIndexManager
    routing: pywrapcp.RoutingModel

    def read_tours(self) -> Tours:
        """The tours of the solution that the solver stands at."""
        tours: Tours = {}
        for position, vehicle in enumerate(self.nodes.vehicles):
            index = self.routing.NextVar(self.routing.Start(position)).Value()
            visits = []
            while not self.routing.IsEnd(index):
                visits.append(self._visit(self.manager.IndexToNode(index)))
                index = self.routing.NextVar(index).Value()
            if visits:
                tours[vehicle.shift.id] = tuple(visits)
        return tours

    def indices_of(self, tours: Tours, arrivals: dict[tuple[str, str], int]) -> list[list[int]]:
        """Index lists per vehicle, as OR-Tools reads them; stops that the model does not have are left out.

        arrivals: when a shift (first key) begins at a warehouse (second), which says after which receipt that is.
        """
        pickups = {
            (pickup.vehicle, pickup.warehouse.id, pickup.from_s): node for node, pickup in self.nodes.pickup_nodes()
        }
        routes = []
        for position, vehicle in enumerate(self.nodes.vehicles):
            route, has_pickup = [], False
            for visit in tours.get(vehicle.shift.id, ()):
                if visit.kind is StopKind.JOB:
                    node = self.nodes.node_of_job.get(visit.id)
                elif has_pickup:
                    node = None
                else:
                    begins = arrivals.get((vehicle.shift.id, visit.id), 0)
                    eras = [
                        from_s
                        for at, warehouse, from_s in pickups
                        if at == position and warehouse == visit.id and from_s <= begins
                    ]
                    node = pickups[position, visit.id, max(eras)] if eras else None
                    has_pickup = node is not None
                if node is not None:
                    route.append(self.manager.NodeToIndex(node))
            routes.append(route)
        return routes

    def _visit(self, node: int) -> Visit:
        if node < len(self.nodes.visits):
            return Visit(StopKind.JOB, self.nodes.visits[node].job.id)
        return Visit(StopKind.WAREHOUSE, self.nodes.pickups[node - len(self.nodes.visits)].warehouse.id)


def build(nodes: Nodes) -> Model:
    """Build the model; it needs at least one vehicle and one job."""
    manager = pywrapcp.RoutingIndexManager(
        len(nodes.locations),
        len(nodes.vehicles),
        [nodes.depots[vehicle.location] for vehicle in nodes.vehicles],
        [nodes.depots[vehicle.shift.end_location] for vehicle in nodes.vehicles],
    )
    model = Model(nodes, manager, pywrapcp.RoutingModel(manager))
    _allow(model)
    routing_time.add(nodes, manager, model.routing)
    routing_money.add(nodes, model.routing)
    routing_parts.add(nodes, manager, model.routing)
    return model


def _allow(model: Model) -> None:
    """Who may do what, what it costs to leave it out, and how many jobs a shift takes."""
    nodes, routing = model.nodes, model.routing
    for node, visit in enumerate(nodes.visits):
        index = model.manager.NodeToIndex(node)
        routing.AddDisjunction([index], routing_money.penalty(nodes, visit.job))
        routing.VehicleVar(index).SetValues([-1, *visit.vehicles])
    stops: dict[int, list[int]] = {}
    for node, pickup in nodes.pickup_nodes():
        index = model.manager.NodeToIndex(node)
        routing.VehicleVar(index).SetValues([-1, pickup.vehicle])
        stops.setdefault(pickup.vehicle, []).append(index)
    for indices in stops.values():
        routing.AddDisjunction(indices, 0, 1)
    limits = [
        len(nodes.visits)
        if vehicle.shift.max_jobs is None
        else max(0, vehicle.shift.max_jobs - len(vehicle.shift.committed))
        for vehicle in nodes.vehicles
    ]
    if min(limits) < len(nodes.visits):
        counts = [int(node < len(nodes.visits)) for node in range(len(nodes.locations))]
        counter = routing.RegisterUnaryTransitVector(counts)
        routing.AddDimensionWithVehicleCapacity(counter, 0, limits, True, "jobs")
