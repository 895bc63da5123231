"""Timing of tours with breaks.

Labels run forward over the stops: the earliest second at which the technician is free, for each set of breaks taken
so far; it dominates every later one, since travel and service never shrink by waiting. Then the departure is delayed
as far as neither the return nor any promise suffers.
"""

from typing import Any

from solver.search.instance import FAR, NEVER, Instance, Ints
from solver.search.kernel import kernel
from solver.search.starts import after_firsts, first_start, last_start, place_of, promise
from solver.search.state import (
    DEPARTURE_S,
    EARLIEST,
    FIRST_WINDOW,
    FIXED,
    LAST_WINDOW,
    LATEST,
    LOCATION,
    NODE,
    PAID_S,
    RETURN_S,
    SERVICE,
    TRAVEL_M,
    TRAVEL_S,
    Work,
)

KIND, PLACE, LASTS, BEGINS = range(4)
"""Columns of a step. KIND: place of the stop in the tour, or -1 - number of the break among the shift's."""


@kernel
def run_with_breaks(instance: Instance, shift: int, stops: Ints, count: int, linked: int, work: Work) -> bool:
    """Labels for every set of breaks; then the way back through them, and the latest departure."""
    own = instance.shifts[shift]
    masks = 1 << (own.last_break - own.first_break)
    labels = work.free_s
    labels[0, :masks] = FAR
    labels[0, 0] = own.earliest_start
    place = own.start_location
    for index in range(count):
        if not _step_labels(instance, shift, stops, count, index, place, linked, work):
            return False
        place = stops[index, LOCATION]
    last = _best_end(instance, shift, count, place, work)
    if last < 0:
        return False
    _trace(instance, shift, stops, count, last, work)
    return _settle(instance, shift, stops, count, linked, work)


@kernel
def rest(instance: Instance, shift: int, labels: Ints, taken: Any, masks: int) -> None:
    """Let breaks be taken where the technician is: `labels` by set of breaks, `taken` the last one of each set."""
    own = instance.shifts[shift]
    for mask in range(masks):
        taken[mask] = -1
    for mask in range(masks):
        if labels[mask] >= FAR:
            continue
        for bit in range(own.last_break - own.first_break):
            if mask >> bit & 1:
                continue
            one = instance.breaks[own.first_break + bit]
            start = max(labels[mask], one[0])
            more = mask | 1 << bit
            if start <= one[1] and start + one[2] < labels[more]:
                labels[more] = start + one[2]
                taken[more] = bit


@kernel
def _step_labels(
    instance: Instance, shift: int, stops: Ints, count: int, index: int, place: int, linked: int, work: Work
) -> bool:
    """From the labels after `index` stops to those after one more; False where none is left."""
    own = instance.shifts[shift]
    masks = 1 << (own.last_break - own.first_break)
    stop = stops[index]
    there = instance.travel_s[own.profile, place, stop[LOCATION]]
    after = work.free_s[index + 1]
    starts = work.label_start_s[index]
    for mask in range(masks):
        after[mask] = work.free_s[index, mask]
    rest(instance, shift, after, work.break_before[index], masks)
    is_alive = False
    if stop[FIXED] != NEVER:
        for mask in range(masks):
            work.break_after[index, mask] = -1
            is_late = work.break_before[index, mask] >= 0 and after[mask] > stop[FIXED]
            if after[mask] < FAR and not is_late:
                starts[mask] = stop[FIXED]
                after[mask] = stop[FIXED] + stop[SERVICE]
                is_alive = True
            else:
                after[mask] = FAR
                starts[mask] = FAR
        return is_alive
    if there >= FAR:
        return False
    for mask in range(masks):
        after[mask] = min(FAR, after[mask] + there)
    rest(instance, shift, after, work.break_after[index], masks)
    for mask in range(masks):
        start = FAR
        if after[mask] < FAR:
            earliest = stop[EARLIEST]
            if linked > 0:
                earliest = max(earliest, _after_firsts(instance, stops, count, index, mask, work))
            start = first_start(instance.windows, stop[FIRST_WINDOW], stop[LAST_WINDOW], max(after[mask], earliest))
        if start > stop[LATEST]:
            start = FAR
        starts[mask] = start
        after[mask] = FAR
        if start < FAR:
            after[mask] = start + stop[SERVICE]
            is_alive = True
    return is_alive


