"""The search itself: ruin, recreate, accept or undo, by simulated annealing.

After Christiaens and Vanden Berghe (2020), section 5: the temperature falls exponentially over the time given.
"""

import math

from solver.search.chance import unit
from solver.search.instance import Instance
from solver.search.kernel import kernel
from solver.search.pool import Pool, remember
from solver.search.recreate import recreate
from solver.search.ruin import ruin
from solver.search.state import STAMP, STOCK_STAMP, TOTAL, State, Work
from solver.search.step import REMOVED, TOUCHED, Step, copy_crews, forget_touched, undo
from solver.search.tours import copy_tour

BLINK = 0.01
"""How often a tour is overlooked for a job."""
_WORTH_REMEMBERING = 5.0
"""Tours of plans up to so many temperatures above the best go into the pool."""


@kernel
def construct(instance: Instance, state: State, saved: State, step: Step, work: Work) -> None:
    """Insert every active job that is not planned, each where it is cheapest."""
    count = 0
    for index in range(len(step.active)):
        job = step.active[index]
        if state.shift_of[job] < 0:
            step.removed[count] = job
            count += 1
    step.numbers[REMOVED], step.numbers[TOUCHED] = count, 0
    recreate(instance, state, saved, step, 0.0, work)
    forget_touched(step)


@kernel
def anneal(
    instance: Instance,
    state: State,
    best: State,
    saved: State,
    step: Step,
    pool: Pool,
    steps: int,
    size: int,
    hot: float,
    cold: float,
    work: Work,
) -> None:
    """Take so many steps while the temperature falls from `hot` to `cold` cents.

    `best` is the best plan so far, in this call or before. `size`: jobs taken out on average.
    """
    cooling = (cold / hot) ** (1.0 / max(1, steps))
    temperature = hot
    for _ in range(steps):
        before, stock_stamp = state.counters[TOTAL], state.counters[STOCK_STAMP]
        ruin(instance, state, saved, step, size, work)
        recreate(instance, state, saved, step, BLINK, work)
        total = state.counters[TOTAL]
        if total < before - temperature * math.log(max(1e-300, unit(state.random))):
            if total < best.counters[TOTAL]:
                keep_best(state, best)
            if total != before and total <= best.counters[TOTAL] + _WORTH_REMEMBERING * temperature:
                for index in range(step.numbers[TOUCHED]):
                    remember(pool, state, step.touched[index], instance.allowed.shape[0], total)
        else:
            undo(instance, state, saved, step)
            state.counters[TOTAL], state.counters[STOCK_STAMP] = before, stock_stamp
        forget_touched(step)
        temperature *= cooling


@kernel
def keep_best(state: State, best: State) -> None:
    """Copy the tours that differ."""
    for shift in range(state.figures.shape[0]):
        if state.figures[shift, STAMP] != best.figures[shift, STAMP]:
            copy_tour(state, best, shift)
    best.counters[TOTAL] = state.counters[TOTAL]
    for job in range(len(state.shift_of)):
        best.shift_of[job] = state.shift_of[job]
        best.job_start_s[job], best.job_end_s[job] = state.job_start_s[job], state.job_end_s[job]
    copy_crews(state, best)
