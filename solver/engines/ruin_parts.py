"""A large day cut into parts that are searched side by side, and what they find put together again.

Every part changes its own tours only and sees the others standing still. The cut runs elsewhere every round. Tours
that wait for each other, or meet, stay in one part.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from solver.search.instance import FAR, Instance
from solver.search.part import Bench, Tours
from solver.units import Cents

LEAST_JOBS = 1_500
"""A smaller day is searched whole in every lane. While it is hot, jobs must be able to go anywhere: at 300 jobs and
10 s parts ended 4 % dearer than lanes that search the whole, at 1,000 jobs and 60 s 1 %."""


@dataclass(frozen=True, slots=True)
class Part:
    """Shifts whose tours may change, and jobs that may move: those on these tours, and some that are unplanned."""

    shifts: tuple[int, ...]
    jobs: tuple[int, ...]


def cut(instance: Instance, tours: Tours, count: int, seed: int) -> list[Part]:
    """So many parts of about as many jobs each, side by side along a line between two far places."""
    chance = random.Random(seed)  # noqa: S311 - reproducible
    places = instance.nodes["location"][: instance.jobs]
    travel_s = instance.travel_s[0]
    one = int(places[chance.randrange(instance.jobs)])
    away = travel_s[one, places]
    other = int(places[int((away * (away < FAR)).argmax())])
    side = travel_s[one, :].astype("int64") - travel_s[other, :]
    groups = _groups(instance, tours)
    groups.sort(key=lambda group: (_middle(instance, tours, group, side), group))
    planned = {node for tour in tours.nodes.values() for node in tour if node < instance.jobs}
    left = [job for job in range(instance.jobs) if job not in planned and not instance.nodes["is_committed"][job]]
    total = len(planned) + len(groups)
    shifts: list[list[int]] = [[] for _ in range(count)]
    ends: list[float] = [0.0] * count
    done = 0
    for group in groups:
        number = min(count - 1, done * count // max(1, total))
        shifts[number] += group
        ends[number] = _middle(instance, tours, group, side)
        done += 1 + sum(len(tours.nodes.get(shift, ())) for shift in group)
    jobs = [[node for shift in own for node in tours.nodes.get(shift, ()) if node < instance.jobs] for own in shifts]
    for job in left:
        here = float(side[places[job]])
        jobs[next((number for number in range(count) if here <= ends[number]), count - 1)].append(job)
    return [Part(tuple(own), tuple(sorted(set(moving)))) for own, moving in zip(shifts, jobs, strict=True) if own]


def merged(instance: Instance, before: Tours, parts: Sequence[Part], tours: Sequence[Tours]) -> tuple[Tours, Cents]:
    """The tours of each part as its search left them, if they hold together; else those of the first that do alone."""
    whole = _with(before, parts, tours)
    cents = _cents(instance, whole)
    alone = [(_with(before, [part], [own])) for part, own in zip(parts, tours, strict=True)]
    costs = [_cents(instance, one) for one in alone]
    start = _cents(instance, before)
    if cents <= start + sum(cost - start for cost in costs):
        return whole, cents
    # Parts have taken the same last units: keep what one of them has found.
    best = min(range(len(parts)), key=lambda number: costs[number])
    return alone[best], costs[best]


def _with(before: Tours, parts: Sequence[Part], tours: Sequence[Tours]) -> Tours:
    nodes, meetings = dict(before.nodes), dict(before.meetings)
    for part, own in zip(parts, tours, strict=True):
        for shift in part.shifts:
            nodes.pop(shift, None)
            if shift in own.nodes:
                nodes[shift] = own.nodes[shift]
        for job in part.jobs:
            meetings.pop(job, None)
            if job in own.meetings:
                meetings[job] = own.meetings[job]
    return Tours(nodes, meetings)


def _cents(instance: Instance, tours: Tours) -> Cents:
    bench = Bench(instance, 0)
    bench.lay(tours)
    return bench.cents


def _middle(instance: Instance, tours: Tours, group: Sequence[int], side: Sequence[int]) -> float:
    """Where a group of shifts works, as a number along the line."""
    places = [
        int(instance.nodes["location"][node])
        for shift in group
        for node in tours.nodes.get(shift, ())
        if node < instance.jobs
    ]
    places = places or [int(instance.shifts["start_location"][shift]) for shift in group]
    return sum(float(side[place]) for place in places) / len(places)


def _groups(instance: Instance, tours: Tours) -> list[list[int]]:
    """The shifts of each technician, together with those of others whose jobs wait for his or meet him."""
    technicians = instance.shifts["technician"].tolist()
    leader = list(range(max(technicians) + 1))

    def top(one: int) -> int:
        while leader[one] != one:
            one = leader[one]
        return one

    homes: dict[int, list[int]] = {}
    for shift, tour in tours.nodes.items():
        for node in tour:
            homes.setdefault(node, []).append(technicians[shift])
    for job in range(instance.jobs):
        node = instance.nodes[job]
        if not node["is_linked"] or job not in homes:
            continue
        tied = [job, *instance.predecessors[node["first_predecessor"] : node["last_predecessor"], 0].tolist()]
        for row in instance.sequences[node["first_sequence"] : node["last_sequence"], 0].tolist():
            tied += (instance.orders[row] >= 0).nonzero()[0].tolist()
        for other in tied:
            for technician in homes.get(other, ()):
                leader[top(technician)] = top(homes[job][0])
    groups: dict[int, list[int]] = {}
    for shift, technician in enumerate(technicians):
        groups.setdefault(top(technician), []).append(shift)
    return list(groups.values())