@kernel
def _after_firsts(instance: Instance, stops: Ints, count: int, index: int, mask: int, work: Work) -> int:
    """From when on the predecessors on the same tour let a stop start that is reached with a set of breaks taken.

    Where each started on the way to this label is found by going back along it.
    """
    node = stops[index, NODE]
    earliest = NEVER
    if node >= instance.allowed.shape[0]:
        return earliest
    job = instance.nodes[node]
    for row in range(job.first_predecessor, job.last_predecessor):
        place = place_of(stops, count, instance.predecessors[row, 0])
        if place < 0:
            continue
        if place > index:
            return FAR
        behind = mask
        for passed in range(index, place, -1):
            while work.break_after[passed, behind] >= 0:
                behind ^= 1 << work.break_after[passed, behind]
            while work.break_before[passed, behind] >= 0:
                behind ^= 1 << work.break_before[passed, behind]
        end = work.label_start_s[place, behind] + stops[place, SERVICE]
        earliest = max(earliest, end + instance.predecessors[row, 1])
    return earliest


@kernel
def _best_end(instance: Instance, shift: int, count: int, place: int, work: Work) -> int:
    """The set of breaks taken by the return of the earliest return, most of them on equal ones; -1 = none in time.

    Leaves in `work.break_after[count]` how the others are taken after the return.
    """
    own = instance.shifts[shift]
    masks = 1 << (own.last_break - own.first_break)
    home = instance.travel_s[own.profile, place, own.end_location]
    if home >= FAR:
        return -1
    there = work.free_s[count + 1]
    for mask in range(masks):
        there[mask] = work.free_s[count, mask]
    rest(instance, shift, there, work.break_before[count], masks)
    best, earliest, most = -1, FAR, -1
    after = work.label_start_s[count]
    for mask in range(masks):
        returns = there[mask] + home
        if there[mask] >= FAR or returns > own.latest_return or returns > earliest:
            continue
        size = 0
        for bit in range(own.last_break - own.first_break):
            size += mask >> bit & 1
        if returns == earliest and size <= most:
            continue
        for other in range(masks):
            after[other] = FAR
        after[mask] = returns
        rest(instance, shift, after, work.break_after[count], masks)
        if after[masks - 1] < FAR:
            best, earliest, most = mask, returns, size
    if best < 0:
        return -1
    for other in range(masks):
        after[other] = FAR
    after[best] = there[best] + home
    rest(instance, shift, after, work.break_after[count], masks)
    work.figures[RETURN_S] = earliest
    return best


@kernel
def _trace(instance: Instance, shift: int, stops: Ints, count: int, last: int, work: Work) -> None:
    """Write the steps of the best label, breaks among the stops, into `work.steps`; their starts come later."""
    own = instance.shifts[shift]
    breaks = own.last_break - own.first_break
    steps, free = work.steps, count + breaks
    mask = (1 << breaks) - 1
    while mask != last:
        bit = work.break_after[count, mask]
        free -= 1
        _write_break(instance, shift, steps, free, bit, own.end_location)
        mask ^= 1 << bit
    for index in range(count, -1, -1):
        place = own.start_location if index == 0 else stops[index - 1, LOCATION]
        if index < count:
            while work.break_after[index, mask] >= 0:
                bit = work.break_after[index, mask]
                free -= 1
                _write_break(instance, shift, steps, free, bit, stops[index, LOCATION])
                mask ^= 1 << bit
        while work.break_before[index, mask] >= 0:
            bit = work.break_before[index, mask]
            free -= 1
            _write_break(instance, shift, steps, free, bit, place)
            mask ^= 1 << bit
        if index > 0:
            free -= 1
            steps[free, KIND], steps[free, PLACE] = index - 1, place
            steps[free, LASTS] = stops[index - 1, SERVICE]


