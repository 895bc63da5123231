"""Timing of one route: given the order of its stops, when each of them happens, breaks included.

Labels run forward over the stops; a label is the set of breaks taken so far with the earliest second at which the
technician is free, which dominates every later one (travel and service never shrink by waiting). A second pass
delays the departure as far as neither the return nor any promise suffers, which saves paid waiting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solver.eligibility import start_windows
from solver.plan import Load, Route, Stop, StopKind
from solver.problem import Break, Problem, Receipt, VehicleShift, Warehouse, Window
from solver.units import MAX_TIME_S, Seconds


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop still without times: a job or a warehouse (never a break), with what it loads."""

    kind: StopKind
    id: str
    loads: tuple[Load, ...] = ()
    tools: frozenset[str] = frozenset()
    supplies: bool = True


@dataclass(frozen=True, slots=True)
class _Task:
    """A visit or break with everything that timing needs. `fixed`: it began at that second, however it got there."""

    visit: Visit
    location: int
    duration_s: Seconds
    windows: tuple[Window, ...]
    latest_s: Seconds
    """Starting later than this, or than now if that is later, would cost something."""
    fixed: Seconds | None = None
    lags: tuple[tuple[str, Seconds], ...] = ()


@dataclass(frozen=True, slots=True)
class _Label:
    """A partial route: when and where the technician is free, breaks taken as a bit mask, the tasks with starts."""

    free_s: Seconds
    location: int
    taken: int
    steps: tuple[tuple[_Task, Seconds], ...] = ()


_Steps = tuple[tuple[_Task, Seconds], ...]


def schedule_route(
    problem: Problem,
    shift: VehicleShift,
    visits: Sequence[Visit],
    *,
    release: Mapping[str, Seconds] | None = None,
    durations: Mapping[str, Seconds] | None = None,
    stock: Mapping[tuple[str, str], Sequence[Receipt]] | None = None,
) -> Route | None:
    """Place the breaks of a shift among its visits and give every stop its times.

    Parameters
    ----------
    visits : jobs and warehouse stops in driving order; committed jobs first.
    release : earliest service start per job id, beside its windows (predecessors on other routes).
    durations : service seconds per job id that differ from the technician's own (crews).
    stock : receipts by warehouse and part where other routes leave less than was received.

    Returns
    -------
    The route with the earliest return, departing as late as that allows; None where no timing keeps windows, locks,
    freeze, breaks, same-route predecessors and the end of the shift.
    """
    begun = {stop.job: stop.start_s for stop in shift.committed}
    tasks = [
        _pickup(problem.warehouse_by_id[visit.id], visit, stock or {})
        if visit.kind is StopKind.WAREHOUSE
        else _task(problem, shift, visit, release or {}, durations or {}, begun)
        for visit in visits
    ]
    is_begun_only = bool(visits) and all(visit.kind is StopKind.JOB and visit.id in begun for visit in visits)
    best = _best_label(problem, shift, tasks, is_begun_only)
    if best is None:
        return None
    label, return_s = best
    return _build(problem, shift, label, return_s)


def _task(
    problem: Problem,
    shift: VehicleShift,
    visit: Visit,
    release: Mapping[str, Seconds],
    durations: Mapping[str, Seconds],
    begun: Mapping[str, Seconds | None],
) -> _Task:
    job = problem.job_by_id[visit.id]
    duration = durations.get(job.id, job.service_on(shift))
    if job.id in begun:
        anywhere = (Window(-MAX_TIME_S, MAX_TIME_S),)
        return _Task(visit, job.location, duration, anywhere, -MAX_TIME_S, fixed=begun[job.id])
    windows = start_windows(problem, job)
    earliest = release.get(job.id)
    if earliest is not None:
        windows = tuple(Window(max(earliest, one.start), one.end) for one in windows if one.end >= earliest)
    promises = [MAX_TIME_S]
    if job.due_s is not None and job.lateness_cents_per_minute:
        promises.append(job.due_s)
    if job.previous is not None:
        promises.append(job.previous.start_s)
    if job.id in problem.awaited_jobs or job.crew_size > 1:
        promises.append(-MAX_TIME_S)  # others wait for its end, or for the technician to be there
    lags = tuple((first.job, first.lag_s) for first in job.predecessors)
    return _Task(visit, job.location, duration, windows, min(promises), lags=lags)


