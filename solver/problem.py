"""The dispatch problem: frozen records in integers, checked at construction.

Times are seconds since local midnight of the horizon's first day, windows are closed at both ends, money is in
cents, distances in metres. A record refuses what it can see alone; what needs other records (references, matrix
cells, overlaps) is checked by `solver.validate`, which also reads documents and collects every fault.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from solver.errors import Fault, InvalidProblem
from solver.params import Weights
from solver.units import DAY_S, Cents, Metres, Seconds

Matrix = NDArray[np.int32]
"""Square, read-only, shape (locations, locations), row = from, column = to; -1 = no road."""


@dataclass(frozen=True, slots=True)
class Window:
    """A closed interval of seconds: both ends belong to it."""

    start: Seconds
    end: Seconds

    def __post_init__(self) -> None:
        if self.start > self.end:
            _refuse("WINDOW_INVERTED", f"the window starts at {self.start} s and ends at {self.end} s")

    def __contains__(self, second: object) -> bool:
        return isinstance(second, int) and self.start <= second <= self.end


@dataclass(frozen=True, slots=True)
class Location:
    """A place: an index into the matrices by its position in `Problem.locations`. Degrees are for people and maps."""

    id: str
    name: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A rest that every used shift takes once: it starts in `window` and lasts `duration_s` without interruption."""

    id: str
    duration_s: Seconds
    window: Window
    paid: bool = False


@dataclass(frozen=True, slots=True)
class CommittedStop:
    """A job already begun on a shift. `start_s` is when its service began, None while the technician is on the way."""

    job: str
    start_s: Seconds | None = None


@dataclass(frozen=True, slots=True)
class VehicleShift:
    """One technician on one day.

    May leave `start_location` at `earliest_start` or later and must be back at `end_location` by `latest_end`,
    plus at most `overtime_limit_s`. Null `territories` = everywhere, empty = nowhere. Null `max_jobs` and
    `load_target_s` = no limit, no target. `committed` jobs come first, in that order.
    """

    id: str
    technician: str
    day: int
    earliest_start: Seconds
    latest_end: Seconds
    start_location: int
    end_location: int
    overtime_limit_s: Seconds = 0
    overtime_cents_per_hour: Cents = 0
    breaks: tuple[Break, ...] = ()
    skills: Mapping[str, int] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    territories: frozenset[str] | None = None
    cost_cents_per_hour: Cents = 0
    cost_cents_per_km: Cents = 0
    fixed_cost_cents: Cents = 0
    max_jobs: int | None = None
    max_pickups: int = 1
    profile: str = "car"
    load_target_s: Seconds | None = None
    committed: tuple[CommittedStop, ...] = ()

    def __post_init__(self) -> None:
        if self.earliest_start > self.latest_end:
            _refuse(
                "SHIFT_INVERTED",
                f"shift {self.id} starts at {self.earliest_start} s, ends at {self.latest_end} s",
            )

    @property
    def latest_return(self) -> Seconds:
        """The last second at which the technician may be back, overtime included."""
        return self.latest_end + self.overtime_limit_s


@dataclass(frozen=True, slots=True)
class Technician:
    """A person: the owner of shifts and of the free stock on the van (earmarked units are not in it)."""

    id: str
    name: str = ""
    van_stock: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Units that are in the warehouse from a second on: what is there at the start has `from_s` 0."""

    from_s: Seconds
    quantity: int


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Where a route may load. `stock`: part to dated receipts; None = unlimited; a part not named = none."""

    id: str
    location: int
    windows: tuple[Window, ...] = ()
    handling_s: Seconds = 0
    stock: Mapping[str, tuple[Receipt, ...] | None] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Earmark:
    """Units that only one job may use, on top of the free stock.

    Exactly one of `technician` (on that van) and `warehouse` (to be loaded there) is given.
    """

    part: str
    quantity: int
    technician: str | None = None
    warehouse: str | None = None

    def __post_init__(self) -> None:
        if (self.technician is None) == (self.warehouse is None):
            _refuse(
                "EARMARK_PLACE",
                f"the earmark of part {self.part} names a technician or a warehouse, not both or none",
            )


@dataclass(frozen=True, slots=True)
class Lock:
    """What a run may not change about a job.

    `shifts` = these shifts exactly (one, or the whole crew); `start_s` = that start second; `start_range` = a start
    within it. Those given hold together. A lock that cannot hold leaves the job unplanned with LOCK_CONFLICT.
    """

    shifts: tuple[str, ...] = ()
    start_s: Seconds | None = None
    start_range: Window | None = None


