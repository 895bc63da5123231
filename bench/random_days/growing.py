"""A day with its plan while it is made wilder: records that can be replaced one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeVar

from solver.plan import Plan, Stop, StopKind
from solver.problem import Job, Problem, Profile, Technician, VehicleShift, Warehouse

Thing = TypeVar("Thing")


@dataclass(slots=True)
class Growing:
    """The records of a problem by id. `plan` keeps every rule of them, after each change as before it."""

    random: Random
    origin: Problem
    plan: Plan
    jobs: dict[str, Job] = field(init=False)
    shifts: dict[str, VehicleShift] = field(init=False)
    technicians: dict[str, Technician] = field(init=False)
    warehouses: dict[str, Warehouse] = field(init=False)
    profiles: dict[str, Profile] = field(init=False)
    sequences: list[tuple[str, ...]] = field(init=False)
    stops: dict[str, list[tuple[str, Stop]]] = field(init=False)
    """Planned jobs: (shift, stop) of each member."""

    def __post_init__(self) -> None:
        self.jobs = dict(self.origin.job_by_id)
        self.shifts = dict(self.origin.shift_by_id)
        self.technicians = dict(self.origin.technician_by_id)
        self.warehouses = dict(self.origin.warehouse_by_id)
        self.profiles = dict(self.origin.profiles)
        self.sequences = list(self.origin.sequences)
        self.stops = {}
        for route in self.plan.routes:
            for stop in route.stops:
                if stop.kind is StopKind.JOB:
                    self.stops.setdefault(stop.id, []).append((route.shift, stop))

    def chance(self, one_in: int) -> bool:
        """True once in so many times."""
        return self.random.randrange(one_in) == 0

    def some(self, things: Sequence[Thing]) -> list[Thing]:
        """Any number of them, in their order, none and all included."""
        return [one for one in things if self.chance(2)]

    @property
    def open_stops(self) -> dict[str, list[tuple[str, Stop]]]:
        """As `stops`, without jobs that have begun."""
        begun = {stop.job for shift in self.shifts.values() for stop in shift.committed}
        return {job: placed for job, placed in self.stops.items() if job not in begun}

    def change_job(self, job: str, **changes: Any) -> None:
        """Replace fields of a job."""
        self.jobs[job] = replace(self.jobs[job], **changes)

    def change_shift(self, shift: str, **changes: Any) -> None:
        """Replace fields of a shift."""
        self.shifts[shift] = replace(self.shifts[shift], **changes)

    def problem(self, **changes: Any) -> Problem:
        """The problem as it stands."""
        return replace(
            self.origin,
            jobs=tuple(self.jobs.values()),
            shifts=tuple(self.shifts.values()),
            technicians=tuple(self.technicians.values()),
            warehouses=tuple(self.warehouses.values()),
            profiles=self.profiles,
            sequences=tuple(self.sequences),
            **changes,
        )
