"""Rounds of search: lanes side by side, then what they learn from each other, then the master now and then."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from solver.engines.ruin_parts import LEAST_JOBS, Part, cut, merged
from solver.plan import Plan
from solver.problem import Problem
from solver.search.master import MOST_COLUMNS, recombined
from solver.search.part import Bench, Column, Found, Stretch, Tours, search_part
from solver.search.reading import instance_of
from solver.search.writing import Names
from solver.units import Cents

LANES = 2
"""With an iteration limit, whatever the number of workers: the plan must not depend on it."""
SIZE = 10
"""Jobs taken out at a time, on average."""
_HOT, _COLD = 1.5, 0.1
"""First and last temperature, in average cents of a planned job beside its service."""
_FAR_BEHIND = 30.0
"""Temperatures by which the plan of a lane may be dearer than the best one."""
_ROUND_S = 1.0
_TAIL_S = 0.35
"""Kept back of the time limit for the last plan."""
_MASTERS = (0.3, 0.5, 0.65, 0.8, 0.9, 0.97)
"""After which parts of the time or steps the master is called."""
_MASTER_SHARE, _MOST_MASTER_S = 0.03, 5.0
"""Of the time limit, for each call of the master; nobody who asks it to stop should wait for longer."""
_ROUNDS = 12
"""With an iteration limit."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to search, on how many processors."""

    seconds: float
    steps: int | None
    workers: int
    seed: int


@dataclass(slots=True)
class _Lane:
    """Where one search stands."""

    tours: Tours
    cents: Cents


