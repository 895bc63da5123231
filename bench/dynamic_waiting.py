"""When the coming stops of a tour start, as far as its order and its return leave that open: as late as they can.

Engines wait where they are early; a technician who waits where he is instead can still be sent elsewhere.
"""

from dataclasses import replace

from bench.dynamic_day import Tours
from bench.dynamic_now import Now
from solver.plan import Stop, StopKind
from solver.problem import Problem, VehicleShift, Window
from solver.units import Seconds


def put_off(problem: Problem, now: Now, tours: Tours) -> Tours:
    """The tours with all that has not begun as late as lets everybody be home when the plan says."""
    return {shift: _later(problem, now, problem.shift_by_id[shift], stops) for shift, stops in tours.items()}


def _later(problem: Problem, now: Now, shift: VehicleShift, stops: tuple[Stop, ...]) -> tuple[Stop, ...]:
    begun = len(now.begun.get(shift.id, ()))
    later: list[Stop] = []
    ends_s = stops[-1].end_s
    for place in range(len(stops) - 1, begun - 1, -1):
        stop = stops[place]
        lasts = stop.end_s - stop.start_s
        start = _latest(_windows(problem, stop), ends_s - lasts)
        later.append(replace(stop, arrival_s=start, start_s=start, end_s=start + lasts))
        if place:
            ends_s = start - problem.travel_s(shift, stops[place - 1].location, stop.location)
    return (*stops[:begun], *reversed(later))


def _windows(problem: Problem, stop: Stop) -> tuple[Window, ...]:
    if stop.kind is StopKind.JOB:
        return problem.job_by_id[stop.id].windows
    return problem.warehouse_by_id[stop.id].windows


def _latest(windows: tuple[Window, ...], bound: Seconds) -> Seconds:
    """The last second of any window that is not after `bound`, which is not before all of them."""
    return max((min(one.end, bound) for one in windows if one.start <= bound), default=bound)