@dataclass(frozen=True, slots=True)
class Previous:
    """Where the published plan has the job: the measure of disruption. `dispatched`: the technician has been told."""

    shifts: tuple[str, ...]
    start_s: Seconds
    dispatched: bool = False


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A job that must be planned and must have ended `lag_s` before this one starts."""

    job: str
    lag_s: Seconds = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A visit.

    No windows, skills, tools or territory = no restriction. `skills`: skill to minimum level; all are needed.
    `service_s_by_level`: (level, seconds) pairs; a technician takes the entry of the highest level that is not above
    his lowest level over the job's skills, else `service_s`. Required technicians: only these may do it.
    """

    id: str
    location: int
    service_s: Seconds
    windows: tuple[Window, ...] = ()
    service_s_by_level: tuple[tuple[int, Seconds], ...] = ()
    skills: Mapping[str, int] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    parts: Mapping[str, int] = field(default_factory=dict)
    earmarks: tuple[Earmark, ...] = ()
    unplanned_penalty_cents: Cents = 100_000
    due_s: Seconds | None = None
    lateness_cents_per_minute: Cents = 0
    required_technicians: frozenset[str] = frozenset()
    preferred_technicians: frozenset[str] = frozenset()
    excluded_technicians: frozenset[str] = frozenset()
    declined_by: frozenset[str] = frozenset()
    territory: str | None = None
    crew_size: int = 1
    predecessors: tuple[Predecessor, ...] = ()
    lock: Lock | None = None
    previous: Previous | None = None
    priority: str = ""
    """A label for people; the objective knows `unplanned_penalty_cents` only."""

    def service_on(self, shift: VehicleShift) -> Seconds:
        """Seconds that the technician of `shift` needs alone."""
        own = min((shift.skills.get(skill, 0) for skill in self.skills), default=0)
        reached = [(level, seconds) for level, seconds in self.service_s_by_level if level <= own]
        return max(reached)[1] if reached else self.service_s


@dataclass(frozen=True, slots=True)
class Profile:
    """Travel of one kind of vehicle; both matrices int32, read-only, shape (locations, locations)."""

    seconds: Matrix
    metres: Matrix

    def __post_init__(self) -> None:
        for name in ("seconds", "metres"):
            matrix = getattr(self, name)
            if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
                _refuse("MATRIX_SHAPE", f"the matrix of {name} has shape {matrix.shape}; it must be square")
            if matrix.dtype != np.int32:
                _refuse("MATRIX_TYPE", f"the matrix of {name} holds {matrix.dtype}; it must hold int32")
            matrix.setflags(write=False)


@dataclass(frozen=True)
class Problem:
    """A horizon to plan: who works, what is to be done, where things are, how long roads take.

    `horizon_s`: the horizon is [0, horizon_s]. `origin`: ISO date of its first local midnight, for people only.
    `freeze_until_s`: no start before it may change or appear. `sequences`: locks on order: of the jobs named,
    those that are planned stand on one route in the order given; others may stand between.
    """

    id: str
    horizon_s: Seconds
    locations: tuple[Location, ...]
    profiles: Mapping[str, Profile]
    technicians: tuple[Technician, ...] = ()
    shifts: tuple[VehicleShift, ...] = ()
    jobs: tuple[Job, ...] = ()
    warehouses: tuple[Warehouse, ...] = ()
    weights: Weights = field(default_factory=Weights)
    freeze_until_s: Seconds | None = None
    sequences: tuple[tuple[str, ...], ...] = ()
    origin: str | None = None

    @cached_property
    def job_by_id(self) -> Mapping[str, Job]:
        return {job.id: job for job in self.jobs}

    @cached_property
    def shift_by_id(self) -> Mapping[str, VehicleShift]:
        return {shift.id: shift for shift in self.shifts}

    @cached_property
    def technician_by_id(self) -> Mapping[str, Technician]:
        return {technician.id: technician for technician in self.technicians}

    @cached_property
    def warehouse_by_id(self) -> Mapping[str, Warehouse]:
        return {warehouse.id: warehouse for warehouse in self.warehouses}

    @cached_property
    def committed_jobs(self) -> frozenset[str]:
        """Ids of every job that has begun."""
        return frozenset(stop.job for shift in self.shifts for stop in shift.committed)

    @cached_property
    def begun_stays(self) -> Mapping[str, Seconds]:
        """Crew job that has begun to the seconds that its longest member stays."""
        stays: dict[str, Seconds] = {}
        for shift in self.shifts:
            for stop in shift.committed:
                job = self.job_by_id[stop.job]
                if job.crew_size > 1:
                    stays[job.id] = max(stays.get(job.id, 0), job.service_on(shift))
        return stays

    @cached_property
    def awaited_jobs(self) -> frozenset[str]:
        """Ids of every job that some other job must follow."""
        return frozenset(first.job for job in self.jobs for first in job.predecessors)

    def travel_s(self, shift: VehicleShift, origin: int, destination: int) -> Seconds:
        """Seconds from one location to another with the shift's vehicle; -1 where there is no road."""
        return int(self.profiles[shift.profile].seconds[origin, destination])

    def travel_m(self, shift: VehicleShift, origin: int, destination: int) -> Metres:
        """Metres, as `travel_s`."""
        return int(self.profiles[shift.profile].metres[origin, destination])

    @property
    def days(self) -> int:
        """Number of days the horizon touches."""
        return -(-self.horizon_s // DAY_S)


def _refuse(code: str, message: str) -> None:
    raise InvalidProblem((Fault(code, "", message + "."),))
