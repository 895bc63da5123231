"""Where one job could stand on one tour, and at what cost: the only place that needs to know the rules.

Every place is first judged in constant time (`bounds`), and what passes is timed exactly. A job that lacks parts or
tools brings its warehouse stop with it: the stop belongs before the first stop that goes short, so all places up to
there are tried, at every warehouse that helps.
"""

from solver.search.bounds import is_promising
from solver.search.instance import FAR, INFEASIBLE, NEVER, Instance, Ints
from solver.search.kernel import kernel
from solver.search.state import (
    COST,
    EARLIEST,
    JOBS,
    LINKED,
    LOCATION,
    NODE,
    PICKUPS,
    STOPS,
    State,
    Work,
)
from solver.search.supplies import HOLDS, release_pickups, supply
from solver.search.timing import time_tour
from solver.search.tools import is_out_of_reach
from solver.search.tours import copy_row, is_needy, keeps_orders, link_stops, write_stop

AS_IT_IS, FETCHING, MOVING = range(3)
"""How a job is inserted: leaving warehouse stops alone, with a new one, or with the only one moved."""


@kernel
def encoded(place: int, mode: int, fetch_at: int, warehouse: int) -> int:
    """A place as one number below 2 ** 30."""
    return place | fetch_at << 7 | mode << 14 | warehouse << 16


@kernel
def best_place(instance: Instance, state: State, shift: int, job: int, limit: int, work: Work) -> int:
    """The least cents by which a job makes a tour dearer, below `limit`; INFEASIBLE where there is no such place.

    `work.best[0]` says where, as `encoded`.
    """
    own, figures = instance.shifts[shift], state.figures[shift]
    count = figures[STOPS]
    if figures[JOBS] >= own.max_jobs or count + 2 >= state.stops.shape[1]:
        return INFEASIBLE
    stops = work.stops
    write_stop(instance, shift, stops[own.committed], job)
    linked = figures[LINKED] + instance.nodes[job].is_linked
    at = -1
    if linked > 0:
        at = _build(instance, state, shift, work)
        if not link_stops(instance, state, stops, count + 1):
            return INFEASIBLE
    needs = is_needy(instance, state, shift, job)
    if needs and is_out_of_reach(instance, state, shift, job):
        return INFEASIBLE
    work.best[0] = -1
    best = limit
    for place in range(own.committed, count + 1):
        stop = stops[max(at, own.committed)]
        if not is_promising(instance, state, shift, job, place, stop, best, linked == 0 and not needs):
            continue
        if at < 0:
            at = _build(instance, state, shift, work)
        while at < place:
            _swap(stops, at)
            at += 1
        if needs:
            best = _with_parts(instance, state, shift, place, count + 1, linked, best, work)
        else:
            best = _tried(instance, state, shift, count + 1, linked, encoded(place, AS_IT_IS, 0, 0), best, work)
    return best if work.best[0] >= 0 else INFEASIBLE


@kernel
def _build(instance: Instance, state: State, shift: int, work: Work) -> int:
    """Lay the rest of the tour around the first row after what has begun, which holds the job; that row."""
    committed = instance.shifts[shift].committed
    for index in range(state.figures[shift, STOPS]):
        copy_row(work.stops, index if index < committed else index + 1, state.stops[shift], index)
    return committed


@kernel
def _swap(stops: Ints, index: int) -> None:
    """Exchange a stop with the next."""
    for column in range(8):
        stops[index, column], stops[index + 1, column] = stops[index + 1, column], stops[index, column]


@kernel
def _tried(
    instance: Instance, state: State, shift: int, count: int, linked: int, code: int, best: int, work: Work
) -> int:
    """Time the trial tour; the new best growth, with `code` noted where it is this one's."""
    node = work.stops[code & 127, NODE]
    job = instance.nodes[node]
    if job.first_sequence < job.last_sequence and not keeps_orders(instance, state, work.stops, count, node):
        return best
    cents = time_tour(instance, shift, work.stops, count, linked, work)
    if cents < INFEASIBLE and cents - state.figures[shift, COST] < best:
        work.best[0] = code
        return cents - state.figures[shift, COST]
    return best