@kernel
def _write_break(instance: Instance, shift: int, steps: Ints, row: int, bit: int, place: int) -> None:
    steps[row, KIND], steps[row, PLACE] = -1 - bit, place
    steps[row, LASTS] = instance.breaks[instance.shifts[shift].first_break + bit, 2]


@kernel
def _settle(instance: Instance, shift: int, stops: Ints, count: int, linked: int, work: Work) -> bool:
    """Time the traced steps, delay the departure, and take the figures."""
    own = instance.shifts[shift]
    travel_s, travel_m = instance.travel_s[own.profile], instance.travel_m[own.profile]
    steps, total = work.steps, count + own.last_break - own.first_break
    returns = work.figures[RETURN_S]
    _time_steps(instance, shift, stops, count, 0, total, own.earliest_start, linked, work)
    first, last = 0, total
    while first < total and steps[first, KIND] < 0 and steps[first, PLACE] == own.start_location:
        first += 1
    while last > first and steps[last - 1, KIND] < 0 and steps[last - 1, BEGINS] >= returns:
        last -= 1
    free = own.earliest_start
    if first > 0:
        free = steps[first - 1, BEGINS] + steps[first - 1, LASTS]
    latest, place = returns, own.end_location
    for row in range(last - 1, first - 1, -1):
        here = steps[row, PLACE]
        back = travel_s[here, place]
        bound = latest - (0 if back >= FAR else back) - steps[row, LASTS]
        start, kind = steps[row, BEGINS], steps[row, KIND]
        if kind < 0:
            close = instance.breaks[own.first_break - 1 - kind, 1]
            bound = min(bound, close)
            latest = start if linked > 0 or bound <= start else bound
        else:
            stop = stops[kind]
            bound = min(bound, promise(instance, stop))
            if linked > 0 or stop[FIXED] != NEVER or bound <= start:
                latest = start
            else:
                latest = last_start(instance.windows, stop[FIRST_WINDOW], stop[LAST_WINDOW], bound, start)
        place = here
    there = travel_s[own.start_location, place]
    departure = max(free, latest - (0 if there >= FAR else there))
    _time_steps(instance, shift, stops, count, first, last, departure, linked, work)
    figures = work.figures
    figures[TRAVEL_S], figures[TRAVEL_M] = 0, 0
    rests, place = 0, own.start_location
    for row in range(first, last):
        kind, here = steps[row, KIND], steps[row, PLACE]
        if travel_s[place, here] < FAR:
            figures[TRAVEL_S] += travel_s[place, here]
            figures[TRAVEL_M] += travel_m[place, here]
        if kind < 0 and instance.breaks[own.first_break - 1 - kind, 3] == 0:
            rests += steps[row, LASTS]
        if kind >= 0:
            work.start_s[kind] = steps[row, BEGINS]
        place = here
    figures[TRAVEL_S] += travel_s[place, own.end_location]
    figures[TRAVEL_M] += travel_m[place, own.end_location]
    figures[DEPARTURE_S] = departure
    figures[PAID_S] = returns - departure - rests
    return True


@kernel
def _time_steps(
    instance: Instance,
    shift: int,
    stops: Ints,
    count: int,
    first: int,
    last: int,
    departure: int,
    linked: int,
    work: Work,
) -> None:
    """Starts of the steps from `first` to before `last`, leaving the start of the shift at `departure`."""
    own = instance.shifts[shift]
    steps = work.steps
    free, place = departure, own.start_location
    for row in range(first, last):
        kind, here = steps[row, KIND], steps[row, PLACE]
        arrival = free + instance.travel_s[own.profile, place, here]
        if kind < 0:
            start = max(arrival, instance.breaks[own.first_break - 1 - kind, 0])
        elif stops[kind, FIXED] != NEVER:
            start = stops[kind, FIXED]
        else:
            earliest = max(arrival, stops[kind, EARLIEST])
            if linked > 0:
                earliest = max(earliest, after_firsts(instance, stops, count, kind, work.start_s))
            start = first_start(instance.windows, stops[kind, FIRST_WINDOW], stops[kind, LAST_WINDOW], earliest)
        steps[row, BEGINS] = start
        if kind >= 0:
            work.start_s[kind] = start
        free, place = start + steps[row, LASTS], here
