"""What can be said of a place in constant time: whether a stop may hold there, by how much the tour grows at least.

Earliest and latest times without breaks come from the tour as it is; what is left open here is timed exactly later.
"""

from solver.search.instance import FAR, TRAVEL_RATE, Instance, Ints
from solver.search.kernel import kernel
from solver.search.starts import first_start
from solver.search.state import (
    EARLIEST,
    FIRST_WINDOW,
    LAST_WINDOW,
    LATEST,
    LOCATION,
    MOVED,
    PAID_S,
    SERVICE,
    SERVICE_S,
    STOPS,
    TRAVEL_S,
    State,
)

_ROUNDING = 4
"""Cents by which rounding per term may hide a difference."""


@kernel
def is_promising(
    instance: Instance, state: State, shift: int, job: int, place: int, stop: Ints, limit: int, is_timed: bool
) -> bool:
    """Whether a stop before the one now at `place` may make the tour dearer by less than `limit`.

    With `is_timed` windows and travel must let it stand there, as far as breaks don't matter. The least that the tour
    grows by: travel, work that waiting can't absorb, lateness, and what the pair costs.
    """
    own, figures, here = instance.shifts[shift], state.figures[shift], stop[LOCATION]
    count, profile = figures[STOPS], own.profile
    before = own.start_location if place == 0 else state.stops[shift, place - 1, LOCATION]
    after = own.end_location if place == count else state.stops[shift, place, LOCATION]
    there, on = instance.back_s[profile, here, before], instance.travel_s[profile, here, after]
    if there >= FAR or on >= FAR:
        return False
    arrival = state.free_s[shift, place] + there
    if is_timed:
        earliest = max(arrival, stop[EARLIEST])
        start = first_start(instance.windows, stop[FIRST_WINDOW], stop[LAST_WINDOW], earliest)
        if start > stop[LATEST] or start + stop[SERVICE] + on > state.latest_s[shift, place]:
            return False
    detour_s = there + on
    busy = detour_s + stop[SERVICE]
    cents = instance.pair_cents[job, shift] - _ROUNDING
    if count == 0:
        cents += own.fixed_cents
    else:
        leg_s = min(state.leg_s[shift, place], detour_s)
        detour_s -= leg_s
        waiting = figures[PAID_S] - figures[TRAVEL_S] - figures[SERVICE_S]
        # What has begun may have been quicker than it should, which hides waiting after it.
        busy = 0 if own.committed > 0 else max(0, busy - leg_s - waiting)
        cents -= figures[MOVED]  # a later start may be nearer to the one published
    cents += detour_s * instance.rates[TRAVEL_RATE] // 3600 + busy * own.cents_per_hour // 3600
    if own.cents_per_km != 0:
        detour_m = instance.back_m[profile, here, before] + instance.travel_m[profile, here, after]
        if count > 0:
            detour_m = max(0, detour_m - instance.travel_m[profile, before, after])
        cents += detour_m * own.cents_per_km // 1000
    due = instance.nodes[job].due_s
    if due < FAR:
        cents += max(0, arrival - due) * instance.nodes[job].late_cents_per_minute // 60
    return cents < limit
