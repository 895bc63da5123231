"""The Solomon instances (vehicle routing with time windows): files as problems, routes judged in double precision."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.trsp_instances import NO_WEIGHTS, straight_lines, travel_matrix, units_per_time, up, window
from solver.plan import Plan
from solver.problem import Job, Location, Problem, Profile, Technician, VehicleShift
from solver.units import Cents

GOODS = "goods"
CENT_PER_METRE: Cents = 1_000
"""Per kilometre."""
_MOST_UNITS = 10_000
"""Routes of the best solutions are so tight that every drive rounded up by a thousandth may cut them off."""
_LATE = 1e-6
"""Of a unit of the file: later than that is late."""


@dataclass(frozen=True, slots=True)
class Place:
    """The depot or a customer; service starts from `ready` to `due`."""

    x: float
    y: float
    demand: int
    ready: float
    due: float
    service: float


@dataclass(frozen=True, slots=True)
class Instance:
    """A file as read: place 0 is the depot; `distances` are its travel times too."""

    name: str
    vehicles: int
    capacity: int
    places: tuple[Place, ...]
    distances: tuple[tuple[float, ...], ...]


def read(path: Path) -> Instance:
    """An instance file, which is named for its instance."""
    return parse(path.stem, path.read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Instance:
    """The text of an instance file; ValueError if its places are not numbered from 0."""
    rows = [line.split() for line in text.splitlines() if line.strip()[:1].isdigit()]
    vehicles, capacity = map(int, rows[0])
    if [int(row[0]) for row in rows[1:]] != list(range(len(rows) - 1)):
        raise ValueError(f"{name}: the places are not numbered from 0")
    places = tuple(_place(row) for row in rows[1:])
    return Instance(name, vehicles, capacity, places, straight_lines([(one.x, one.y) for one in places]))


def problem_of(instance: Instance) -> Problem:
    """The instance with distance as its only cost, one cent per metre; ids are numbers of places and vehicles."""
    depot, *_ = places = instance.places
    scale = units_per_time(max(one.due for one in places), max(map(max, instance.distances)), _MOST_UNITS)
    metres = np.rint(np.array(instance.distances) * scale).astype(np.int32)
    # To every customer and back costs more than any plan that serves them all, since no detour is shorter.
    penalty = 1 + int(metres[0].sum()) + int(metres[:, 0].sum())
    hours = window(depot.ready, depot.due, scale)
    vehicles = [str(number) for number in range(1, instance.vehicles + 1)]
    return Problem(
        id=instance.name,
        horizon_s=up(max(one.due for one in places), scale),
        locations=tuple(Location(str(number)) for number in range(len(places))),
        profiles={"car": Profile(travel_matrix(instance.distances, scale), metres)},
        technicians=tuple(Technician(one, van_stock={GOODS: instance.capacity}) for one in vehicles),
        shifts=tuple(
            VehicleShift(one, one, 0, hours.start, hours.end, 0, 0, cost_cents_per_km=CENT_PER_METRE)
            for one in vehicles
        ),
        jobs=tuple(_job(number, places[number], scale, penalty) for number in range(1, len(places))),
        weights=NO_WEIGHTS,
    )


def routes_of(plan: Plan) -> list[list[int]]:
    """The customers of every used vehicle in order."""
    return [[int(job) for job in route.jobs] for route in plan.routes if route.jobs]


def judged(instance: Instance, routes: Sequence[Sequence[int]]) -> tuple[float, list[str]]:
    """Distance travelled and every broken rule, both in double precision from the order of the customers alone."""
    served = sorted(customer for route in routes for customer in route)
    faults = [] if len(routes) <= instance.vehicles else [f"{len(routes)} vehicles of {instance.vehicles}"]
    for customer in range(1, len(instance.places)):
        if (times := served.count(customer)) != 1:
            faults.append(f"customer {customer} is served {times} times")
    total = 0.0
    for route in routes:
        distance, own = _judged_route(instance, route)
        total += distance
        faults += own
    return total, faults


def _judged_route(instance: Instance, route: Sequence[int]) -> tuple[float, list[str]]:
    places, faults = instance.places, []
    load = sum(places[customer].demand for customer in route)
    if load > instance.capacity:
        faults.append(f"a vehicle carries {load} of {instance.capacity}")
    distance, clock, here = 0.0, places[0].ready, 0
    for there in (*route, 0):
        leg = instance.distances[here][there]
        distance += leg
        clock += leg
        if clock > places[there].due + _LATE:
            faults.append(f"at {there} at {clock:.6f}, due {places[there].due}")
        clock = max(clock, places[there].ready) + places[there].service
        here = there
    return distance, faults


def _place(row: Sequence[str]) -> Place:
    x, y, demand, ready, due, service = map(float, row[1:])
    return Place(x, y, int(demand), ready, due, service)


def _job(number: int, place: Place, scale: int, penalty: Cents) -> Job:
    return Job(
        id=str(number),
        location=number,
        service_s=up(place.service, scale),
        windows=(window(place.ready, place.due, scale),),
        parts={GOODS: place.demand} if place.demand else {},
        unplanned_penalty_cents=penalty,
    )
