"""A part of an instance as an instance of its own, so that a search of it does not pay for all the rest.

The part has some shifts, all those of their technicians, and some jobs; whatever hangs together with these is among
them. Of finite stock it gets what the rest of the plan leaves to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from solver.search.bench import Load, Tours
from solver.search.instance import Instance, Ints
from solver.search.nearness import near_jobs, takers_of, turned
from solver.search.part import Column, Found

NOBODY = -2
"""A technician of another part, in an earmark."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """Dated receipts of every finite stock: rows (second, quantity), those of stock f from first[f] to first[f + 1]."""

    rows: Ints
    first: Ints


@dataclass(frozen=True, slots=True)
class Inside:
    """The part, and which shifts and jobs of the whole its own are, in order."""

    instance: Instance
    shifts: Ints
    jobs: Ints
    whole_jobs: int

    def tours(self, whole: Tours) -> Tours:
        """Those of the part's tours, in its own numbers."""
        shifts, jobs = _rank(self.shifts), _rank(self.jobs)
        nodes = {
            shifts[shift]: tuple(jobs[node] if node < self.whole_jobs else self._moved(node, -1) for node in tour)
            for shift, tour in whole.nodes.items()
            if shift in shifts
        }
        meetings = {jobs[job]: one.renumbered(shifts) for job, one in whole.meetings.items() if job in jobs}
        loads = {
            shifts[shift]: tuple(_for(load, -1 if load[3] < 0 else jobs[load[3]]) for load in tour)
            for shift, tour in whole.loads.items()
            if shift in shifts
        }
        times = {jobs[job]: time for job, time in whole.times.items() if job in jobs}
        return Tours(nodes, meetings, loads, times)

    def replaced(self, whole: Tours, own: Tours) -> Tours:
        """The whole with the part's tours instead of those that it had."""
        mine, met = set(self.shifts.tolist()), set(self.jobs.tolist())
        nodes = {shift: tour for shift, tour in whole.nodes.items() if shift not in mine}
        meetings = {job: meeting for job, meeting in whole.meetings.items() if job not in met}
        for shift, tour in own.nodes.items():
            nodes[int(self.shifts[shift])] = self._outside(tour)
        back = dict(enumerate(self.shifts.tolist()))
        meetings |= {int(self.jobs[job]): one.renumbered(back) for job, one in own.meetings.items()}
        times = {job: time for job, time in whole.times.items() if job not in met}
        times |= {int(self.jobs[job]): time for job, time in own.times.items()}
        loads = {shift: tour for shift, tour in whole.loads.items() if shift not in mine}
        for shift, taken in own.loads.items():
            loads[int(self.shifts[shift])] = tuple(
                _for(load, -1 if load[3] < 0 else int(self.jobs[load[3]])) for load in taken
            )
        return Tours(nodes, meetings, loads, times)

    def _outside(self, tour: Sequence[int]) -> tuple[int, ...]:
        own = len(self.jobs)
        return tuple(int(self.jobs[node]) if node < own else self._moved(node, 1) for node in tour)

    def _moved(self, warehouse: int, direction: int) -> int:
        return warehouse + direction * (self.whole_jobs - len(self.jobs))


