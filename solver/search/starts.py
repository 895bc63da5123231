"""When a stop may start: windows, bounds from other routes, promises that a later start would break."""

from solver.search.instance import ALWAYS, FAR, NEVER, Instance, Ints
from solver.search.kernel import kernel
from solver.search.state import FIRST_WINDOW, FIXED, LAST_WINDOW, LATEST, LOCATION, NODE, SERVICE


@kernel
def first_start(windows: Ints, first: int, last: int, earliest: int) -> int:
    """The first second of any of the windows that is not before `earliest`; FAR if there is none."""
    for row in range(first, last):
        if earliest <= windows[row, 1]:
            return max(earliest, windows[row, 0])
    return FAR


@kernel
def promise(instance: Instance, stop: Ints) -> int:
    """Starting later than this, or than now if that is later, would cost something or break a bound."""
    node = stop[NODE]
    if node >= instance.allowed.shape[0]:
        return stop[LATEST]
    job = instance.nodes[node]
    if job.is_committed:
        return NEVER
    bound = min(stop[LATEST], job.due_s)
    if job.previous_s != NEVER:
        bound = min(bound, job.previous_s)
    return bound


@kernel
def last_start(windows: Ints, first: int, last: int, bound: int, start: int) -> int:
    """The last second of any window up to `bound`; `start` is one."""
    latest = start
    for row in range(first, last):
        if windows[row, 0] <= bound:
            latest = max(latest, min(bound, windows[row, 1]))
    return latest


@kernel
def after_firsts(instance: Instance, stops: Ints, count: int, index: int, starts: Ints) -> int:
    """From when on the predecessors on the same tour let a stop start; FAR where one comes later on the tour.

    `starts`: of the stops before it.
    """
    node = stops[index, NODE]
    earliest = NEVER
    if node >= instance.allowed.shape[0]:
        return earliest
    job = instance.nodes[node]
    for row in range(job.first_predecessor, job.last_predecessor):
        place = place_of(stops, count, instance.predecessors[row, 0])
        if place > index:
            return FAR
        if place >= 0:
            earliest = max(earliest, starts[place] + stops[place, SERVICE] + instance.predecessors[row, 1])
    return earliest


@kernel
def place_of(stops: Ints, count: int, node: int) -> int:
    """Where a node stands on the tour; -1 = nowhere."""
    for index in range(count):
        if stops[index, NODE] == node:
            return index
    return -1


@kernel
def latest_times(instance: Instance, shift: int, stops: Ints, count: int, latest_s: Ints) -> None:
    """Fill `latest_s[i]`, the latest second to be at stop i so that all later windows hold, breaks left out."""
    own = instance.shifts[shift]
    travel_s = instance.travel_s[own.profile]
    latest, place = own.latest_return, own.end_location
    latest_s[count] = latest
    for index in range(count - 1, -1, -1):
        stop = stops[index]
        if stop[FIXED] != NEVER:
            latest = ALWAYS
        else:
            bound = min(latest - travel_s[stop[LOCATION], place] - stop[SERVICE], stop[LATEST])
            latest = NEVER
            for row in range(stop[FIRST_WINDOW], stop[LAST_WINDOW]):
                if instance.windows[row, 0] <= bound:
                    latest = max(latest, min(bound, instance.windows[row, 1]))
        latest_s[index] = latest
        place = stop[LOCATION]
