"""Changing a tour for good: stops as rows, bounds from other routes, and what has to be kept up to date."""

from typing import Any

from numpy.typing import NDArray

from solver.search.instance import ALWAYS, FAR, INFEASIBLE, NEVER, Flags, Instance, Ints
from solver.search.kernel import kernel
from solver.search.starts import first_start, latest_times, place_of
from solver.search.state import (
    COST,
    DEPARTURE_S,
    EARLIEST,
    FIRST_WINDOW,
    FIXED,
    JOBS,
    LAST_WINDOW,
    LATEST,
    LINKED,
    LOCATION,
    MOVED,
    NEEDY,
    NEXT_STAMP,
    NODE,
    PAID_S,
    PICKUPS,
    RETURN_S,
    SERVICE,
    SERVICE_S,
    STAMP,
    STOCK_STAMP,
    STOPS,
    TOTAL,
    TRAVEL_M,
    TRAVEL_S,
    State,
    Work,
)
from solver.search.supplies import HOLDS, keep_loads, release_pickups, supply, useless_pickup
from solver.search.timing import time_tour
from solver.search.tools import to_fetch


@kernel
def write_stop(instance: Instance, shift: int, row: Ints, node: int) -> None:
    """Make a row of a tour a stop at a job or warehouse, without bounds from elsewhere."""
    one, jobs = instance.nodes[node], instance.allowed.shape[0]
    row[NODE], row[LOCATION] = node, one.location
    row[SERVICE] = instance.service_s[node, shift] if node < jobs else instance.handling_s[node - jobs]
    row[FIRST_WINDOW], row[LAST_WINDOW] = one.first_window, one.last_window
    row[EARLIEST], row[LATEST], row[FIXED] = NEVER, ALWAYS, NEVER


@kernel
def copy_row(target: NDArray[Any], row: int, source: NDArray[Any], other: int) -> None:
    """Row `other` of a table becomes row `row` of one as wide."""
    for column in range(source.shape[1]):
        target[row, column] = source[other, column]


@kernel
def is_needy(instance: Instance, state: State, shift: int, node: int) -> bool:
    """Whether parts or tools matter to a stop on that shift."""
    if node >= instance.allowed.shape[0]:
        return True
    job = instance.nodes[node]
    if job.is_committed:
        return False
    brings_parts = job.first_part < job.last_part and (job.crew == 1 or state.supplier[node] == shift)
    return brings_parts or to_fetch(instance, state, shift, node) != 0


@kernel
def link_stops(instance: Instance, state: State, stops: Ints, count: int) -> bool:
    """Bounds on starts that predecessors, successors and crews on other routes set; False where one can't be kept."""
    jobs = instance.allowed.shape[0]
    for index in range(count):
        row = stops[index]
        node = row[NODE]
        if node >= jobs or not instance.nodes[node].is_linked:
            continue
        job = instance.nodes[node]
        earliest, latest = NEVER, ALWAYS
        for link in range(job.first_predecessor, job.last_predecessor):
            first = instance.predecessors[link, 0]
            if place_of(stops, count, first) >= 0:
                continue
            if state.shift_of[first] < 0:
                return False
            earliest = max(earliest, state.job_end_s[first] + instance.predecessors[link, 1])
        if job.crew > 1 and not job.is_committed:
            start = state.job_start_s[node]
            row[SERVICE] = state.job_end_s[node] - start
            earliest, latest = max(earliest, start), start
        for link in range(job.first_successor, job.last_successor):
            after = instance.successors[link, 0]
            if state.shift_of[after] >= 0 and place_of(stops, count, after) < 0:
                latest = min(latest, state.job_start_s[after] - instance.successors[link, 1] - row[SERVICE])
        row[EARLIEST], row[LATEST] = earliest, latest
        if earliest > latest:
            return False
    return True


@kernel
def keeps_orders(instance: Instance, state: State, stops: Ints, count: int, node: int) -> bool:
    """Whether all planned jobs of every locked order of `node` stand on this tour, in that order."""
    job, jobs = instance.nodes[node], instance.allowed.shape[0]
    for row in range(job.first_sequence, job.last_sequence):
        order = instance.orders[instance.sequences[row, 0]]
        before, here = -1, 0
        for index in range(count):
            other = stops[index, NODE]
            if other >= jobs or order[other] < 0:
                continue
            is_fact = instance.nodes[other].is_committed
            if order[other] < before and not is_fact:
                return False
            before = max(before, order[other])
            here += 1
            if instance.nodes[other].crew > 1 and not is_fact:
                return False
        for other in range(jobs):
            if order[other] >= 0 and state.shift_of[other] >= 0 and place_of(stops, count, other) < 0:
                return False
    return True


