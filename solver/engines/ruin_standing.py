"""Where a solve of the main engine stands: its clock, the best plan so far, and how hot the search is."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from solver.plan import Plan
from solver.problem import Problem
from solver.search.bench import Bench, Tours
from solver.search.instance import Instance
from solver.search.reading import instance_of
from solver.search.writing import Names
from solver.units import Cents

LANES = 2
"""With an iteration limit, whatever the number of workers: the plan must not depend on it."""
SIZE = 10
"""Jobs taken out at a time, on average."""
_HOT, _COLD = 1.5, 0.1
"""First and last temperature, in average cents of a planned job beside its service."""
_TAIL_S = 0.35
"""Kept back of the time limit for the last plan."""
_TELLINGS = 2
"""As long as it took to tell of a plan, kept back too: whoever is told reads and judges it for as long again."""
_HELD_CENTS = 10**9
"""What it costs in the search to leave out a held job that the start has: more than anything that may be won by it."""
_PAUSE = 5
"""Between two reports, in the time that the last one took: on a large day to tell of a plan takes a second."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to search, on how many processors; stall_s: ends after so many seconds without a better plan."""

    seconds: float
    steps: int | None
    workers: int
    seed: int
    stall_s: float | None = None

    @property
    def lanes(self) -> int:
        """Searches side by side."""
        return LANES if self.steps is not None else self.workers


@dataclass(frozen=True, slots=True)
class Order:
    """What either way of searching is given. executor: carries the stretches. tell: hears of every better plan."""

    problem: Problem
    schedule: Schedule
    executor: Executor
    tell: Callable[[Plan], None]
    stop: Callable[[], bool]


class Standing:
    """The best tours so far, told whenever they have become better."""

    def __init__(
        self, problem: Problem, schedule: Schedule, tell: Callable[[Plan], None], *, is_searched: bool
    ) -> None:
        self._began = time.monotonic()
        self._seconds, self._stall_s, self._tell = schedule.seconds, schedule.stall_s, tell
        self._better_s = 0.0
        self._pause = 0 if schedule.steps is not None else _PAUSE
        self._names = Names(problem)
        self.instance: Instance = instance_of(problem, is_searched=is_searched)
        self.best = Tours()
        self._cents: Cents | None = None
        self._told: Cents | None = None
        self._quiet_until = 0.0
        self._telling_s = 0.0

    def start(self, plan: Plan | None) -> Tours:
        """The tours of a plan to begin with; before the first search, since its held jobs are dear from then on."""
        if plan is None:
            return Tours()
        tours, nodes = self._names.tours(plan), self.instance.nodes
        planned = np.zeros(len(nodes), np.bool_)
        planned[sorted({node for tour in tours.nodes.values() for node in tour})] = True
        nodes["leaving_out_cents"][planned & nodes["is_held"]] = _HELD_CENTS
        return tours

    @property
    def cents(self) -> Cents:
        """Of the best tours."""
        assert self._cents is not None
        return self._cents

    @property
    def _spent_s(self) -> float:
        return time.monotonic() - self._began

    @property
    def _limit_s(self) -> float:
        """When the search must end at the latest, seconds from its beginning."""
        return self._seconds - _TAIL_S - _TELLINGS * self._telling_s

    @property
    def _end_s(self) -> float:
        """When it ends if nothing better is found, seconds from its beginning.

        Where it may stall that is put off by every better plan, and the cooling with it, so that it ends cold.
        """
        return self._limit_s if self._stall_s is None else min(self._limit_s, self._better_s + self._stall_s)

    @property
    def most_s(self) -> float:
        """Seconds left for searching if it does not stall."""
        return self._limit_s - self._spent_s

    @property
    def left_s(self) -> float:
        """Seconds left for searching."""
        return self._end_s - self._spent_s

    @property
    def share_spent(self) -> float:
        """Of the seconds for searching."""
        return self.share_after(0.0)

    def share_after(self, seconds: float) -> float:
        """Of the time, once so many more seconds are spent."""
        return min(1.0, max(0.0, (self._spent_s + seconds) / max(0.1, self._end_s)))

    def keep(self, tours: Tours, cents: Cents) -> None:
        """Remember them if they are better."""
        if self._cents is None or cents < self._cents:
            self.best, self._cents = tours, cents
            self._better_s = self._spent_s

    def report(self, *, is_last: bool = False) -> None:
        """Tell of the best tours unless that has been done, or has been done just now and takes its time."""
        if self._cents is None or (self._told is not None and self._cents >= self._told):
            return
        began = time.monotonic()
        if began < self._quiet_until and not is_last:
            return
        self._told = self._cents
        bench = Bench(self.instance, 0)
        bench.lay(self.best)
        self._tell(self._names.plan(self.instance, bench.state, bench.work))
        self._telling_s = time.monotonic() - began
        self._quiet_until = time.monotonic() + self._pause * (time.monotonic() - began)

    def temperature(self, share: float) -> float:
        """Falls exponentially, in proportion to what a planned job costs on average beside its own service."""
        instance, jobs = self.instance, self.instance.jobs
        left = int(instance.nodes["leaving_out_cents"][:jobs][~instance.nodes["is_committed"][:jobs]].sum())
        planned: set[int] = set()
        service = 0
        for shift, tour in self.best.nodes.items():
            own = [node for node in tour if node < jobs and not instance.nodes["is_committed"][node]]
            planned.update(own)
            service += int(instance.service_s[own, shift].sum()) * int(instance.shifts["cents_per_hour"][shift]) // 3600
        left -= int(instance.nodes["leaving_out_cents"][sorted(planned)].sum())
        begun = int(instance.shifts["begun_cents"].sum())
        each = max(10.0, (self.cents - begun - left - service) / max(1, len(planned)))
        return float(each * _HOT * (_COLD / _HOT) ** share)


def seed_of(seed: int, turn: int, lane: int) -> int:
    """Of one stretch of search."""
    return (seed * 1_000_003 + turn * 1_009 + lane * 7_919) % 2**63
