"""The technician-routing data set: its instance files as problems, plans in its solution format.

Times of a file are multiplied by `units_per_time` and rounded against the plan (travel and service up, windows to
the inside), so that what holds in our whole seconds holds in the file's decimals.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np

from solver.params import Weights
from solver.plan import Plan, Stop, StopKind
from solver.problem import Job, Location, Matrix, Problem, Profile, Technician, VehicleShift, Warehouse, Window
from solver.units import MAX_TIME_S, MAX_TRAVEL_S, Cents, Seconds

NO_WEIGHTS = Weights(
    travel_cents_per_hour=0,
    load_over_target_cents_per_hour=0,
    non_preferred_cents=0,
    over_qualification_cents=0,
    disruption_change_cents=0,
    disruption_cents_per_minute=0,
)
"""The data sets know travel or working time and nothing else."""
CENT_PER_SECOND: Cents = 3_600
"""Per hour."""
_MOST_UNITS = 1_000
_EXACT = 1e-6
"""Of a second: what a product of doubles may be off a whole number that it means."""
_NODE = re.compile(r"\s*(\d+)" + r"\s+([-\d.]+)" * 5 + r"\s+\[(.*?)\]" * 3)


@dataclass(frozen=True, slots=True)
class Node:
    """The warehouse, a technician's home with what he brings, or a request with what it needs; times of the file."""

    x: float
    y: float
    early: float
    late: float
    service: float
    skills: tuple[int, ...]
    tools: tuple[int, ...]
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """A file as read: node 0 is the warehouse, then `crew` homes, then the requests; `travel` from node to node."""

    name: str
    crew: int
    nodes: tuple[Node, ...]
    travel: tuple[tuple[float, ...], ...]

    @property
    def requests(self) -> int:
        return len(self.nodes) - 1 - self.crew


def read(path: Path) -> Instance:
    """An instance file, which is named for its instance."""
    return parse(path.stem, path.read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Instance:
    """The text of an instance file; ValueError where it holds what its rules do not speak of."""
    lines = text.splitlines()
    crew = int(_after(lines, "CREW")[0].split()[0])
    found = [_NODE.match(line) for line in takewhile(_NODE.match, _after(lines, "ID"))]
    rows = [one.groups() for one in found if one]
    nodes = tuple(_node(row) for row in rows)
    if [int(row[0]) for row in rows] != list(range(len(rows))) or len(rows) <= crew:
        raise ValueError(f"{name}: the nodes are not numbered from 0, or are fewer than {crew} homes and a warehouse")
    if any(node.service for node in nodes[1 : crew + 1]):
        raise ValueError(f"{name}: a home has a service time, which no rule of the data set explains")
    table = tuple(_cells(_after(lines, "TRAVEL"), len(nodes)))
    return Instance(name, crew, nodes, table or straight_lines([(node.x, node.y) for node in nodes]))


def units_per_time(latest: float, longest: float, most: int = _MOST_UNITS) -> int:
    """Our seconds per unit of a file whose latest time and longest drive are given, as many as our limits allow."""
    return min(most, int(MAX_TIME_S / latest), int(MAX_TRAVEL_S / max(longest, 1.0)))


def seconds_per_unit(instance: Instance) -> int:
    """By how much the times of an instance are multiplied."""
    return units_per_time(max(node.late for node in instance.nodes), max(map(max, instance.travel)))


def up(value: float, scale: int) -> Seconds:
    """A time of a file, never shortened."""
    return math.ceil(value * scale - _EXACT)


def window(early: float, late: float, scale: int) -> Window:
    """A window of a file, never widened."""
    return Window(up(early, scale), math.floor(late * scale + _EXACT))


def travel_matrix(travel: Sequence[Sequence[float]], scale: int) -> Matrix:
    """Drives of a file, never shortened."""
    return np.ceil(np.array(travel) * scale - _EXACT).astype(np.int32)


def straight_lines(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, ...], ...]:
    """Euclidean distances in double precision."""
    return tuple(tuple(math.dist(a, b) for b in points) for a in points)


