"""Laying whole tours on shifts that have none: what a search begins with, and how what it found is looked at again."""

from solver.search.instance import Instance, Ints
from solver.search.kernel import kernel
from solver.search.state import FIXED, MOST_LOADS, NEXT_STAMP, STOCK_STAMP, TOTAL, State, Work
from solver.search.supplies import keep_own_loads, release_pickups, useless_pickup
from solver.search.tours import copy_row, settle_supplied, settle_tour, write_stop


@kernel
def lay_prefixes(instance: Instance, state: State, work: Work) -> None:
    """Begin: every shift with its committed jobs alone, everything else unplanned."""
    state.counters[TOTAL] = 0
    for node in range(instance.allowed.shape[0]):
        if not instance.nodes[node].is_committed:
            state.counters[TOTAL] += instance.nodes[node].leaving_out_cents
    for shift in range(len(instance.shifts)):
        count = instance.shifts[shift].committed
        for index in range(count):
            write_stop(instance, shift, work.stops[index], instance.committed_job[shift, index])
            work.stops[index, FIXED] = instance.committed_s[shift, index]
        settle_tour(instance, state, shift, work.stops, count, work)


@kernel
def lay_tour(instance: Instance, state: State, shift: int, nodes: Ints, work: Work) -> bool:
    """Give a shift the tour with these nodes if it holds and is not too long; the committed jobs are its first."""
    if len(nodes) + 2 > state.stops.shape[1]:
        return False
    gained = _write_tour(instance, state, shift, nodes, work)
    if not settle_tour(instance, state, shift, work.stops, len(nodes), work):
        return False
    state.counters[TOTAL] -= gained
    return True


@kernel
def lay_loaded(
    instance: Instance, state: State, shift: int, nodes: Ints, loads: Ints, keeps_idle: bool, work: Work
) -> bool:
    """As `lay_tour`, with loads that are known: rows (stop, part, units, for job, second).

    Whether the technician has all that his jobs need is not asked again, only whether the stock is there beside what
    all others load. The state must have these loads of every such tour already, laid or not. keeps_idle: also
    warehouse stops that load and lend nothing, at which a break may be taken.
    """
    if len(nodes) + 2 > state.stops.shape[1] or len(loads) > MOST_LOADS:
        return False
    gained = _write_tour(instance, state, shift, nodes, work)
    for row in range(len(loads)):
        work.all_loads[row, 0] = shift
        for column in range(4):
            work.all_loads[row, 1 + column] = loads[row, column]
    work.best[7] = len(loads)
    count = len(nodes) if keeps_idle else _drop_useless(instance, state, shift, len(nodes), work)
    if not release_pickups(instance, state, shift, work.stops, count, work):
        return False
    if not settle_supplied(instance, state, shift, work.stops, count, work):
        return False
    keep_own_loads(instance, state, shift, work)
    state.counters[TOTAL] -= gained
    state.counters[STOCK_STAMP] = state.counters[NEXT_STAMP]
    return True


@kernel
def _drop_useless(instance: Instance, state: State, shift: int, count: int, work: Work) -> int:
    """Leave warehouse stops out of the trial that load and lend nothing; the number of stops that remain."""
    while True:
        useless = useless_pickup(instance, state, shift, work.stops, count, work)
        if useless < 0:
            return count
        count -= 1
        for index in range(useless, count):
            copy_row(work.stops, index, work.stops, index + 1)
        for row in range(work.best[7]):
            work.all_loads[row, 1] -= work.all_loads[row, 1] > useless


@kernel
def _write_tour(instance: Instance, state: State, shift: int, nodes: Ints, work: Work) -> int:
    """The tour into `work.stops`; cents of leaving out those of its jobs that are not planned yet."""
    own, jobs = instance.shifts[shift], instance.allowed.shape[0]
    gained = 0
    for index in range(len(nodes)):
        if index < own.committed:
            copy_row(work.stops, index, state.stops[shift], index)
            continue
        write_stop(instance, shift, work.stops[index], nodes[index])
        if nodes[index] < jobs and state.shift_of[nodes[index]] < 0:
            gained += instance.nodes[nodes[index]].leaving_out_cents
    return gained
