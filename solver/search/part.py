"""One stretch of search on one instance, as a plain function of a picklable task: what an executor carries.

A task brings the tours to go on from and takes home the best and the last ones, with the good tours it met. It keeps
nothing between calls, so the same task gives the same answer in any thread, process or machine.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from solver.search.anneal import anneal, construct, keep_best
from solver.search.bench import Bench, Tours, tours_of
from solver.search.instance import Instance
from solver.search.pool import empty_pool
from solver.search.state import TOTAL, empty_state
from solver.search.step import empty_step
from solver.units import Cents

_POOL = 8_192
"""Tours remembered in one stretch."""
_SLICE_S = 0.05
"""About how long the compiled loop runs between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Column:
    """A tour that a search met: shift, nodes in order, its cents, and the cents of the best plan it was part of."""

    shift: int
    nodes: tuple[int, ...]
    cents: Cents
    total: Cents


@dataclass(frozen=True, slots=True)
class Stretch:
    """How long and how hot: from `hot` to `cold` cents within `seconds`, or within `steps` where these are given.

    size: jobs taken out at a time, on average.
    """

    seed: int
    seconds: float
    steps: int | None
    hot: float
    cold: float
    size: int


@dataclass(frozen=True, slots=True)
class Found:
    """Tours and cents of the best plan of a stretch and of the last one, good tours met, steps taken.

    best_cents: as the tours come out when they are laid anew, in whatever order; now and then not quite what the
    search saw, where tours wait for each other.
    """

    best: Tours
    best_cents: Cents
    last: Tours
    last_cents: Cents
    columns: tuple[Column, ...]
    steps: int


def search_part(instance: Instance, tours: Tours, stretch: Stretch) -> Found:
    """Go on from some tours for a while; the best found is never worse than what could be laid of them."""
    began = time.monotonic()
    bench = Bench(instance, stretch.seed, is_searched=True)
    saved, best, step = empty_state(instance, 0), empty_state(instance, 0), empty_step(instance)
    pool = empty_pool(_POOL)
    bench.lay(tours)
    best.counters[TOTAL] = bench.cents + 1
    keep_best(bench.state, best)
    construct(instance, bench.state, saved, step, bench.work)
    if bench.cents < best.counters[TOTAL]:
        keep_best(bench.state, best)
    state, work = bench.state, bench.work

    def run(steps: int, hot: float, cold: float) -> None:
        anneal(instance, state, best, saved, step, pool, steps, stretch.size, hot, cold, work)

    if len(step.active) == 0:
        steps = 0
    elif stretch.steps is not None:
        run(stretch.steps, stretch.hot, stretch.cold)
        steps = stretch.steps
    else:
        steps = _run_for(stretch, began, run)
    found, again = tours_of(instance, best), Bench(instance, 0)
    again.lay(found)
    return Found(
        found,
        again.cents,
        tours_of(instance, state),
        bench.cents,
        tuple(
            Column(
                int(pool.shifts[row]),
                tuple(pool.tours[row, : pool.lengths[row]].tolist()),
                int(pool.cents[row]),
                int(pool.totals[row]),
            )
            for row in np.flatnonzero(pool.keys)
        ),
        steps,
    )


def _run_for(stretch: Stretch, began: float, run: Callable[[int, float, float], None]) -> int:
    """Run in slices until the seconds are spent, cooling with the clock; the number of steps."""
    total, steps, cooling = 0, 50, stretch.cold / stretch.hot
    while (spent := time.monotonic() - began) < stretch.seconds:
        slice_s = min(_SLICE_S, stretch.seconds - spent)
        hot = stretch.hot * cooling ** (spent / stretch.seconds)
        cold = stretch.hot * cooling ** min(1.0, (spent + slice_s) / stretch.seconds)
        run(steps, hot, cold)
        total += steps
        used = time.monotonic() - began - spent
        steps = max(10, min(100_000, int(steps * slice_s / max(used, 1e-4))))
    return total
