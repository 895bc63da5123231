"""A large day in sweeps: cut into parts, each an instance of its own, all searched once, put together, cut elsewhere.

After POPMUSIC (Taillard and Voss, "POPMUSIC - partial optimization metaheuristic under special intensification
conditions", 2002) in that parts are solved apart; but they are annealed, all at one temperature that falls from sweep
to sweep, as if the whole were.
"""

import time
from concurrent.futures import Future
from dataclasses import replace

from solver.engines.ruin_columns import Columns
from solver.engines.ruin_parts import Part, cut
from solver.engines.ruin_standing import SIZE, Order, Standing, seed_of
from solver.plan import Plan
from solver.search.bench import Bench, Tours, tours_of
from solver.search.inside import Inside, Receipts, inside, outside
from solver.search.leftovers import leftovers
from solver.search.part import Found, Stretch, search_part

PART_JOBS = 500
"""About as many jobs in each part."""
_STRETCH_S = 1.0
"""The longest search of one part; nobody who asks it to stop should wait for longer."""
_LEAST_SWEEPS = 10
"""In as many sweeps at least, if a stretch does not get shorter than this."""
_SHORTEST_S = 0.2
_MASTERS = (0.85, 0.93, 0.98)
_LEARNING = 0.7
"""After these parts of the time the master is called, and tours are kept for it: hot sweeps change too much."""
_COUNTED_SWEEPS = 6
"""With an iteration limit."""


class Sweeps:
    """One solve of a large day: the plan as it stands, searched part by part."""

    def __init__(self, order: Order) -> None:
        self._schedule, self._executor, self._stop = order.schedule, order.executor, order.stop
        self._standing = Standing(order.problem, order.schedule, order.tell, is_searched=False)
        self._instance = self._standing.instance
        self._count = max(2, round(self._instance.jobs / PART_JOBS))
        self._bench = Bench(self._instance, 0)
        self._columns = Columns(self._standing, order.schedule, _MASTERS)
        self._beside_s = 0.0

    def run(self, start: Plan | None) -> None:
        """Search until the limit; tell every improvement."""
        standing = self._standing
        self._lay(standing.start(start))
        standing.keep(self._tours, self._bench.cents)
        turn = 0
        self._sweep(turn, Stretch(0, 0.0, 0, 1.0, 1.0, SIZE))
        standing.report()
        while (stretch := self._stretch(turn)) is not None:
            turn += 1
            began = time.monotonic()
            self._sweep(turn, stretch)
            self._beside_s = max(0.0, time.monotonic() - began - stretch.seconds * self._batches)
            better = self._columns.recombined(self._share_done(turn))
            if better is not None:
                self._lay(better[0])
            standing.report()
        standing.report(is_last=True)

    @property
    def _tours(self) -> Tours:
        return tours_of(self._instance, self._bench.state)

    @property
    def _batches(self) -> int:
        """Stretches that each lane searches one after another in a sweep."""
        return -(-self._count // self._schedule.lanes)

    def _share_done(self, turn: int) -> float:
        return turn / _COUNTED_SWEEPS if self._schedule.steps is not None else self._standing.share_spent

    def _stretch(self, turn: int) -> Stretch | None:
        """What the next sweep does in each part; None when it is over."""
        standing, schedule = self._standing, self._schedule
        if self._stop() or standing.left_s < _SHORTEST_S / 2:
            return None
        if schedule.steps is not None:
            if turn >= _COUNTED_SWEEPS:
                return None
            steps = schedule.steps * schedule.lanes // (_COUNTED_SWEEPS * self._count)
            hot, cold = (standing.temperature((turn + ahead) / _COUNTED_SWEEPS) for ahead in (0, 1))
            return Stretch(0, 0.0, max(1, steps), hot, cold, SIZE)
        batches = self._batches
        seconds = min(_STRETCH_S, max(_SHORTEST_S, schedule.seconds / (_LEAST_SWEEPS * batches)))
        seconds = min(seconds, (standing.most_s - self._beside_s) / batches)
        if seconds < _SHORTEST_S / 2:
            return None
        hot = standing.temperature(standing.share_spent)
        cold = standing.temperature(standing.share_after(seconds * batches))
        return Stretch(0, seconds, None, hot, cold, SIZE)

    def _sweep(self, turn: int, stretch: Stretch) -> None:
        """Search every part of the plan once and put what they find together."""
        tours = self._tours
        parts = cut(self._instance, tours, self._count, seed_of(self._schedule.seed, turn, -1))
        shares = leftovers(self._instance, self._bench.state, [part.shifts for part in parts], turn)
        waiting: list[tuple[Inside, Future[Found]]] = []
        for number, (part, receipts) in enumerate(zip(parts, shares, strict=True)):
            seeded = replace(stretch, seed=seed_of(self._schedule.seed, turn, number))
            waiting.append(self._submit(part, receipts, tours, seeded))
        last, best = tours, tours
        for own, future in waiting:
            if self._stop() and future.cancel():
                continue
            found = future.result()
            last, best = own.replaced(last, found.last), own.replaced(best, found.best)
            if self._share_done(turn) > _LEARNING:
                self._columns.learn(outside(own, found))
        self._lay(best)
        self._standing.keep(self._tours, self._bench.cents)
        if self._stop():
            return
        self._lay(last)
        self._standing.keep(self._tours, self._bench.cents)

    def _submit(self, part: Part, receipts: Receipts, tours: Tours, stretch: Stretch) -> tuple[Inside, Future[Found]]:
        own = inside(self._instance, part.shifts, part.jobs, receipts)
        return own, self._executor.submit(search_part, own.instance, own.tours(tours), stretch)

    def _lay(self, tours: Tours) -> None:
        self._bench = Bench(self._instance, 0)
        self._bench.lay(tours)