@kernel
def _with_parts(
    instance: Instance, state: State, shift: int, place: int, count: int, linked: int, best: int, work: Work
) -> int:
    """Try a job that needs parts or tools at a place: with what is fetched already, fetching anew, or earlier."""
    own = instance.shifts[shift]
    stops, job = work.stops, work.stops[place, NODE]
    is_possible = is_promising(instance, state, shift, job, place, stops[place], best, linked == 0)
    short = supply(instance, state, shift, stops, count, work)
    if short == HOLDS:
        if is_possible and release_pickups(instance, state, shift, stops, count, work):
            best = _tried(instance, state, shift, count, linked, encoded(place, AS_IT_IS, 0, 0), best, work)
        _forget_releases(instance, state, shift, place, work)
        return best
    if short < 0:
        return best
    if state.figures[shift, PICKUPS] < own.max_pickups:
        if not is_possible:
            return best
        return _fetched(instance, state, shift, place, count, short, FETCHING, linked, best, work)
    if state.figures[shift, PICKUPS] != 1:
        return best
    at = 0
    while stops[at, NODE] < instance.allowed.shape[0]:
        at += 1
    for index in range(at, count - 1):
        copy_row(stops, index, stops, index + 1)
    shifted = place - 1 if at < place else place
    best = _fetched(instance, state, shift, shifted, count - 1, short - (at < short), MOVING, linked, best, work)
    _restore(instance, state, shift, place, job, work)
    if linked > 0:
        link_stops(instance, state, stops, count)
    return best


@kernel
def _fetched(
    instance: Instance,
    state: State,
    shift: int,
    place: int,
    count: int,
    short: int,
    mode: int,
    linked: int,
    best: int,
    work: Work,
) -> int:
    """Try the trial tour with a warehouse stop at every place up to the first stop that goes short without it.

    The tour is left as it was found.
    """
    own, jobs, stops = instance.shifts[shift], instance.allowed.shape[0], work.stops
    travel_s = instance.travel_s[own.profile]
    for warehouse in range(instance.stock_row.shape[0]):
        _open(stops, short, count)
        write_stop(instance, shift, stops[short], jobs + warehouse)
        at = short
        # Which units go where does not depend on how early the stop is.
        if supply(instance, state, shift, stops, count + 1, work) == HOLDS and release_pickups(
            instance, state, shift, stops, count + 1, work
        ):
            while True:
                before = own.start_location if at == 0 else stops[at - 1, LOCATION]
                if travel_s[before, stops[at, LOCATION]] < FAR:
                    code = encoded(place if place < at else place + 1, mode, at, warehouse)
                    best = _tried(instance, state, shift, count + 1, linked, code, best, work)
                if at == own.committed:
                    break
                at -= 1
                _swap(stops, at)
        for index in range(at, count):
            copy_row(stops, index, stops, index + 1)
        _forget(stops, count, jobs)
    return best


@kernel
def _open(stops: Ints, place: int, count: int) -> None:
    """Make room for a row."""
    for index in range(count, place, -1):
        copy_row(stops, index, stops, index - 1)


@kernel
def _forget(stops: Ints, count: int, jobs: int) -> None:
    for index in range(count):
        if stops[index, NODE] >= jobs:
            stops[index, EARLIEST] = NEVER


@kernel
def _forget_releases(instance: Instance, state: State, shift: int, place: int, work: Work) -> None:
    """Give warehouse stops of the trial tour the bounds that they have on the real one."""
    jobs = instance.allowed.shape[0]
    for index in range(state.figures[shift, STOPS]):
        if state.stops[shift, index, NODE] >= jobs:
            row = index if index < place else index + 1
            work.stops[row, EARLIEST] = state.stops[shift, index, EARLIEST]


@kernel
def _restore(instance: Instance, state: State, shift: int, place: int, job: int, work: Work) -> None:
    """The trial tour with the job at `place` as it was before stops were moved about."""
    for index in range(state.figures[shift, STOPS]):
        copy_row(work.stops, index if index < place else index + 1, state.stops[shift], index)
    write_stop(instance, shift, work.stops[place], job)


@kernel
def build_trial(instance: Instance, state: State, shift: int, job: int, code: int, work: Work) -> int:
    """Write the tour that an encoded place means into `work.stops`; the number of its stops."""
    place, mode, at, warehouse = code & 127, code >> 14 & 3, code >> 7 & 127, code >> 16
    jobs, stops = instance.allowed.shape[0], work.stops
    count = 0
    for index in range(state.figures[shift, STOPS]):
        if mode == MOVING and state.stops[shift, index, NODE] >= jobs:
            continue
        copy_row(stops, count, state.stops[shift], index)
        count += 1
    if mode == AS_IT_IS:
        _open(stops, place, count)
        write_stop(instance, shift, stops[place], job)
        return count + 1
    first, second = min(place, at), max(place, at)
    _open(stops, first, count)
    _open(stops, second, count + 1)
    write_stop(instance, shift, stops[place], job)
    write_stop(instance, shift, stops[at], jobs + warehouse)
    return count + 2
