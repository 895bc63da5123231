"""An older plan under today's facts: the same tours, timed anew, without what no longer holds."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile

from solver.check import violations
from solver.draft import Draft, Interval
from solver.eligibility import barriers
from solver.plan import Plan, StopKind
from solver.problem import Job, Previous, Problem, VehicleShift
from solver.schedule import Visit
from solver.supply import Tour
from solver.units import Seconds

_ROUNDS = 4
"""How often a crew's meeting is put off to when the last of its members can be there."""


def repaired(
    problem: Problem,
    tours: Mapping[str, Tour],
    times: Mapping[str, Interval] | None = None,
    *,
    keeps_times: bool = False,
    or_sooner: bool = True,
) -> Plan:
    """The best-kept form of some tours (shift id to order): a start for a solve, never with violations.

    times: (start, end) that the tours had for their jobs, in seconds from the origin. A crew stays together: at that
    time, or as soon after it as all its members can be there; without one it drops out. Others need none.
    keeps_times: no job starts before its time, and later only where it must; otherwise as early as it can. or_sooner:
    technicians whose jobs can't keep their times make them as early as they can; otherwise those drop out.

    Committed jobs stand first whatever the tours say. Technicians whose tours hold are kept whole, also when that
    shows only after others whose jobs come first; of the rest, stops are taken over one by one while they hold.
    Jobs that drop out are NOT_PROVEN until somebody explains them.
    """
    times = times or {}
    if keeps_times:
        problem = shown_at(problem, tours, times)
    wanted = {
        shift.id: _still_allowed(problem, shift, tours[shift.id]) for shift in problem.shifts if shift.id in tours
    }
    crews = _whole_crews(problem, wanted) & times.keys()
    wanted = _without_crews(problem, wanted, kept=crews)
    kept = {job: start for job, (start, _) in times.items()}
    hold = _Hold(times, ((kept, {}) if or_sooner else (kept,)) if keeps_times else ({},))
    draft, pending = _keep_whole(Draft.begun(problem), wanted, hold)
    return _take_over(draft, pending, hold).plan()


def shown_at(problem: Problem, tours: Mapping[str, Tour], times: Mapping[str, Interval]) -> Problem:
    """The problem with every job of some tours shown where it is: without a reason it is not put off."""
    shifts = {stop.id: shift for shift, tour in tours.items() for stop in tour if stop.id in times}
    return replace(problem, jobs=tuple(_shown(job, shifts, times) for job in problem.jobs))


def _shown(job: Job, shifts: Mapping[str, str], times: Mapping[str, Interval]) -> Job:
    if job.previous is not None or job.id not in shifts:
        return job
    return replace(job, previous=Previous((shifts[job.id],), times[job.id][0]))


@dataclass(frozen=True, slots=True)
class _Hold:
    """What the tours had: (start, end) of their jobs, and the earliest starts to try, one set after the other."""

    times: Mapping[str, Interval]
    ways: tuple[Mapping[str, Seconds], ...]


def repaired_plan(problem: Problem, plan: Plan) -> Plan:
    """The best-kept form of any plan, without warehouses that do not exist."""
    tours = {
        shift: tuple(visit for visit in tour if visit.kind is StopKind.JOB or visit.id in problem.warehouse_by_id)
        for shift, tour in Draft.of_plan(problem, plan).tours.items()
    }
    times = {
        stop.id: (stop.start_s, stop.end_s)
        for route in plan.routes
        for stop in route.stops
        if stop.kind is StopKind.JOB
    }
    return repaired(problem, tours, times)


def _still_allowed(problem: Problem, shift: VehicleShift, tour: Tour) -> Tour:
    """The stops of a tour that the shift may make at all; committed jobs stand in the draft already."""
    return tuple(
        visit
        for visit in tour
        if visit.kind is StopKind.WAREHOUSE
        or (
            (job := problem.job_by_id.get(visit.id)) is not None
            and job.id not in problem.committed_jobs
            and not barriers(problem, job, shift)
        )
    )


def _whole_crews(problem: Problem, wanted: Mapping[str, Tour]) -> frozenset[str]:
    """Crew jobs that as many different technicians go to as they need."""
    members: dict[str, set[str]] = {}
    for shift, tour in wanted.items():
        for visit in _crew_visits(problem, tour):
            members.setdefault(visit.id, set()).add(problem.shift_by_id[shift].technician)
    return frozenset(job for job, own in members.items() if len(own) == problem.job_by_id[job].crew_size)


def _without_crews(problem: Problem, wanted: Mapping[str, Tour], kept: Collection[str]) -> dict[str, Tour]:
    """The tours without crew jobs, but for those that are kept."""
    left = {
        shift: tuple(
            visit
            for visit in tour
            if visit.kind is StopKind.WAREHOUSE or problem.job_by_id[visit.id].crew_size == 1 or visit.id in kept
        )
        for shift, tour in wanted.items()
    }
    return {shift: tour for shift, tour in left.items() if tour}


def _crew_visits(problem: Problem, tour: Tour) -> tuple[Visit, ...]:
    return tuple(visit for visit in tour if visit.kind is StopKind.JOB and problem.job_by_id[visit.id].crew_size > 1)


def _keep_whole(draft: Draft, wanted: Mapping[str, Tour], hold: _Hold) -> tuple[Draft, dict[str, Tour]]:
    """Accept the tours of technicians who meet, or of one alone, where they hold whole; return the others."""
    pending = dict(wanted)
    has_changed = True
    while has_changed:
        has_changed = False
        for group in _groups(draft.problem, pending):
            kept = _tried(draft, {shift: pending[shift] for shift in group}, hold)
            if kept is not None:
                draft = kept
                pending = {shift: tour for shift, tour in pending.items() if shift not in group}
                has_changed = True
    return draft, pending