@kernel
def settle_tour(instance: Instance, state: State, shift: int, stops: Ints, count: int, work: Work) -> bool:
    """Make a tour that of a shift if it holds, dropping warehouse stops that have nothing to do; else change nothing.

    `stops` may be `work.stops`; its rows are changed.
    """
    needy = _count_needy(instance, state, shift, stops, count)
    is_supplied = needy > 0 or _is_technician_needy(instance, state, shift)
    work.best[7] = 0
    while is_supplied:
        if supply(instance, state, shift, stops, count, work) != HOLDS:
            return False
        useless = useless_pickup(instance, state, shift, stops, count, work)
        if useless < 0:
            break
        for index in range(useless, count - 1):
            copy_row(stops, index, stops, index + 1)
        count -= 1
    if is_supplied and not release_pickups(instance, state, shift, stops, count, work):
        return False
    if not settle_supplied(instance, state, shift, stops, count, work):
        return False
    if is_supplied:
        keep_loads(instance, state, shift, work)
        technician = instance.shifts[shift].technician
        for row in range(instance.technician_first[technician], instance.technician_first[technician + 1]):
            state.counters[NEXT_STAMP] += 1
            state.figures[instance.technician_shifts[row], STAMP] = state.counters[NEXT_STAMP]
        state.counters[STOCK_STAMP] = state.counters[NEXT_STAMP]  # never the same twice, whatever is undone
    return True


@kernel
def settle_supplied(instance: Instance, state: State, shift: int, stops: Ints, count: int, work: Work) -> bool:
    """Time a tour whose warehouse stops know when they may start, and make it that of the shift if it holds."""
    linked = 0
    for index in range(count):
        node = stops[index, NODE]
        linked += node < instance.allowed.shape[0] and instance.nodes[node].is_linked
    if linked > 0 and not link_stops(instance, state, stops, count):
        return False
    if count == instance.shifts[shift].committed:
        _time_begun(instance, shift, stops, count, work)
        for index in range(count):
            if work.start_s[index] > stops[index, LATEST]:
                return False
    elif time_tour(instance, shift, stops, count, linked, work) >= INFEASIBLE:
        return False
    _keep(instance, state, shift, stops, count, linked, work)
    return True


@kernel
def _count_needy(instance: Instance, state: State, shift: int, stops: Ints, count: int) -> int:
    needy = 0
    for index in range(count):
        needy += is_needy(instance, state, shift, stops[index, NODE])
    return needy


@kernel
def _is_technician_needy(instance: Instance, state: State, shift: int) -> bool:
    technician = instance.shifts[shift].technician
    for row in range(instance.technician_first[technician], instance.technician_first[technician + 1]):
        if state.figures[instance.technician_shifts[row], NEEDY] > 0:
            return True
    return False


@kernel
def _time_begun(instance: Instance, shift: int, stops: Ints, count: int, work: Work) -> None:
    """Starts and figures of a tour that holds only what has begun: as `Draft.begun` times it, breaks among it."""
    own = instance.shifts[shift]
    free, place = own.earliest_start, own.start_location
    work.free_s[0, 0] = free
    for index in range(count):
        stop = stops[index]
        there = instance.travel_s[own.profile, place, stop[LOCATION]]
        start = stop[FIXED]
        if start == NEVER:
            earliest = free + (0 if there >= FAR else there)
            start = first_start(instance.windows, stop[FIRST_WINDOW], stop[LAST_WINDOW], earliest)
        work.start_s[index] = max(start, instance.begun_s[shift, index])
        free, place = start + stop[SERVICE], stop[LOCATION]
        work.free_s[index + 1, 0] = free
    for column in (TRAVEL_S, TRAVEL_M, SERVICE_S, PAID_S, MOVED):
        work.figures[column] = 0
    work.figures[COST] = own.begun_cents
    work.figures[DEPARTURE_S], work.figures[RETURN_S] = own.earliest_start, free


