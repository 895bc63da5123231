"""The rest of a day as a problem of its own: where everybody is by now, and what is still open.

Whoever has left for a stop, stands at one or has made it, is held there from now on by a job that has begun, which ends
when the stop does: so nobody can set out before now, and the time from now on is paid. What has been paid is left out:
the engine would take it for a cost of what is open, and search too hot. Whoever has not left home may leave it from now
on. Whoever has left for home is no longer there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bench.dynamic_day import Tours, plan_of
from solver.plan import Plan, Stop, StopKind
from solver.problem import CommittedStop, Job, Previous, Problem, Technician, VehicleShift
from solver.units import Cents, Seconds


@dataclass(frozen=True, slots=True)
class Now:
    """A second of the day.

    tours: the plan so far. begun: those of its stops that technicians have left for. gone: shifts of technicians who
    have left for home. open: jobs accepted before and not begun. new: jobs to decide on.
    """

    second: Seconds
    tours: Tours
    begun: Tours
    gone: frozenset[str]
    open: frozenset[str]
    new: frozenset[str]


def problem_now(problem: Problem, now: Now, change_cents: Cents) -> Problem:
    """What is left to plan. Leaving out a job that was accepted costs more than leaving out all that are new."""
    penalty = sum(job.unplanned_penalty_cents for job in problem.jobs) + 1
    shift_of = {stop.id: shift for shift, stops in now.tours.items() for stop in stops}
    jobs = [
        _accepted(job, penalty, shift_of.get(job.id)) if job.id in now.open else job
        for job in problem.jobs
        if job.id in now.open or job.id in now.new
    ]
    shifts: list[VehicleShift] = []
    for shift in problem.shifts:
        stops = now.begun.get(shift.id, ())
        if shift.id in now.gone:
            continue
        if stops:
            jobs.append(_holder(shift, stops[-1], now.second))
        if stops or now.second <= shift.latest_end:
            shifts.append(_shift_now(problem, shift, stops, now.second))
    technicians = tuple(_stocked(problem, one, now.begun) for one in problem.technicians)
    weights = replace(problem.weights, disruption_change_cents=change_cents)
    return replace(problem, jobs=tuple(jobs), shifts=tuple(shifts), technicians=technicians, weights=weights)


def rest_of(now_problem: Problem, now: Now) -> Plan:
    """What is still to come of the plan so far, as a plan of the problem that is left."""
    tours = {}
    for shift in now_problem.shifts:
        held = (_held(now_problem, shift),) if shift.committed else ()
        tours[shift.id] = (*held, *now.tours.get(shift.id, ())[len(now.begun.get(shift.id, ())) :])
    return plan_of(now_problem, tours)


def joined(now: Now, plan: Plan) -> dict[str, tuple[Stop, ...]]:
    """What has begun and what a plan of the rest makes of the rest; arrivals are just in time."""
    tours = dict(now.begun)
    for route in plan.routes:
        begun = now.begun.get(route.shift, ())
        coming = route.stops[1:] if begun else route.stops
        tours[route.shift] = (*begun, *(replace(stop, arrival_s=stop.start_s) for stop in coming))
    return {shift: stops for shift, stops in tours.items() if stops}


def _accepted(job: Job, penalty: Cents, shift: str | None) -> Job:
    """A job that stays in the plan. No start of it is promised: the engine may put it off as far as its windows go."""
    previous = Previous((shift,), job.windows[-1].end) if shift is not None else None
    return replace(job, unplanned_penalty_cents=penalty, previous=previous)


def _holder(shift: VehicleShift, stop: Stop, second: Seconds) -> Job:
    left_s = max(second, stop.end_s) - max(second, stop.start_s)
    return Job(f"{shift.id} is here", stop.location, left_s)


def _held(now_problem: Problem, shift: VehicleShift) -> Stop:
    job, start_s = now_problem.job_by_id[shift.committed[0].job], shift.earliest_start
    return Stop(StopKind.JOB, job.id, job.location, start_s, start_s, start_s + job.service_s)


def _shift_now(problem: Problem, shift: VehicleShift, stops: tuple[Stop, ...], second: Seconds) -> VehicleShift:
    if not stops:
        return replace(shift, earliest_start=max(shift.earliest_start, second))
    last = stops[-1]
    held_from_s = max(second, last.start_s)
    lent = frozenset(tool for stop in stops for tool in _lent(problem, stop))
    fetched = sum(stop.kind is StopKind.WAREHOUSE for stop in stops)
    return replace(
        shift,
        earliest_start=held_from_s,
        start_location=last.location,
        committed=(CommittedStop(f"{shift.id} is here", held_from_s),),
        tools=shift.tools | lent,
        max_pickups=shift.max_pickups - fetched,
    )


def _lent(problem: Problem, stop: Stop) -> frozenset[str]:
    """The data set's rule: after the warehouse every tool is on board."""
    return problem.warehouse_by_id[stop.id].tools if stop.kind is StopKind.WAREHOUSE else frozenset()


def _stocked(problem: Problem, technician: Technician, begun: Tours) -> Technician:
    """The technician with what is left on the van; after the warehouse there is, as the data set has it, any number."""
    stock = dict(technician.van_stock)
    for shift in problem.shifts:
        if shift.technician == technician.id:
            for stop in begun.get(shift.id, ()):
                _move_stock(problem, stock, stop)
    return replace(technician, van_stock={part: quantity for part, quantity in stock.items() if quantity > 0})


def _move_stock(problem: Problem, stock: dict[str, int], stop: Stop) -> None:
    if stop.kind is StopKind.WAREHOUSE:
        stock.update(_every_part(problem.jobs))
    else:
        for part, quantity in problem.job_by_id[stop.id].parts.items():
            stock[part] = stock.get(part, 0) - quantity


def _every_part(jobs: Iterable[Job]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for job in jobs:
        for part, quantity in job.parts.items():
            found[part] = found.get(part, 0) + quantity
    return found