class Rounds:
    """One solve: the best tours so far, the lanes, and the columns for the master."""

    def __init__(
        self,
        problem: Problem,
        schedule: Schedule,
        executor: Executor,
        tell: Callable[[Plan], None],
        stop: Callable[[], bool],
    ) -> None:
        self._began = time.monotonic()
        self._schedule, self._executor, self._tell, self._stop = schedule, executor, tell, stop
        self._names = Names(problem)
        self._instance = instance_of(problem)
        self._columns: dict[tuple[int, frozenset[int]], Column] = {}
        self._best = Tours()
        self._cents: Cents | None = None
        self._told: Cents | None = None

    def run(self, start: Plan | None) -> None:
        """Search until the limit; tell every improvement."""
        self._begin(Tours() if start is None else self._names.tours(start))
        lanes = [_Lane(self._best, self._best_cents) for _ in range(self._lane_count)]
        masters = list(_MASTERS)
        turn = 0
        while not self._is_over(turn):
            share = self._share_done(turn)
            if self._is_cut:
                self._search_parts(lanes, turn, share)
            else:
                found = self._search(lanes, turn, share)
                for lane, one in zip(lanes, found, strict=True):
                    self._learn(one)
                    lane.tours, lane.cents = one.last, one.last_cents
            turn += 1
            if masters and self._share_done(turn) >= masters[0]:
                while masters and self._share_done(turn) >= masters[0]:
                    masters.pop(0)
                self._recombine(lanes, turn)
            self._exchange(lanes, self._share_done(turn))
            self._report()

    @property
    def _lane_count(self) -> int:
        return LANES if self._schedule.steps is not None else self._schedule.workers

    @property
    def _best_cents(self) -> Cents:
        assert self._cents is not None
        return self._cents

    def _begin(self, tours: Tours) -> None:
        """The first plan: what holds of the start, and the rest where it is cheapest."""
        found = search_part(self._instance, tours, Stretch(self._schedule.seed, 0.0, 0, 1.0, 1.0, SIZE))
        self._learn(found)
        self._report()

    def _is_over(self, turn: int) -> bool:
        if self._stop():
            return True
        is_done = self._schedule.steps is not None and turn >= _ROUNDS
        return is_done or self._left_s() < 0.1

    def _left_s(self) -> float:
        return self._schedule.seconds - _TAIL_S - (time.monotonic() - self._began)

    def _share_done(self, turn: int) -> float:
        if self._schedule.steps is not None:
            return turn / _ROUNDS
        return min(1.0, 1.0 - self._left_s() / max(0.1, self._schedule.seconds - _TAIL_S))

    def _search(self, lanes: list[_Lane], turn: int, share: float, parts: Sequence[Part | None] = ()) -> list[Found]:
        hot = self._temperature(share)
        seconds, steps = min(_ROUND_S, self._left_s()), None
        ahead = share + seconds / max(0.1, self._schedule.seconds - _TAIL_S)
        if self._schedule.steps is not None:
            steps = self._schedule.steps * (turn + 1) // _ROUNDS - self._schedule.steps * turn // _ROUNDS
            ahead = (turn + 1) / _ROUNDS
        cold = self._temperature(min(1.0, ahead))
        waiting = [
            self._executor.submit(
                search_part,
                self._instance,
                lane.tours,
                Stretch(
                    _seed(self._schedule.seed, turn, number),
                    seconds,
                    steps,
                    hot,
                    cold,
                    SIZE,
                    None if part is None else part.shifts,
                    None if part is None else part.jobs,
                ),
            )
            for number, (lane, part) in enumerate(zip(lanes, parts or [None] * len(lanes), strict=False))
        ]
        return [one.result() for one in waiting]

    @property
    def _is_cut(self) -> bool:
        return self._lane_count > 1 and self._instance.jobs > LEAST_JOBS

    def _search_parts(self, lanes: list[_Lane], turn: int, share: float) -> None:
        """Every lane searches a part of one plan, which all lanes share afterwards."""
        before = lanes[0].tours
        parts = cut(self._instance, before, len(lanes), _seed(self._schedule.seed, turn, -1))
        found = self._search(lanes, turn, share, parts)
        self._keep(*merged(self._instance, before, parts, [one.best for one in found]))
        for one in found:
            self._learn(one)
        tours, cents = merged(self._instance, before, parts, [one.last for one in found])
        self._keep(tours, cents)
        for lane in lanes:
            lane.tours, lane.cents = tours, cents

    def _temperature(self, share: float) -> float:
        """Falls exponentially, in proportion to what a planned job costs on average beside its own service."""
        instance = self._instance
        left = int(
            instance.nodes["leaving_out_cents"][: instance.jobs][~instance.nodes["is_committed"][: instance.jobs]].sum()
        )
        planned, service = 0, 0
        for shift, tour in self._best.nodes.items():
            jobs = [node for node in tour if node < instance.jobs and not instance.nodes["is_committed"][node]]
            planned += len(jobs)
            left -= int(instance.nodes["leaving_out_cents"][jobs].sum())
            service += (
                int(instance.service_s[jobs, shift].sum()) * int(instance.shifts["cents_per_hour"][shift]) // 3600
            )
        each = max(10.0, (self._best_cents - left - service) / max(1, planned))
        return float(each * _HOT * (_COLD / _HOT) ** share)

    def _learn(self, found: Found) -> None:
        for one in found.columns:
            key = (one.shift, frozenset(one.nodes))
            known = self._columns.get(key)
            if known is None or one.cents < known.cents:
                total = one.total if known is None else min(one.total, known.total)
                self._columns[key] = Column(one.shift, one.nodes, one.cents, total)
        if len(self._columns) > 4 * MOST_COLUMNS:
            kept = sorted(self._columns.items(), key=lambda item: item[1].total)[: 2 * MOST_COLUMNS]
            self._columns = dict(kept)
        self._keep(found.best, found.best_cents)

    def _keep(self, tours: Tours, cents: Cents) -> None:
        if self._cents is None or cents < self._cents:
            self._best, self._cents = tours, cents

    def _recombine(self, lanes: list[_Lane], turn: int) -> None:
        is_counted = self._schedule.steps is not None
        seconds = 2.0 if is_counted else min(self._schedule.seconds * _MASTER_SHARE, _MOST_MASTER_S, self._left_s())
        if seconds < 0.05:
            return
        workers = 1 if is_counted else self._schedule.workers
        better = recombined(self._instance, self._best, self._columns.values(), seconds, workers, self._schedule.seed)
        if better is not None:
            self._keep(*better)
            for lane in lanes if self._is_cut else [lanes[turn % len(lanes)]]:
                lane.tours, lane.cents = better

    def _exchange(self, lanes: list[_Lane], share: float) -> None:
        """A lane that has fallen far behind the best plan, for how hot it is, goes on from there."""
        limit = self._best_cents + _FAR_BEHIND * self._temperature(share)
        for lane in lanes:
            if lane.cents > limit:
                lane.tours, lane.cents = self._best, self._best_cents

    def _report(self) -> None:
        if self._cents is not None and (self._told is None or self._cents < self._told):
            self._told = self._cents
            bench = Bench(self._instance, 0)
            bench.lay(self._best)
            self._tell(self._names.plan(self._instance, bench.state, bench.work))


def _seed(seed: int, turn: int, lane: int) -> int:
    return (seed * 1_000_003 + turn * 1_009 + lane * 7_919) % 2**63