@kernel
def _keep(instance: Instance, state: State, shift: int, stops: Ints, count: int, linked: int, work: Work) -> None:
    """Write a tour just timed into the state."""
    jobs, figures = instance.allowed.shape[0], state.figures[shift]
    pickups, needy = 0, 0
    for index in range(count):
        copy_row(state.stops[shift], index, stops, index)
        node = stops[index, NODE]
        needy += is_needy(instance, state, shift, node)
        state.start_s[shift, index] = work.start_s[index]
        if node >= jobs:
            pickups += 1
            continue
        state.shift_of[node] = shift
        note_times(instance, state, node, work.start_s[index], stops[index, SERVICE])
    for index in range(count + 1):
        state.free_s[shift, index] = work.free_s[index, 0]
    latest_times(instance, shift, stops, count, state.latest_s[shift])
    _measure_legs(instance, state, shift, count)
    state.counters[TOTAL] += work.figures[COST] - figures[COST]
    for column in (COST, TRAVEL_S, TRAVEL_M, SERVICE_S, PAID_S, DEPARTURE_S, RETURN_S, MOVED):
        figures[column] = work.figures[column]
    figures[STOPS], figures[JOBS], figures[PICKUPS] = count, count - pickups, pickups
    figures[LINKED], figures[NEEDY] = linked, needy
    state.counters[NEXT_STAMP] += 1
    figures[STAMP] = state.counters[NEXT_STAMP]


@kernel
def note_times(instance: Instance, state: State, job: int, start: int, lasts: int) -> None:
    """When a job is done, for others that wait for it; of a crew on its way, who is there last counts."""
    one = instance.nodes[job]
    if one.is_committed and one.crew > 1:
        start = max(start, state.job_start_s[job])
    state.job_start_s[job], state.job_end_s[job] = start, start + lasts


@kernel
def _measure_legs(instance: Instance, state: State, shift: int, count: int) -> None:
    """Write down how far apart the stops of a tour are."""
    own = instance.shifts[shift]
    place = own.start_location
    for index in range(count + 1):
        after = own.end_location if index == count else state.stops[shift, index, LOCATION]
        state.leg_s[shift, index] = instance.travel_s[own.profile, place, after]
        place = after


@kernel
def take_out(instance: Instance, state: State, shift: int, is_out: Flags, work: Work) -> bool:
    """Remove the flagged jobs from a tour; False, and nothing is changed, where the rest would not hold."""
    jobs, kept, gone = instance.allowed.shape[0], 0, 0
    for index in range(state.figures[shift, STOPS]):
        node = state.stops[shift, index, NODE]
        if node < jobs and is_out[node]:
            if state.shift_of[node] >= 0:  # the other members of a crew pay nothing more
                gone += instance.nodes[node].leaving_out_cents
            continue
        copy_row(work.stops, kept, state.stops[shift], index)
        kept += 1
    if kept == state.figures[shift, STOPS]:
        return True
    before = state.figures[shift, STOPS]
    for index in range(before):
        copy_row(work.scratch, index, state.stops[shift], index)
    if not settle_tour(instance, state, shift, work.stops, kept, work):
        return False
    for index in range(before):
        node = work.scratch[index, NODE]
        if node < jobs and is_out[node]:
            state.shift_of[node] = -1
    state.counters[TOTAL] += gone
    return True


@kernel
def copy_tour(source: State, target: State, shift: int) -> None:
    """Everything about one tour, from one state to another."""
    count = source.figures[shift, STOPS]
    for index in range(count):
        copy_row(target.stops[shift], index, source.stops[shift], index)
        target.start_s[shift, index] = source.start_s[shift, index]
        target.free_s[shift, index] = source.free_s[shift, index]
        target.latest_s[shift, index] = source.latest_s[shift, index]
        target.leg_s[shift, index] = source.leg_s[shift, index]
    target.leg_s[shift, count] = source.leg_s[shift, count]
    target.free_s[shift, count] = source.free_s[shift, count]
    target.latest_s[shift, count] = source.latest_s[shift, count]
    copy_row(target.figures, shift, source.figures, shift)
    target.load_count[shift] = source.load_count[shift]
    for row in range(source.load_count[shift]):
        copy_row(target.loads[shift], row, source.loads[shift], row)
    for stock in range(source.loaded.shape[0]):
        target.loaded[stock, shift] = source.loaded[stock, shift]
        target.loaded_s[stock, shift] = source.loaded_s[stock, shift]
