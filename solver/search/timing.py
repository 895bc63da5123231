"""When the stops of one tour happen, and what the tour costs. Exact, as the checker and the score judge.

Everything happens as early as it can; then the departure is delayed as far as neither the return nor any promise
suffers, which saves paid waiting (Savelsbergh, "The vehicle routing problem with time windows: minimizing route
duration", ORSA Journal on Computing 4 (1992), section 3, with several windows).
"""

from solver.search.instance import FAR, INFEASIBLE, NEVER, Instance, Ints
from solver.search.kernel import kernel
from solver.search.pricing import price
from solver.search.resting import run_with_breaks
from solver.search.starts import after_firsts, first_start, last_start, promise
from solver.search.state import (
    DEPARTURE_S,
    EARLIEST,
    FIRST_WINDOW,
    FIXED,
    LAST_WINDOW,
    LATEST,
    LOCATION,
    PAID_S,
    RETURN_S,
    SERVICE,
    TRAVEL_M,
    TRAVEL_S,
    Work,
)


@kernel
def time_tour(instance: Instance, shift: int, stops: Ints, count: int, linked: int, work: Work) -> int:
    """Time the first `count` rows of `stops` on a shift; cents, or INFEASIBLE where no timing keeps all windows.

    Afterwards `work.start_s` and `work.figures` hold the starts and figures of the tour, `work.free_s` its labels.
    """
    own = instance.shifts[shift]
    if own.last_break > own.first_break:
        if not run_with_breaks(instance, shift, stops, count, linked, work):
            return INFEASIBLE
    elif not _run(instance, shift, stops, count, linked, work):
        return INFEASIBLE
    return price(instance, shift, stops, count, work)


@kernel
def _run(instance: Instance, shift: int, stops: Ints, count: int, linked: int, work: Work) -> bool:
    """Forward and backward over a tour without breaks."""
    own = instance.shifts[shift]
    travel_s, travel_m, windows = instance.travel_s[own.profile], instance.travel_m[own.profile], instance.windows
    free, place = own.earliest_start, own.start_location
    seconds, metres = 0, 0
    starts, labels = work.start_s, work.free_s
    labels[0, 0] = free
    for index in range(count):
        stop = stops[index]
        there = travel_s[place, stop[LOCATION]]
        if stop[FIXED] != NEVER:
            start = stop[FIXED]
        else:
            earliest = max(free + there, stop[EARLIEST])
            if linked > 0:
                earliest = max(earliest, after_firsts(instance, stops, count, index, starts))
            start = first_start(windows, stop[FIRST_WINDOW], stop[LAST_WINDOW], earliest)
            if there >= FAR or start > stop[LATEST]:
                return False
        if there < FAR:
            seconds += there
            metres += travel_m[place, stop[LOCATION]]
        starts[index] = start
        work.label_start_s[index, 0] = start
        free, place = start + stop[SERVICE], stop[LOCATION]
        labels[index + 1, 0] = free
    home = travel_s[place, own.end_location]
    returns = free + home
    if home >= FAR or returns > own.latest_return:
        return False
    latest, place = returns, own.end_location
    for index in range(count - 1, -1, -1):
        stop = stops[index]
        bound = min(latest - travel_s[stop[LOCATION], place] - stop[SERVICE], promise(instance, stop))
        if linked > 0 or stop[FIXED] != NEVER or bound <= starts[index]:
            latest = starts[index]
        else:
            latest = last_start(windows, stop[FIRST_WINDOW], stop[LAST_WINDOW], bound, starts[index])
        place = stop[LOCATION]
    there = travel_s[own.start_location, place]
    departure = max(own.earliest_start, latest - (0 if there >= FAR else there))
    _restart(instance, shift, stops, count, departure, work)
    figures = work.figures
    figures[TRAVEL_S] = seconds
    figures[TRAVEL_M] = metres + travel_m[stops[count - 1, LOCATION] if count else own.start_location, own.end_location]
    figures[TRAVEL_S] += home
    figures[DEPARTURE_S], figures[RETURN_S] = departure, returns
    figures[PAID_S] = returns - departure
    return True


@kernel
def _restart(instance: Instance, shift: int, stops: Ints, count: int, departure: int, work: Work) -> None:
    """The starts of a tour that leaves at `departure`: nothing later than planned before pays for it."""
    own = instance.shifts[shift]
    travel_s, windows = instance.travel_s[own.profile], instance.windows
    free, place = departure, own.start_location
    for index in range(count):
        stop = stops[index]
        if stop[FIXED] == NEVER:
            earliest = max(free + travel_s[place, stop[LOCATION]], work.start_s[index])
            start = first_start(windows, stop[FIRST_WINDOW], stop[LAST_WINDOW], earliest)
            if start == work.start_s[index] and index > 0:
                return  # from here on nothing moves
            work.start_s[index] = start
        free, place = work.start_s[index] + stop[SERVICE], stop[LOCATION]