def _groups(problem: Problem, wanted: Mapping[str, Tour]) -> list[frozenset[str]]:
    """The shifts of each technician, together with those of everybody met on them."""
    groups: list[tuple[set[str], set[str]]] = []
    for shift, tour in wanted.items():
        ties = {f"technician {problem.shift_by_id[shift].technician}"}
        ties |= {f"job {visit.id}" for visit in _crew_visits(problem, tour)}
        tied = [group for group in groups if group[1] & ties]
        merged = ({shift}.union(*(group[0] for group in tied)), ties.union(*(group[1] for group in tied)))
        groups = [*(group for group in groups if group not in tied), merged]
    return [frozenset(shifts) for shifts, _ in groups]


def _tried(draft: Draft, tours: Mapping[str, Tour], hold: _Hold) -> Draft | None:
    """The draft with the tours of a group, its meetings put off as far as the last member needs; None = they break."""
    own: dict[str, dict[str, Tour]] = {}
    for shift, tour in tours.items():
        joined = (*draft.tours.get(shift, ()), *tour)
        own.setdefault(draft.problem.shift_by_id[shift].technician, {})[shift] = joined
    met = {visit.id: hold.times[visit.id] for tour in tours.values() for visit in _crew_visits(draft.problem, tour)}
    found = (_met(draft, own, met, not_before) for not_before in hold.ways)
    return next((longer for longer in found if longer is not None), None)


def _met(
    draft: Draft,
    own: Mapping[str, Mapping[str, Tour]],
    met: Mapping[str, Interval],
    not_before: Mapping[str, Seconds],
) -> Draft | None:
    for _ in range(_ROUNDS):
        longer = _joined(draft, own, met, not_before)
        if longer is None:
            return None
        starts = _latest_starts(longer, met)
        if all(starts[job] == start for job, (start, _) in met.items()):
            return None if met and violations(draft.problem, longer.plan()) else longer
        met = {job: (starts[job], starts[job] + end - start) for job, (start, end) in met.items()}
    return None


def _joined(
    draft: Draft,
    own: Mapping[str, Mapping[str, Tour]],
    met: Mapping[str, Interval],
    not_before: Mapping[str, Seconds],
) -> Draft | None:
    """The draft with the tours of all technicians (technician to shift to tour), in an order in which they hold."""
    longer, left = draft.branch(), list(own)
    longer.not_before = not_before
    while left:
        trials = ((technician, longer.try_tours(own[technician], met)) for technician in left)
        found = next(((technician, trial) for technician, trial in trials if trial is not None), None)
        if found is None:
            return None
        longer.accept(found[1])
        left.remove(found[0])
    return longer


def _latest_starts(draft: Draft, met: Collection[str]) -> dict[str, Seconds]:
    """When the last member of each crew would start."""
    starts: dict[str, Seconds] = {}
    for route in draft.routes.values():
        for stop in route.stops:
            if stop.kind is StopKind.JOB and stop.id in met:
                starts[stop.id] = max(stop.start_s, starts.get(stop.id, stop.start_s))
    return starts


def _take_over(draft: Draft, pending: Mapping[str, Tour], hold: _Hold) -> Draft:
    """Append stops one by one, in turns, since a job may wait for one on another tour; drop what nothing lets in."""
    queues = {shift: deque(tour) for shift, tour in pending.items()}
    while any(queues.values()):
        moved = False
        for shift in queues:
            longer = _advance(draft, shift, queues, hold)
            moved, draft = moved or longer is not None, longer or draft
        heads = [job for queue in queues.values() if (job := _next_job(queue)) is not None]
        if not moved and heads:
            # Never a warehouse stop: jobs further on may need what is fetched there. A crew waits for its members.
            _drop(queues, min(heads, key=lambda job: draft.problem.job_by_id[job].crew_size))
    return draft


def _advance(draft: Draft, shift: str, queues: Mapping[str, deque[Visit]], hold: _Hold) -> Draft | None:
    """The draft with the next job of a queue, for a crew of all its members' queues; None where nothing can go on."""
    job = _next_job(queues[shift])
    if job is None:
        queues[shift].clear()
        return None
    together = [one for one, queue in queues.items() if _next_job(queue) == job]
    if len(together) < draft.problem.job_by_id[job].crew_size:
        return None  # somebody has other work to do first
    fetched = {one: tuple(takewhile(_is_warehouse, queues[one])) for one in together}
    visits = {one: queues[one][len(fetched[one])] for one in together}
    for stops in (dict.fromkeys(together, ()), fetched) if any(fetched.values()) else (fetched,):
        longer = _tried(draft, {one: (*stops[one], visits[one]) for one in together}, hold)
        if longer is not None:
            for one in together:
                for stop in (*stops[one], visits[one]):
                    queues[one].remove(stop)
            return longer
    return None


def _next_job(queue: deque[Visit]) -> str | None:
    return next((stop.id for stop in queue if not _is_warehouse(stop)), None)


def _is_warehouse(stop: Visit) -> bool:
    return stop.kind is StopKind.WAREHOUSE


def _drop(queues: Mapping[str, deque[Visit]], job: str) -> None:
    for queue in queues.values():
        for stop in [one for one in queue if one.kind is StopKind.JOB and one.id == job]:
            queue.remove(stop)