def inside(instance: Instance, shifts: Sequence[int], jobs: Sequence[int], receipts: Receipts) -> Inside:
    """Cut out a part; `receipts` of finite stock are what is left to it."""
    own_shifts, own_jobs = np.array(sorted(shifts), np.int32), np.array(sorted(jobs), np.int32)
    warehouses = np.arange(instance.jobs, len(instance.nodes))
    nodes = instance.nodes[np.concatenate([own_jobs, warehouses])]
    records = instance.shifts[own_shifts]
    technicians = np.unique(records["technician"])
    places = np.unique(np.concatenate([nodes["location"], records["start_location"], records["end_location"]]))
    nodes["location"] = np.searchsorted(places, nodes["location"])
    for end in ("start_location", "end_location"):
        records[end] = np.searchsorted(places, records[end])
    records["technician"] = np.searchsorted(technicians, records["technician"])
    numbers = np.full(instance.jobs, -1, np.int32)
    numbers[own_jobs] = np.arange(len(own_jobs))
    pairs = np.ix_(own_jobs, own_shifts)
    every = np.arange(instance.travel_s.shape[0])
    travel_s, travel_m = (cells[np.ix_(every, places, places)] for cells in (instance.travel_s, instance.travel_m))
    technician_shifts, technician_first = _technician_shifts(instance, technicians, own_shifts)
    takers, taker_first = takers_of(nodes[: len(own_jobs)], instance.parts, len(instance.taker_first) - 1)
    part = replace(
        instance,
        nodes=nodes,
        shifts=records,
        travel_s=travel_s,
        travel_m=travel_m,
        back_s=turned(travel_s),
        back_m=turned(travel_m),
        allowed=instance.allowed[pairs],
        service_s=instance.service_s[pairs],
        pair_cents=instance.pair_cents[pairs],
        earmarks=_earmarks(instance, technicians),
        van_stock=instance.van_stock[technicians],
        receipts=receipts.rows,
        receipt_first=receipts.first,
        lacks=instance.lacks[own_shifts],
        predecessors=_links(instance.predecessors, numbers),
        successors=_links(instance.successors, numbers),
        orders=np.ascontiguousarray(instance.orders[:, own_jobs]),
        technician_shifts=technician_shifts,
        technician_first=technician_first,
        near=near_jobs(nodes, instance.windows, travel_s[0], nodes["is_committed"][: len(own_jobs)]),
        takers=takers,
        taker_first=taker_first,
        committed_s=instance.committed_s[own_shifts],
        begun_s=instance.begun_s[own_shifts],
        committed_job=_numbers_of(instance.committed_job[own_shifts], numbers),
        crew_covers=np.ascontiguousarray(instance.crew_covers[:, own_shifts]),
    )
    return Inside(part, own_shifts, own_jobs, instance.jobs)


def outside(part: Inside, found: Found) -> tuple[Column, ...]:
    """The columns of a search of the part, in the numbers of the whole; `total` is what their plan costs too much."""
    return tuple(
        Column(int(part.shifts[one.shift]), part._outside(one.nodes), one.cents, max(0, one.total - found.best_cents))
        for one in found.columns
    )


def _for(load: Load, job: int) -> Load:
    """A load that is earmarked for a job of that number."""
    stop, part, units, _, second = load
    return stop, part, units, job, second


def _rank(numbers: Ints) -> dict[int, int]:
    return {number: rank for rank, number in enumerate(numbers.tolist())}


def _technician_shifts(instance: Instance, technicians: Ints, own_shifts: Ints) -> tuple[Ints, Ints]:
    rows: list[int] = []
    ends = [0]
    for technician in technicians.tolist():
        first, last = instance.technician_first[technician], instance.technician_first[technician + 1]
        rows += np.searchsorted(own_shifts, instance.technician_shifts[first:last]).tolist()
        ends.append(len(rows))
    return np.array(rows, np.int32), np.array(ends, np.int32)


def _earmarks(instance: Instance, technicians: Ints) -> Ints:
    """Their technicians by the numbers of the part."""
    rows = instance.earmarks.copy()
    owners = rows[:, 2]
    places = np.minimum(np.searchsorted(technicians, owners), len(technicians) - 1)
    is_here = technicians[places] == owners
    rows[:, 2] = np.where(owners < 0, owners, np.where(is_here, places, NOBODY))
    return rows


def _links(links: Ints, numbers: Ints) -> Ints:
    """Rows (job, lag) with the numbers of the part; those of jobs elsewhere hang on jobs elsewhere."""
    rows = links.copy()
    rows[:, 0] = _numbers_of(rows[:, 0], numbers)
    return rows


def _numbers_of(jobs: Ints, numbers: Ints) -> Ints:
    return np.where(jobs < 0, jobs, numbers[np.maximum(jobs, 0)]).astype(np.int32)
