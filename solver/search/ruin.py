"""Which jobs to take out: strings of neighbouring tours, whole tours, related jobs, dear ones, any.

Strings after Christiaens and Vanden Berghe, "Slack induction by string removals for vehicle routing problems",
Transportation Science 54 (2020), section 5; related jobs after Shaw, "Using constraint programming and local search
methods to solve vehicle routing problems", CP 1998, section 3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.search.chance import below, unit
from solver.search.instance import HAS_CREWS, Flags, Instance, Ints
from solver.search.kernel import Block, kernel
from solver.search.state import JOBS, NODE, SERVICE, STOPS, TOTAL, State, Work
from solver.search.tours import copy_tour, stands_in, take_out

LONGEST_STRING = 10
"""Jobs taken from one tour at once."""
_MOST_ADDED = 12
"""Unplanned jobs that a step tries beside those it has taken out."""
_SPLIT = 0.5
"""How often a string leaves some of its middle in place."""


@dataclass
class Ruins(Block):
    """What a lane may change, and what its present step has changed.

    is_open: (S), tours that may change. active: jobs that may move, is_active: (J), the same as flags. is_out: (J),
    flagged for removal. removed: (J), jobs that are out now. touched: (S), tours changed; was_touched: (S). numbers:
    how many of both. weights: (J), by which the removed are put in order.
    """

    is_open: Flags
    active: Ints
    is_active: Flags
    is_out: Flags
    removed: Ints
    touched: Ints
    was_touched: Flags
    numbers: Ints
    weights: NDArray[np.float64]


REMOVED, TOUCHED = range(2)


def empty_ruins(instance: Instance) -> Ruins:
    """Nothing taken out; everything that has not begun may change."""
    jobs, shifts = instance.jobs, len(instance.shifts)
    is_active = ~instance.nodes["is_committed"][:jobs]
    return Ruins(
        is_open=np.ones(shifts, np.bool_),
        active=np.flatnonzero(is_active).astype(np.int32),
        is_active=is_active,
        is_out=np.zeros(jobs, np.bool_),
        removed=np.zeros(jobs, np.int32),
        touched=np.zeros(shifts, np.int32),
        was_touched=np.zeros(shifts, np.bool_),
        numbers=np.zeros(2, np.int32),
        weights=np.zeros(jobs, np.float64),
    )


@kernel
def ruin(instance: Instance, state: State, saved: State, ruins: Ruins, size: int, work: Work) -> None:
    """Take about `size` jobs out, and add unplanned ones near them; `ruins.removed` lists both."""
    ruins.numbers[REMOVED], ruins.numbers[TOUCHED] = 0, 0
    if instance.rates[HAS_CREWS] != 0:
        copy_suppliers(state, saved)
    seed = _seed(instance, state, ruins)
    if seed < 0:
        return
    kind = unit(state.random)
    if kind < 0.75:
        _strings(instance, state, ruins, seed, size)
    elif kind < 0.85:
        _related(instance, state, ruins, seed, size)
    elif kind < 0.93:
        _tour(instance, state, ruins, seed, size)
    else:
        _any(instance, state, ruins, size)
    _cascade(instance, state, ruins)
    _carry_out(instance, state, saved, ruins, work)
    _add_unplanned(instance, state, ruins, seed)


@kernel
def can_go(instance: Instance, state: State, ruins: Ruins, job: int) -> bool:
    """Whether a job is planned and may be taken out."""
    one, shift = instance.nodes[job], state.shift_of[job]
    return shift >= 0 and ruins.is_open[shift] and not one.is_committed and not one.is_held


@kernel
def _seed(instance: Instance, state: State, ruins: Ruins) -> int:
    """A job to begin at: planned or not, as long as it may move; -1 after too many tries."""
    for _ in range(50):
        job = ruins.active[below(state.random, len(ruins.active))]
        if state.shift_of[job] < 0 or can_go(instance, state, ruins, job):
            return job
    return -1


@kernel
def _flag(ruins: Ruins, job: int) -> int:
    if ruins.is_out[job]:
        return 0
    ruins.is_out[job] = True
    ruins.removed[ruins.numbers[REMOVED]] = job
    ruins.numbers[REMOVED] += 1
    return 1


@kernel
def _strings(instance: Instance, state: State, ruins: Ruins, seed: int, size: int) -> None:
    """From the tours nearest to the seed, a string of stops each around the job that is near."""
    average = max(1.0, _average_jobs(instance, state))
    longest = min(float(LONGEST_STRING), average)
    tours = 4.0 * size / (1.0 + longest) - 1.0
    wanted = int(unit(state.random) * tours + 1.0)
    done = 0
    for rank in range(instance.near.shape[1]):
        job = instance.near[seed, rank]
        shift = state.shift_of[job]
        if shift < 0 or ruins.was_touched[shift] or not can_go(instance, state, ruins, job):
            continue
        ruins.was_touched[shift] = True
        ruins.touched[done] = shift
        done += 1
        here = float(state.figures[shift, JOBS])
        length = int(unit(state.random) * min(here, longest) + 1.0)
        _string(instance, state, ruins, shift, job, length)
        if done >= wanted:
            break
    for index in range(done):
        ruins.was_touched[ruins.touched[index]] = False


@kernel
def _average_jobs(instance: Instance, state: State) -> float:
    used, jobs = 0, 0
    for shift in range(len(instance.shifts)):
        if state.figures[shift, JOBS] > 0:
            used += 1
            jobs += state.figures[shift, JOBS]
    return jobs / max(1, used)


@kernel
def _string(instance: Instance, state: State, ruins: Ruins, shift: int, job: int, length: int) -> None:
    """Flag `length` stops in a row that include the job, now and then sparing some in their middle."""
    stops, count = state.stops[shift], state.figures[shift, STOPS]
    first = instance.shifts[shift].committed
    at = first
    while at < count and stops[at, NODE] != job:
        at += 1
    length = min(length, count - first)
    spared = 0
    if length > 1 and unit(state.random) < _SPLIT:
        spared = 1
        while length + spared < count - first and unit(state.random) > 0.5:
            spared += 1
        spared = min(spared, count - first - length)
    whole = length + spared
    lowest, highest = max(first, at - whole + 1), min(at, count - whole)
    begin = lowest + below(state.random, max(1, highest - lowest + 1))
    skip = begin + 1 + below(state.random, max(1, length - 1)) if spared > 0 else count
    for index in range(begin, min(count, begin + whole)):
        if skip <= index < skip + spared and stops[index, NODE] != job:
            continue
        node = stops[index, NODE]
        if node < instance.allowed.shape[0] and can_go(instance, state, ruins, node):
            _flag(ruins, node)


@kernel
def _related(instance: Instance, state: State, ruins: Ruins, seed: int, size: int) -> None:
    """Jobs close to the seed, most of those that the same shifts may do."""
    done = 0
    for rank in range(instance.near.shape[1]):
        job = instance.near[seed, rank]
        if not can_go(instance, state, ruins, job):
            continue
        shift = state.shift_of[job]
        if not instance.allowed[seed, shift] and unit(state.random) < 0.7:
            continue
        if unit(state.random) < 0.7:
            done += _flag(ruins, job)
        if done >= size:
            return


@kernel
def _tour(instance: Instance, state: State, ruins: Ruins, seed: int, size: int) -> None:
    """All of the tour of a job near the seed, and perhaps of another."""
    done = 0
    for rank in range(instance.near.shape[1]):
        job = instance.near[seed, rank]
        if not can_go(instance, state, ruins, job) or ruins.is_out[job]:
            continue
        shift = state.shift_of[job]
        for index in range(state.figures[shift, STOPS]):
            node = state.stops[shift, index, NODE]
            if node < instance.allowed.shape[0] and can_go(instance, state, ruins, node):
                done += _flag(ruins, node)
        if done >= size or unit(state.random) < 0.6:
            return


@kernel
def _any(instance: Instance, state: State, ruins: Ruins, size: int) -> None:
    for _ in range(size):
        job = ruins.active[below(state.random, len(ruins.active))]
        if can_go(instance, state, ruins, job):
            _flag(ruins, job)


@kernel
def _cascade(instance: Instance, state: State, ruins: Ruins) -> None:
    """What must follow a job that goes, goes too."""
    index = 0
    while index < ruins.numbers[REMOVED]:
        job = instance.nodes[ruins.removed[index]]
        for link in range(job.first_successor, job.last_successor):
            after = instance.successors[link, 0]
            if state.shift_of[after] >= 0:
                _flag(ruins, after)
        index += 1


@kernel
def _carry_out(instance: Instance, state: State, saved: State, ruins: Ruins, work: Work) -> None:
    """Take the flagged jobs out of their tours; those whose tour would not hold stay after all."""
    before = state.counters[TOTAL]
    for index in range(ruins.numbers[REMOVED]):
        job = ruins.removed[index]
        if instance.nodes[job].crew > 1:
            if not take_crew_out(instance, state, saved, ruins, job, work):
                # Half a crew can't stay: nothing of this step happens.
                undo(instance, state, saved, ruins)
                state.counters[TOTAL] = before
                break
        elif state.shift_of[job] >= 0:
            touch(instance, state, saved, ruins, state.shift_of[job])
            take_out(instance, state, state.shift_of[job], ruins.is_out, work)
    kept = 0
    for index in range(ruins.numbers[REMOVED]):
        job = ruins.removed[index]
        if state.shift_of[job] < 0:
            ruins.removed[kept] = job
            kept += 1
        else:
            ruins.is_out[job] = False
    ruins.numbers[REMOVED] = kept


@kernel
def take_crew_out(instance: Instance, state: State, saved: State, ruins: Ruins, job: int, work: Work) -> bool:
    """Take a flagged crew job off the tours of all its members; False where one of them would not hold."""
    for shift in range(len(instance.shifts)):
        if stands_in(state.stops[shift], state.figures[shift, STOPS], job):
            touch(instance, state, saved, ruins, shift)
            if not take_out(instance, state, shift, ruins.is_out, work):
                return False
    return True


@kernel
def _add_unplanned(instance: Instance, state: State, ruins: Ruins, seed: int) -> None:
    """Give some jobs that are left out near the seed, and one from anywhere, another chance."""
    added = 0
    for rank in range(instance.near.shape[1]):
        added += _add(state, ruins, instance.near[seed, rank])
        if added >= _MOST_ADDED:
            break
    for _ in range(3):
        _add(state, ruins, ruins.active[below(state.random, len(ruins.active))])
    for index in range(ruins.numbers[REMOVED]):
        ruins.is_out[ruins.removed[index]] = False


@kernel
def _add(state: State, ruins: Ruins, job: int) -> int:
    if state.shift_of[job] >= 0 or not ruins.is_active[job]:
        return 0
    return _flag(ruins, job)


@kernel
def touch(instance: Instance, state: State, saved: State, ruins: Ruins, shift: int) -> None:
    """Before a tour changes: keep it and those of the same technician, so that the step can be undone."""
    technician = instance.shifts[shift].technician
    for row in range(instance.technician_first[technician], instance.technician_first[technician + 1]):
        other = instance.technician_shifts[row]
        if not ruins.was_touched[other]:
            ruins.was_touched[other] = True
            ruins.touched[ruins.numbers[TOUCHED]] = other
            ruins.numbers[TOUCHED] += 1
            copy_tour(state, saved, other)


@kernel
def undo(instance: Instance, state: State, saved: State, ruins: Ruins) -> None:
    """Put every touched tour back as it was."""
    for index in range(ruins.numbers[TOUCHED]):
        _mark(instance, state, ruins.touched[index], -1)
    for index in range(ruins.numbers[TOUCHED]):
        shift = ruins.touched[index]
        copy_tour(saved, state, shift)
        _mark(instance, state, shift, shift)
    if instance.rates[HAS_CREWS] != 0:
        copy_suppliers(saved, state)


@kernel
def copy_suppliers(source: State, target: State) -> None:
    """Who brings the parts for each crew."""
    for job in range(len(source.supplier)):
        target.supplier[job] = source.supplier[job]


@kernel
def _mark(instance: Instance, state: State, shift: int, value: int) -> None:
    """Note for each job of a tour where it stands and when, or that it is unplanned."""
    jobs = instance.allowed.shape[0]
    for index in range(state.figures[shift, STOPS]):
        node = state.stops[shift, index, NODE]
        if node < jobs:
            state.shift_of[node] = value
            start = state.start_s[shift, index]
            state.job_start_s[node], state.job_end_s[node] = start, start + state.stops[shift, index, SERVICE]


@kernel
def forget_touched(ruins: Ruins) -> None:
    """The step is over."""
    for index in range(ruins.numbers[TOUCHED]):
        ruins.was_touched[ruins.touched[index]] = False
    ruins.numbers[TOUCHED] = 0
