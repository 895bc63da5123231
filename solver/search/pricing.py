"""What a timed tour costs, term by term as `solver.score` has it."""

from solver.search.instance import (
    FAR,
    HAS_PREVIOUS,
    LOAD_RATE,
    MOVED_RATE,
    NEVER,
    TOLERANCE_S,
    TRAVEL_RATE,
    Instance,
    Ints,
)
from solver.search.kernel import kernel
from solver.search.state import COST, MOVED, NODE, PAID_S, RETURN_S, SERVICE, SERVICE_S, TRAVEL_M, TRAVEL_S, Work


@kernel
def price(instance: Instance, shift: int, stops: Ints, count: int, work: Work) -> int:
    """The terms of the objective that belong to one tour, each rounded down once, as `solver.score` does."""
    own, figures, jobs = instance.shifts[shift], work.figures, instance.allowed.shape[0]
    rates = instance.rates
    late, pairs, moved, service, fixed = 0, 0, 0, 0, 0
    for index in range(count):
        node = stops[index, NODE]
        if node >= jobs:
            continue
        job, start = instance.nodes[node], work.start_s[index]
        fixed = own.fixed_cents
        service += stops[index, SERVICE]
        pairs += instance.pair_cents[node, shift]
        if start > job.due_s:
            late += (start - job.due_s) * job.late_cents_per_minute
        if rates[HAS_PREVIOUS] != 0 and job.previous_s != NEVER:
            moved += max(0, abs(start - job.previous_s) - rates[TOLERANCE_S]) // 60
    figures[SERVICE_S] = service
    over = max(0, figures[RETURN_S] - own.latest_end)
    load = 0
    if own.load_target_s < FAR:
        load = max(0, service + figures[TRAVEL_S] - own.load_target_s)
    cents = (
        late // 60
        + figures[TRAVEL_S] * rates[TRAVEL_RATE] // 3600
        + figures[TRAVEL_M] * own.cents_per_km // 1000
        + figures[PAID_S] * own.cents_per_hour // 3600
        + over * own.overtime_cents_per_hour // 3600
        + fixed
        + load * rates[LOAD_RATE] // 3600
        + pairs
        + moved * rates[MOVED_RATE]
    )
    figures[COST] = cents
    figures[MOVED] = moved * rates[MOVED_RATE]
    return cents
