"""Parts and tools along the tours of one technician: what each warehouse stop must load, and whether it is there.

Units of the van go first, in the order of time over all shifts of the technician; a unit that the van lacks is loaded
at the last warehouse stop before its use that has it. A job's own earmarks come before any free unit.
"""

from solver.search.instance import NEVER, NO_STOCK, UNLIMITED, Instance, Ints
from solver.search.kernel import kernel
from solver.search.state import (
    EARLIEST,
    FOR_JOB,
    MOST_LOADS,
    NODE,
    PART,
    QUANTITY,
    STOP,
    STOPS,
    State,
    Work,
)
from solver.search.tools import is_lender, to_fetch

HOLDS, TOO_MUCH = -1, -2
"""What `supply` answers where all parts and tools are there, and where a later shift would go short."""


@kernel
def supply(instance: Instance, state: State, shift: int, stops: Ints, count: int, work: Work) -> int:
    """Work out the loads of all shifts of a technician, with a trial tour on one of them.

    Returns HOLDS, or the place of the first stop on the trial tour that lacks a part or tool, or TOO_MUCH where that is
    on another shift. `work.all_loads` holds the loads as rows (shift, stop, part, quantity, for job), in
    `work.best[7]` their number.
    """
    technician = instance.shifts[shift].technician
    for part in range(len(work.van)):
        work.van[part] = instance.van_stock[technician, part]
    loads, pickups = 0, 0
    for row in range(instance.technician_first[technician], instance.technician_first[technician + 1]):
        other = instance.technician_shifts[row]
        tour = stops if other == shift else state.stops[other]
        length = count if other == shift else state.figures[other, STOPS]
        today = pickups
        for index in range(length):
            node = tour[index, NODE]
            if node >= instance.allowed.shape[0]:
                work.pickups[pickups, 0], work.pickups[pickups, 1] = other, index
                work.pickups[pickups, 2] = node - instance.allowed.shape[0]
                pickups += 1
                continue
            job = instance.nodes[node]
            if job.is_committed:
                continue
            missing = to_fetch(instance, state, other, node)
            for stop in range(today, pickups):
                if missing != 0:
                    missing &= ~instance.lends[work.pickups[stop, 2], job.tool_set]
            if missing != 0:
                return index if other == shift else TOO_MUCH
            if job.first_part == job.last_part or (job.crew > 1 and state.supplier[node] != other):
                continue
            loads = _fetch(instance, state, technician, node, pickups, loads, work)
            if loads < 0:
                return index if other == shift else TOO_MUCH
    work.best[7] = loads
    return HOLDS


@kernel
def _fetch(instance: Instance, state: State, technician: int, node: int, pickups: int, loads: int, work: Work) -> int:
    """Cover the parts of one job; the new number of loads, or -1 where a part can't be had."""
    job, rows = instance.nodes[node], work.all_loads
    for need in range(job.first_part, job.last_part):
        part, rest = instance.parts[need, 0], instance.parts[need, 1]
        for mark in range(job.first_earmark, job.last_earmark):
            own = instance.earmarks[mark]
            if own[0] == part and own[2] == technician:
                rest -= own[1]
        rest = max(0, rest)
        for stop in range(pickups - 1, -1, -1):
            if rest == 0:
                break
            held = _held(instance, job.first_earmark, job.last_earmark, part, work.pickups[stop, 2])
            for row in range(loads):
                if (
                    rows[row, 4] == node
                    and rows[row, 2] == part
                    and _warehouse(work, pickups, rows[row]) == work.pickups[stop, 2]
                ):
                    held -= rows[row, 3]
            units = min(rest, max(0, held))
            if units > 0:
                loads = _load(work, loads, stop, part, units, node)
                rest -= units
        used = min(rest, work.van[part])
        work.van[part] -= used
        rest -= used
        for stop in range(pickups - 1, -1, -1):
            if rest == 0:
                break
            units = min(rest, _spare(instance, state, technician, work.pickups[stop, 2], part, pickups, loads, work))
            if units > 0:
                loads = _load(work, loads, stop, part, units, -1)
                rest -= units
        if rest > 0 or loads < 0 or loads > MOST_LOADS - 4:
            return -1
    return loads


@kernel
def _held(instance: Instance, first: int, last: int, part: int, warehouse: int) -> int:
    held = 0
    for mark in range(first, last):
        if instance.earmarks[mark, 0] == part and instance.earmarks[mark, 3] == warehouse:
            held += instance.earmarks[mark, 1]
    return held


@kernel
def _warehouse(work: Work, pickups: int, load: Ints) -> int:
    """The warehouse of a load row."""
    for stop in range(pickups):
        if work.pickups[stop, 0] == load[0] and work.pickups[stop, 1] == load[1]:
            return work.pickups[stop, 2]
    return -1


@kernel
def _spare(
    instance: Instance, state: State, technician: int, warehouse: int, part: int, pickups: int, loads: int, work: Work
) -> int:
    """Units of a part that a warehouse ever receives and nobody loads, this technician's own trial counted."""
    stock = instance.stock_row[warehouse, part]
    if stock == NO_STOCK:
        return 0
    if stock == UNLIMITED:
        return 1 << 28
    units = 0
    for row in range(instance.receipt_first[stock], instance.receipt_first[stock + 1]):
        units += instance.receipts[row, 1]
    for shift in range(len(instance.shifts)):
        if instance.shifts[shift].technician != technician:
            units -= state.loaded[stock, shift]
    for row in range(loads):
        own = work.all_loads[row]
        if own[4] < 0 and own[2] == part and _warehouse(work, pickups, own) == warehouse:
            units -= own[3]
    return max(0, units)


