"""A small town for random days and for tests: places, roads, and plain records with defaults.

Places lie on a line, 600 s and 5,000 m apart. Driving back towards home takes 60 s and 300 m more per leg, so
that a matrix read the wrong way round shows. No road leads to or from the island.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from solver.plan import Cause, Load, Plan, Route, Stop, StopKind, Unplanned
from solver.problem import (
    Break,
    Job,
    Location,
    Problem,
    Profile,
    Technician,
    VehicleShift,
    Warehouse,
)
from solver.reasons import Reason
from solver.units import DAY_S

HOME, NORTH, EAST, SOUTH, DEPOT, ISLAND = range(6)
PLACES = ("home", "north", "east", "south", "depot", "island")


def at(hours: int, minutes: int = 0, seconds: int = 0, *, day: int = 0) -> int:
    """A time of day as seconds of the horizon."""
    return day * DAY_S + hours * 3_600 + minutes * 60 + seconds


def drive_s(origin: int, destination: int) -> int:
    """Seconds from one place of the town to another; -1 to and from the island."""
    if origin == destination:
        return 0
    if ISLAND in (origin, destination):
        return -1
    return 600 * abs(origin - destination) + (60 if origin > destination else 0)


def drive_m(origin: int, destination: int) -> int:
    """Metres, as `drive_s`."""
    if origin == destination:
        return 0
    if ISLAND in (origin, destination):
        return -1
    return 5_000 * abs(origin - destination) + (300 if origin > destination else 0)


def town() -> Profile:
    """The matrices of the town."""
    places = range(len(PLACES))
    return Profile(
        seconds=np.array([[drive_s(a, b) for b in places] for a in places], dtype=np.int32),
        metres=np.array([[drive_m(a, b) for b in places] for a in places], dtype=np.int32),
    )


def shift(technician: str = "ann", day: int = 0, **changes: Any) -> VehicleShift:
    """`ann-0`: from home to home, 08:00 to 17:00, no overtime, no costs."""
    fields: dict[str, Any] = {
        "id": f"{technician}-{day}",
        "technician": technician,
        "day": day,
        "earliest_start": at(8, day=day),
        "latest_end": at(17, day=day),
        "start_location": HOME,
        "end_location": HOME,
    }
    return VehicleShift(**(fields | changes))


def job(id: str = "job", location: int = NORTH, service_s: int = 1_800, **changes: Any) -> Job:
    """Half an hour in the north, any time, by anybody."""
    return Job(id=id, location=location, service_s=service_s, **changes)


def warehouse(id: str = "depot", location: int = DEPOT, handling_s: int = 300, **changes: Any) -> Warehouse:
    """The depot, always open, with nothing in stock."""
    return Warehouse(id=id, location=location, handling_s=handling_s, **changes)


def problem(
    jobs: tuple[Job, ...] = (),
    shifts: tuple[VehicleShift, ...] = (),
    *,
    van_stock: Mapping[str, Mapping[str, int]] | None = None,
    **changes: Any,
) -> Problem:
    """Two days in the town; technicians are those of the shifts, `van_stock` is by technician."""
    stock = van_stock or {}
    names = dict.fromkeys([one.technician for one in shifts] + list(stock))
    fields: dict[str, Any] = {
        "id": "town",
        "horizon_s": 2 * DAY_S,
        "locations": tuple(Location(name) for name in PLACES),
        "profiles": {"car": town()},
        "technicians": tuple(Technician(name, van_stock=stock.get(name, {})) for name in names),
        "shifts": shifts,
        "jobs": jobs,
    }
    return Problem(**(fields | changes))


def stop(one: Job, start_s: int, **changes: Any) -> Stop:
    """The stop of a job: arrives as it starts, lasts the job's own duration."""
    fields: dict[str, Any] = {
        "kind": StopKind.JOB,
        "id": one.id,
        "location": one.location,
        "arrival_s": start_s,
        "start_s": start_s,
        "end_s": start_s + one.service_s,
    }
    return Stop(**(fields | changes))


def pickup(one: Warehouse, start_s: int, *loads: Load, **changes: Any) -> Stop:
    """A stop at a warehouse that takes `loads` on board."""
    fields: dict[str, Any] = {
        "kind": StopKind.WAREHOUSE,
        "id": one.id,
        "location": one.location,
        "arrival_s": start_s,
        "start_s": start_s,
        "end_s": start_s + one.handling_s,
        "loads": loads,
    }
    return Stop(**(fields | changes))


def rest(one: Break, location: int, start_s: int, **changes: Any) -> Stop:
    """A break taken at a place."""
    fields: dict[str, Any] = {
        "kind": StopKind.BREAK,
        "id": one.id,
        "location": location,
        "arrival_s": start_s,
        "start_s": start_s,
        "end_s": start_s + one.duration_s,
    }
    return Stop(**(fields | changes))


def left_out(*jobs: Job) -> tuple[Unplanned, ...]:
    """Jobs that stay undone for want of proof."""
    return tuple(Unplanned(one.id, (Cause(Reason.NOT_PROVEN),)) for one in jobs)


def plan(*routes: Route, unplanned: tuple[Unplanned, ...] = ()) -> Plan:
    """A plan for the town."""
    return Plan("town", routes, unplanned)
