"""A large day cut into parts that are searched side by side, elsewhere every round.

What hangs together stays together: all shifts of a technician with the jobs on them, jobs that wait for each other,
meet or stand in a locked order, and the technicians who do them.
"""

import random
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from solver.search.bench import Tours
from solver.search.instance import FAR, Instance, Ints

_Numbers = NDArray[np.int_]
_Floats = NDArray[np.float64]
_SHIFT_WEIGHT = 0.01
"""Of a shift's start among the places of what hangs together, beside 1 for each job."""


@dataclass(frozen=True, slots=True)
class Part:
    """Shifts whose tours may change, and the jobs on them or near them that may move."""

    shifts: tuple[int, ...]
    jobs: tuple[int, ...]


def cut(instance: Instance, tours: Tours, count: int, seed: int) -> list[Part]:
    """About so many parts of about as many jobs each, by halving across the line between two far places."""
    owners = _owners(instance, tours)
    technicians = instance.shifts["technician"]
    job_owner, shift_owner = owners[technicians.max() + 1 :], owners[technicians]
    places = np.concatenate([instance.nodes["location"][: instance.jobs], instance.shifts["start_location"]])
    member = np.concatenate([job_owner, shift_owner])
    weight = np.concatenate([np.ones(instance.jobs), np.full(len(instance.shifts), _SHIFT_WEIGHT)])
    halves = _Halves(instance.travel_s[0], places, member, weight, random.Random(seed))  # noqa: S311 - reproducible
    label = halves.labels(count)
    parts: list[tuple[list[int], list[int]]] = []
    for number in range(int(label.max()) + 1):
        shifts = np.flatnonzero(label[shift_owner] == number).tolist()
        jobs = np.flatnonzero(label[job_owner] == number).tolist()
        if not parts or (shifts and parts[-1][0]):
            parts.append((shifts, jobs))
        else:  # jobs where nobody works go with those beside them
            parts[-1] = (parts[-1][0] + shifts, parts[-1][1] + jobs)
    return [Part(tuple(sorted(shifts)), tuple(sorted(jobs))) for shifts, jobs in parts if shifts and jobs]


class _Halves:
    """Things at places, each place with the number of what it hangs together with and a weight."""

    def __init__(self, travel_s: Ints, places: Ints, member: Ints, weight: _Floats, chance: random.Random) -> None:
        self._travel_s, self._places, self._member, self._weight = travel_s, places, member, weight
        self._chance = chance
        self._whole = np.bincount(member, weight)

    def labels(self, count: int) -> Ints:
        """A number below `count` for each number that hangs together."""
        found = np.zeros(len(self._whole), np.int32)
        self._halve(np.flatnonzero(self._whole > 0), count, 0, found)
        return found

    def _halve(self, own: _Numbers, count: int, first: int, found: Ints) -> None:
        found[own] = first
        if count < 2 or len(own) < 2:
            return
        side = self._sides(own)
        order = own[np.lexsort((own, side))]
        share = np.cumsum(self._whole[order]) / self._whole[order].sum()
        at = int(np.abs(share[:-1] - (count // 2) / count).argmin()) + 1
        self._halve(order[:at], count // 2, first, found)
        self._halve(order[at:], count - count // 2, first + count // 2, found)

    def _sides(self, own: _Numbers) -> _Floats:
        """Where each lies along a line between a place of theirs and the one farthest from it."""
        is_own = np.zeros(len(self._whole), np.bool_)
        is_own[own] = True
        rows = np.flatnonzero(is_own[self._member])
        places, member, weight = self._places[rows], self._member[rows], self._weight[rows]
        one = int(places[self._chance.randrange(len(rows))])
        away = self._travel_s[one, places]
        other = int(places[int((away * (away < FAR)).argmax())])
        along = self._travel_s[one, places].astype(np.float64) - self._travel_s[other, places]
        sums = np.bincount(member, weight * along, len(self._whole))
        middle: _Floats = sums[own] / self._whole[own]
        return middle


def _owners(instance: Instance, tours: Tours) -> Ints:
    """A number for each technician, then for each job, the same for those that hang together."""
    technicians = instance.shifts["technician"].tolist()
    offset = max(technicians) + 1
    leader = list(range(offset + instance.jobs))

    def top(one: int) -> int:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    begun = ((shift, tuple(row)) for shift, row in enumerate(instance.committed_job.tolist()))
    for shift, tour in chain(tours.nodes.items(), begun):
        for node in tour:
            if 0 <= node < instance.jobs:
                leader[top(offset + node)] = top(technicians[shift])
    for job in np.flatnonzero(instance.nodes["is_linked"][: instance.jobs]).tolist():
        for other in _tied(instance, job):
            leader[top(offset + other)] = top(offset + job)
    return np.array([top(one) for one in range(len(leader))], np.int32)


def _tied(instance: Instance, job: int) -> list[int]:
    """Jobs that one waits for or stands in a locked order with."""
    node = instance.nodes[job]
    tied: list[int] = instance.predecessors[node["first_predecessor"] : node["last_predecessor"], 0].tolist()
    for row in instance.sequences[node["first_sequence"] : node["last_sequence"], 0].tolist():
        tied += np.flatnonzero(instance.orders[row] >= 0).tolist()
    return tied