@kernel
def _load(work: Work, loads: int, stop: int, part: int, units: int, node: int) -> int:
    """Add units to the load of the same kind at the stop, or a new one."""
    rows = work.all_loads
    shift, index = work.pickups[stop, 0], work.pickups[stop, 1]
    for row in range(loads):
        own = rows[row]
        if own[0] == shift and own[1] == index and own[2] == part and own[4] == node:
            own[3] += units
            return loads
    rows[loads, 0], rows[loads, 1], rows[loads, 2] = shift, index, part
    rows[loads, 3], rows[loads, 4] = units, node
    return loads + 1


@kernel
def release_pickups(instance: Instance, state: State, shift: int, stops: Ints, count: int, work: Work) -> bool:
    """After `supply`: when each warehouse stop of the trial tour may start at the earliest, by receipts left to it.

    False where shared stock can't cover a load. Loads of the technician's other shifts may not grow: they stand at
    their times.
    """
    jobs = instance.allowed.shape[0]
    for index in range(count):
        if stops[index, NODE] >= jobs:
            stops[index, EARLIEST] = NEVER
    for row in range(work.best[7]):
        load = work.all_loads[row]
        if load[4] >= 0:
            continue
        other = load[0]
        tour = stops if other == shift else state.stops[other]
        warehouse = tour[load[1], NODE] - jobs
        stock = instance.stock_row[warehouse, load[2]]
        if stock < 0:
            continue
        units = _units_of(instance, tour, other, load[2], warehouse, work)
        if other != shift:
            if units > state.loaded[stock, other]:
                return False
            continue
        ready = _ready(instance, state, stock, shift, units)
        if ready >= 1 << 28:
            return False
        tour[load[1], EARLIEST] = max(tour[load[1], EARLIEST], ready)
    return True


@kernel
def _units_of(instance: Instance, tour: Ints, shift: int, part: int, warehouse: int, work: Work) -> int:
    """Free units of a part that the trial loads on a shift at a warehouse, over all its stops there."""
    jobs, units = instance.allowed.shape[0], 0
    for row in range(work.best[7]):
        load = work.all_loads[row]
        if load[0] == shift and load[2] == part and load[4] < 0 and tour[load[1], NODE] - jobs == warehouse:
            units += load[3]
    return units


@kernel
def _ready(instance: Instance, state: State, stock: int, shift: int, units: int) -> int:
    """From when on a finite stock can give so many units more than all other shifts take, then and ever after."""
    first, last = instance.receipt_first[stock], instance.receipt_first[stock + 1]
    total, taken = 0, 0
    for row in range(first, last):
        total += instance.receipts[row, 1]
    for other in range(len(instance.shifts)):
        if other != shift:
            taken += state.loaded[stock, other]
    if taken + units > total:
        return 1 << 28
    if first + 1 == last:
        return instance.receipts[first, 0]
    ready = NEVER
    received = 0
    # The stock is short just before a receipt if what was received so far does not cover all loads begun by then.
    for row in range(first, last):
        moment = instance.receipts[row, 0]
        begun = 0
        for other in range(len(instance.shifts)):
            if other != shift and state.loaded[stock, other] > 0 and state.loaded_s[stock, other] < moment:
                begun += state.loaded[stock, other]
        if received < begun + units:
            ready = moment
        received += instance.receipts[row, 1]
    return ready


@kernel
def keep_loads(instance: Instance, state: State, shift: int, work: Work) -> None:
    """After a tour was changed for good: store the loads of all shifts of its technician."""
    technician = instance.shifts[shift].technician
    for row in range(instance.technician_first[technician], instance.technician_first[technician + 1]):
        keep_own_loads(instance, state, instance.technician_shifts[row], work)


@kernel
def keep_own_loads(instance: Instance, state: State, shift: int, work: Work) -> None:
    """Store those loads of the trial that are on one shift."""
    jobs = instance.allowed.shape[0]
    state.load_count[shift] = 0
    for stock in range(state.loaded.shape[0]):
        state.loaded[stock, shift] = 0
    for row in range(work.best[7]):
        load = work.all_loads[row]
        if load[0] != shift:
            continue
        own = state.loads[shift, state.load_count[shift]]
        own[STOP], own[PART], own[QUANTITY], own[FOR_JOB] = load[1], load[2], load[3], load[4]
        state.load_count[shift] += 1
        if load[4] >= 0:
            continue
        stock = instance.stock_row[state.stops[shift, load[1], NODE] - jobs, load[2]]
        if stock >= 0:
            second = state.start_s[shift, load[1]]
            if state.loaded[stock, shift] > 0:
                second = min(second, state.loaded_s[stock, shift])
            state.loaded[stock, shift] += load[3]
            state.loaded_s[stock, shift] = second


@kernel
def useless_pickup(instance: Instance, state: State, shift: int, stops: Ints, count: int, work: Work) -> int:
    """After `supply`: the place of a warehouse stop on the trial tour that loads and lends nothing; -1 = none."""
    jobs = instance.allowed.shape[0]
    for index in range(count):
        if stops[index, NODE] < jobs:
            continue
        is_used = False
        for row in range(work.best[7]):
            is_used = is_used or (work.all_loads[row, 0] == shift and work.all_loads[row, 1] == index)
        if not is_used and not is_lender(instance, state, shift, stops, count, index):
            return index
    return -1