def _pickup(warehouse: Warehouse, visit: Visit, stock: Mapping[tuple[str, str], Sequence[Receipt]]) -> _Task:
    opening = sorted(warehouse.windows, key=lambda one: one.start) or [Window(-MAX_TIME_S, MAX_TIME_S)]
    own = ((load, stock.get((warehouse.id, load.part), warehouse.stock.get(load.part, ()))) for load in visit.loads)
    ready = max((_received(load, receipts) for load, receipts in own), default=-MAX_TIME_S)
    windows = tuple(Window(max(ready, one.start), one.end) for one in opening if one.end >= ready)
    return _Task(visit, warehouse.location, warehouse.handling_s, windows, MAX_TIME_S)


def _received(load: Load, receipts: Sequence[Receipt] | None) -> Seconds:
    """From when on receipts amount to as much as the load takes; past every window if they never do."""
    if load.job is not None or receipts is None:
        return -MAX_TIME_S
    total = 0
    for receipt in sorted(receipts, key=lambda one: one.from_s):
        total += receipt.quantity
        if total >= load.quantity:
            return receipt.from_s
    return MAX_TIME_S + 1


def _best_label(
    problem: Problem, shift: VehicleShift, tasks: Sequence[_Task], is_begun_only: bool
) -> tuple[_Label, Seconds] | None:
    """The complete label with the earliest return, and that return."""
    labels = [_Label(shift.earliest_start, shift.start_location, 0)]
    for task in tasks:
        reached = [
            visited
            for label in _with_breaks(shift, labels)
            if (there := _drive(problem, shift, label, task)) is not None
            for rested in ([there] if task.fixed is not None else _with_breaks(shift, [there]))
            if (visited := _serve(rested, task)) is not None
        ]
        labels = _undominated(reached)
        if not labels:
            return None
    complete = (1 << len(shift.breaks)) - 1
    latest = MAX_TIME_S if is_begun_only else shift.latest_return
    ends: list[tuple[Seconds, int, _Label]] = []
    for label in _with_breaks(shift, labels):
        travel = _travel(problem, shift, label.location, shift.end_location)
        if travel < 0 or label.free_s + travel > latest:
            continue
        home = _Label(label.free_s + travel, shift.end_location, label.taken, label.steps)
        for rested in _with_breaks(shift, [home]):
            if rested.taken == complete or is_begun_only:
                ends.append((label.free_s + travel, -rested.taken, rested))
    if not ends:
        return None
    return_s, _, label = min(ends, key=lambda end: (-end[1].bit_count() if is_begun_only else 0, end[0], end[1]))
    return label, return_s


def _with_breaks(shift: VehicleShift, labels: Sequence[_Label]) -> list[_Label]:
    """The labels, and those that take one or more further breaks where the technician is."""
    found = list(labels)
    for label in found:  # grows while it is read: breaks follow each other
        for bit, one in enumerate(shift.breaks):
            start = max(label.free_s, one.window.start)
            if not label.taken >> bit & 1 and start <= one.window.end:
                steps = (*label.steps, (_break_task(one, label.location), start))
                found.append(_Label(start + one.duration_s, label.location, label.taken | 1 << bit, steps))
    return found


def _break_task(one: Break, location: int) -> _Task:
    return _Task(Visit(StopKind.BREAK, one.id), location, one.duration_s, (one.window,), MAX_TIME_S)


def _drive(problem: Problem, shift: VehicleShift, label: _Label, task: _Task) -> _Label | None:
    travel = _travel(problem, shift, label.location, task.location)
    if task.fixed is not None:
        rests = bool(label.steps) and _is_break(label.steps[-1][0]) and label.free_s > task.fixed
        return None if rests else _Label(task.fixed, task.location, label.taken, label.steps)
    if travel < 0:
        return None
    return _Label(label.free_s + travel, task.location, label.taken, label.steps)


