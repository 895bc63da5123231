"""Money in the routing model, in 1/3600 cent: driving, paid work, use, choice of technician, jobs left out."""

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp

from solver.engines.routing_nodes import Nodes, Vehicle
from solver.engines.routing_time import PER_CENT, group_limit, grouped, travel
from solver.problem import Job
from solver.score import leaving_out_cents

_TOP = 2**60
"""All penalties together stay below this, so that no sum of costs leaves 64 bits."""


def penalty(nodes: Nodes, job: Job) -> int:
    """What it costs the model to leave a job out."""
    return min(leaving_out_cents(nodes.problem, job) * PER_CENT, _TOP // max(1, len(nodes.visits)))


def add(nodes: Nodes, routing: pywrapcp.RoutingModel) -> None:
    """Add every cost but lateness, overtime and moved starts, which time carries.

    What a job costs on one vehicle rather than another stands on the arcs that leave it: OR-Tools 9.15 finds no
    solution where vectors of a dimension differ between vehicles. Vehicles share the mean of similar ones where
    matrices would be too many. Waiting costs nothing here: pricing the span makes OR-Tools solve a linear program
    for every neighbour.
    """
    shifts = [vehicle.shift for vehicle in nodes.vehicles]
    profiles = sorted({shift.profile for shift in shifts})
    for profile in profiles:
        positions = [position for position, shift in enumerate(shifts) if shift.profile == profile]
        rates = np.stack([_rates(nodes, position) for position in positions])
        groups = grouped(rates, max(1, group_limit(nodes) // len(profiles)))
        seconds, metres = travel(nodes, profile), travel(nodes, profile, metres=True)
        for group in sorted(set(groups)):
            members = [rank for rank, own in enumerate(groups) if own == group]
            hour, km, *stays = rates[members].mean(axis=0)
            cost = np.maximum(0, seconds) * hour + np.maximum(0, metres) * (km * PER_CENT / 1_000)
            cost += np.array(stays)[:, None]
            evaluator = routing.RegisterTransitMatrix(np.rint(cost).astype(np.int64).tolist())
            for rank in members:
                routing.SetArcCostEvaluatorOfVehicle(evaluator, positions[rank])
    for position, shift in enumerate(shifts):
        if not shift.committed:
            routing.SetFixedCostOfVehicle(shift.fixed_cost_cents * PER_CENT, position)


def _rates(nodes: Nodes, position: int) -> NDArray[np.int64]:
    """Cents per hour and per kilometre of a vehicle's driving, then what each node costs when it goes there."""
    vehicle = nodes.vehicles[position]
    hour = vehicle.shift.cost_cents_per_hour + nodes.problem.weights.travel_cents_per_hour
    driving = np.array([hour, vehicle.shift.cost_cents_per_km], dtype=np.int64)
    return np.concatenate([driving, _choice(nodes, position, vehicle)])


def _choice(nodes: Nodes, position: int, vehicle: Vehicle) -> NDArray[np.int64]:
    weights, shift = nodes.problem.weights, vehicle.shift
    choice = np.zeros(len(nodes.locations), dtype=np.int64)
    for node, visit in enumerate(nodes.visits):
        if position not in visit.vehicles:
            continue
        job = visit.job
        cents = 0
        if job.preferred_technicians and shift.technician not in job.preferred_technicians:
            cents += weights.non_preferred_cents
        above = sum(shift.skills[skill] - level for skill, level in job.skills.items())
        cents += above * weights.over_qualification_cents
        if job.previous is not None and set(job.previous.shifts) != {shift.id}:
            cents += weights.disruption_change_cents
        choice[node] = min(cents * PER_CENT + job.service_on(shift) * shift.cost_cents_per_hour, _TOP // 10**6)
    for node, pickup in nodes.pickup_nodes():
        if pickup.vehicle == position:
            choice[node] = pickup.warehouse.handling_s * shift.cost_cents_per_hour
    return choice
