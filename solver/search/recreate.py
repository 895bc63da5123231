"""Putting jobs back where each is cheapest, one after another, in an order that changes; now and then not the best.

Greedy insertion with blinks after Christiaens and Vanden Berghe (2020), section 5.3. What a job costs on a tour is
remembered until the tour changes.
"""

from solver.search.chance import unit
from solver.search.crews import insert_crew
from solver.search.instance import INFEASIBLE, Instance
from solver.search.kernel import kernel
from solver.search.places import best_place, build_trial
from solver.search.state import (
    CENTS,
    LINKED,
    PLACE_CODE,
    STAMP,
    STAMPED,
    STOCK_STAMP,
    STOCK_STAMPED,
    TOTAL,
    State,
    Work,
)
from solver.search.step import REMOVED, Step, touch
from solver.search.tours import settle_tour

_MOST_CENTS = 2**31 - 1
UNKNOWN = -INFEASIBLE
"""Cents of what has to be worked out."""


@kernel
def recreate(instance: Instance, state: State, saved: State, step: Step, blink: float, work: Work) -> None:
    """Insert the jobs in `step.removed` where that costs less than leaving them out; the others stay listed."""
    count = step.numbers[REMOVED]
    _put_in_order(instance, state, step, count)
    for _ in range(3):
        left = 0
        for index in range(count):
            job = step.removed[index]
            if not insert(instance, state, saved, step, job, blink, work):
                step.removed[left] = job
                left += 1
        is_over = left in (count, 0) or not _has_followers(instance, step, left)
        count = left
        if is_over:
            break
    step.numbers[REMOVED] = count


@kernel
def _has_followers(instance: Instance, step: Step, count: int) -> bool:
    """Whether a job left out may just have come before one that it must follow."""
    for index in range(count):
        job = instance.nodes[step.removed[index]]
        if job.first_predecessor < job.last_predecessor:
            return True
    return False


@kernel
def _put_in_order(instance: Instance, state: State, step: Step, count: int) -> None:
    """Held jobs first, then by chance, by what leaving out costs, by few shifts, by length, or far from all first."""
    kind = unit(state.random)
    for index in range(count):
        job = step.removed[index]
        one = instance.nodes[job]
        if kind < 0.4:
            weight = unit(state.random)
        elif kind < 0.6:
            weight = -float(one.leaving_out_cents)
        elif kind < 0.75:
            weight = float(_choices(instance, job))
        elif kind < 0.9:
            weight = float(instance.windows[one.last_window - 1, 1]) if one.first_window < one.last_window else 0.0
        else:
            weight = -float(instance.travel_s[0, instance.shifts[0].start_location, one.location])
        weight -= 1e18 if one.is_held else 0.0
        slot = index
        while slot > 0 and step.weights[slot - 1] > weight:
            step.weights[slot], step.removed[slot] = step.weights[slot - 1], step.removed[slot - 1]
            slot -= 1
        step.weights[slot], step.removed[slot] = weight, job


@kernel
def _choices(instance: Instance, job: int) -> int:
    """Shifts that may do the job."""
    choices = 0
    for shift in range(len(instance.shifts)):
        choices += instance.allowed[job, shift]
    return choices


@kernel
def insert(
    instance: Instance,
    state: State,
    saved: State,
    step: Step,
    job: int,
    blink: float,
    work: Work,
) -> bool:
    """Insert one job where it is cheapest, if that costs less than leaving it out."""
    one = instance.nodes[job]
    if one.crew > 1:
        return insert_crew(instance, state, saved, step, job, work)
    best_shift, best_code = -1, 0
    best = INFEASIBLE - 1 if one.is_held else one.leaving_out_cents
    pending = 0
    for shift in range(len(instance.shifts)):
        if not instance.allowed[job, shift]:
            continue
        if blink > 0.0 and unit(state.random) < blink:
            continue
        known = recalled(instance, state, shift, job, best)
        if known == UNKNOWN:
            work.pending[pending] = shift
            pending += 1
        elif known < best:
            best, best_shift, best_code = known, shift, state.remembered[job, shift, PLACE_CODE]
    # What is known sets a limit to what must be looked for anew.
    for index in range(pending):
        shift = work.pending[index]
        cents = place_on(instance, state, shift, job, best, work)
        if cents < best:
            best, best_shift, best_code = cents, shift, work.best[0]
    if best_shift < 0:
        return False
    touch(instance, state, saved, step, best_shift)
    count = build_trial(instance, state, best_shift, job, best_code, work)
    if not settle_tour(instance, state, best_shift, work.stops, count, work):
        return False
    state.counters[TOTAL] -= one.leaving_out_cents
    return True


@kernel
def recalled(instance: Instance, state: State, shift: int, job: int, limit: int) -> int:
    """The least cents of a job on a tour as remembered, INFEASIBLE if not below `limit`; UNKNOWN if things changed."""
    known = state.remembered[job, shift]
    if known[STAMPED] != state.figures[shift, STAMP] or known[STOCK_STAMPED] != _stock_stamp(instance, state, job):
        return UNKNOWN
    if known[PLACE_CODE] >= 0:
        return known[CENTS]
    return INFEASIBLE if limit <= known[CENTS] else UNKNOWN


@kernel
def place_on(instance: Instance, state: State, shift: int, job: int, limit: int, work: Work) -> int:
    """The least cents below `limit`, worked out and remembered; `work.best[0]` says where."""
    cents = best_place(instance, state, shift, job, limit, work)
    known = state.remembered[job, shift]
    known[STAMPED], known[STOCK_STAMPED] = state.figures[shift, STAMP], _stock_stamp(instance, state, job)
    known[CENTS] = min(cents if cents < INFEASIBLE else limit, _MOST_CENTS)
    known[PLACE_CODE] = work.best[0] if cents < INFEASIBLE else -1
    is_linked = instance.nodes[job].is_linked or state.figures[shift, LINKED] > 0
    if is_linked or (cents < INFEASIBLE and known[CENTS] == _MOST_CENTS):
        known[STAMPED] = -1  # other tours matter too, or it can't be written down
    return cents


@kernel
def _stock_stamp(instance: Instance, state: State, job: int) -> int:
    """Of finite stock, where the job needs parts."""
    one = instance.nodes[job]
    if one.first_part < one.last_part and len(instance.receipt_first) > 1:
        return state.counters[STOCK_STAMP]
    return 0