def _serve(label: _Label, task: _Task) -> _Label | None:
    earliest = label.free_s
    for job, lag in task.lags:
        for done, began in label.steps:
            if done.visit.id == job and done.visit.kind is StopKind.JOB:
                earliest = max(earliest, began + done.duration_s + lag)
    start = _first_start(task, earliest) if task.fixed is None else task.fixed
    if start is None:
        return None
    return _Label(start + task.duration_s, task.location, label.taken, (*label.steps, (task, start)))


def _first_start(task: _Task, earliest: Seconds) -> Seconds | None:
    for window in task.windows:
        if earliest <= window.end:
            return max(earliest, window.start)
    return None


def _undominated(labels: Sequence[_Label]) -> list[_Label]:
    """The earliest label of each set of breaks, unless a label with more breaks is as early."""
    earliest: dict[int, _Label] = {}
    for label in labels:
        known = earliest.get(label.taken)
        if known is None or label.free_s < known.free_s:
            earliest[label.taken] = label
    return [
        label
        for label in earliest.values()
        if not any(
            other is not label and other.taken & label.taken == label.taken and other.free_s <= label.free_s
            for other in earliest.values()
        )
    ]


def _build(problem: Problem, shift: VehicleShift, label: _Label, return_s: Seconds) -> Route:
    """Write the route down: leave as late as costs nothing, then do everything as early as that allows."""
    lead, middle, tail = _split(label.steps, shift.start_location, return_s)
    free = max([shift.earliest_start, *(start + task.duration_s for task, start in lead)])
    departure = max(free, _latest_departure(problem, shift, middle, return_s))
    stops = [_stop(task, start, start) for task, start in lead]
    free, location = departure, shift.start_location
    ends: dict[str, Seconds] = {}
    for task, planned in middle:
        arrival = free + max(0, _travel(problem, shift, location, task.location))
        start = planned if task.fixed is not None else _restart(task, arrival, ends)
        stops.append(_stop(task, min(arrival, start), start))
        free, location = start + task.duration_s, task.location
        ends[task.visit.id] = free
    returns = free + max(0, _travel(problem, shift, location, shift.end_location))
    stops += [_stop(task, start, start) for task, start in tail]
    return Route(shift.id, departure, returns, tuple(stops))


def _split(steps: _Steps, start_location: int, return_s: Seconds) -> tuple[_Steps, _Steps, _Steps]:
    """Breaks before the departure, what happens on the road, breaks after the return."""
    first, last = 0, len(steps)
    while first < last and _is_break(steps[first][0]) and steps[first][0].location == start_location:
        first += 1
    while last > first and _is_break(steps[last - 1][0]) and steps[last - 1][1] >= return_s:
        last -= 1
    return steps[:first], steps[first:last], steps[last:]


def _latest_departure(problem: Problem, shift: VehicleShift, middle: _Steps, return_s: Seconds) -> Seconds:
    """The latest departure that keeps the order, the return, and every start that waiting would make dearer."""
    location, latest = shift.end_location, return_s
    has_lag = any(task.lags for task, _ in middle)
    for task, start in reversed(middle):
        bound = min(latest - _travel(problem, shift, task.location, location) - task.duration_s, task.latest_s)
        is_pinned = has_lag or task.fixed is not None or bound <= start
        latest = start if is_pinned else max(min(bound, one.end) for one in task.windows if one.start <= bound)
        location = task.location
    return latest - max(0, _travel(problem, shift, shift.start_location, location))


def _restart(task: _Task, arrival: Seconds, ends: Mapping[str, Seconds]) -> Seconds:
    earliest = max([arrival, *(ends[job] + lag for job, lag in task.lags if job in ends)])
    start = _first_start(task, earliest)
    assert start is not None, "a later departure never passes the latest start of a stop"
    return start


def _stop(task: _Task, arrival: Seconds, start: Seconds) -> Stop:
    visit, end = task.visit, start + task.duration_s
    return Stop(visit.kind, visit.id, task.location, arrival, start, end, visit.loads, visit.tools, visit.supplies)


def _is_break(task: _Task) -> bool:
    return task.visit.kind is StopKind.BREAK


def _travel(problem: Problem, shift: VehicleShift, origin: int, destination: int) -> Seconds:
    return 0 if origin == destination else problem.travel_s(shift, origin, destination)