def problem_of(instance: Instance) -> Problem:
    """The instance with working time as its only cost, one cent per second; ids are numbers of nodes."""
    crew, nodes = instance.crew, instance.nodes
    scale = seconds_per_unit(instance)
    shifts = tuple(_shift(home, nodes[home], scale) for home in range(1, crew + 1))
    most = sum(shift.latest_end - shift.earliest_start for shift in shifts)
    drives = travel_matrix(instance.travel, scale)
    return Problem(
        id=instance.name,
        horizon_s=up(max(node.late for node in nodes), scale),
        locations=tuple(Location(str(number)) for number in range(len(nodes))),
        profiles={"car": Profile(drives, drives)},
        technicians=tuple(Technician(str(home), van_stock=_parts(nodes[home])) for home in range(1, crew + 1)),
        shifts=shifts,
        jobs=tuple(_job(number, nodes[number], scale, most + 1) for number in range(crew + 1, len(nodes))),
        warehouses=(_warehouse(instance, shifts, scale),),
        weights=NO_WEIGHTS,
    )


def solution_of(instance: Instance, plan: Plan) -> str:
    """A plan in the data set's format: used routes with `|` between them, home first and last."""
    crew, requests = instance.crew, instance.requests

    def number(stop: Stop, home: int) -> int:
        return 2 * crew + requests + home if stop.kind is StopKind.WAREHOUSE else int(stop.id)

    routes = []
    for route in plan.routes:
        if route.jobs:
            home = int(route.shift)
            stops = (number(stop, home) for stop in route.stops)
            routes.append(",".join(map(str, (home, *stops, crew + requests + home))))
    return "|".join(routes)


def _after(lines: Sequence[str], word: str) -> Sequence[str]:
    """The lines below the first that starts with a word; none where no line does."""
    return lines[next((row for row, line in enumerate(lines) if line.startswith(word)), len(lines)) + 1 :]


def _node(row: Sequence[str]) -> Node:
    x, y, early, late, service = map(float, row[1:6])
    skills, tools, parts = (tuple(int(one) for one in text.split(",") if one.strip()) for text in row[6:])
    return Node(x, y, early, late, service, skills, tools, parts)


def _cells(lines: Sequence[str], size: int) -> Iterator[tuple[float, ...]]:
    """The part of a travel table that is between nodes; below and right of it, homes and warehouse are repeated."""
    for line in takewhile(str.strip, lines[:size]):
        yield tuple(float(cell) for cell in line.split(";")[1 : size + 1])


def _shift(home: int, node: Node, scale: int) -> VehicleShift:
    hours = window(node.early, node.late, scale)
    return VehicleShift(
        id=str(home),
        technician=str(home),
        day=0,
        earliest_start=hours.start,
        latest_end=hours.end,
        start_location=home,
        end_location=home,
        skills=_skills(node),
        tools=_tools(node),
        cost_cents_per_hour=CENT_PER_SECOND,
        max_pickups=1,
    )


def _job(number: int, node: Node, scale: int, penalty: Cents) -> Job:
    return Job(
        id=str(number),
        location=number,
        service_s=up(node.service, scale),
        windows=(window(node.early, node.late, scale),),
        skills=_skills(node),
        tools=_tools(node),
        parts=_parts(node),
        unplanned_penalty_cents=penalty,
    )


def _warehouse(instance: Instance, shifts: Sequence[VehicleShift], scale: int) -> Warehouse:
    """Everything in any number; always open unless its hours can bind."""
    house, requests = instance.nodes[0], instance.nodes[instance.crew + 1 :]
    hours = window(house.early, house.late, scale)
    binds = any(hours.start > shift.earliest_start or hours.end < shift.latest_end for shift in shifts)
    return Warehouse(
        id="0",
        location=0,
        windows=(hours,) if binds else (),
        handling_s=up(house.service, scale),
        stock={part: None for node in requests for part in _parts(node)},
        tools=frozenset(tool for node in requests for tool in _tools(node)),
    )


def _skills(node: Node) -> dict[str, int]:
    return {f"s{skill}": 1 for skill in node.skills}


def _tools(node: Node) -> frozenset[str]:
    return frozenset(f"t{tool}" for tool in node.tools)


def _parts(node: Node) -> dict[str, int]:
    return {f"p{part}": quantity for part, quantity in enumerate(node.parts) if quantity}
