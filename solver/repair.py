"""An older plan under today's facts: the same tours, timed anew, without what no longer holds."""

from collections import deque
from collections.abc import Mapping

from solver.draft import Draft
from solver.eligibility import barriers
from solver.plan import Plan, StopKind
from solver.problem import Problem, VehicleShift
from solver.schedule import Visit
from solver.supply import Tour


def repaired(problem: Problem, tours: Mapping[str, Tour]) -> Plan:
    """The best-kept form of some tours (shift id to order): a start for a solve, never with violations.

    Committed jobs stand first whatever the tours say. Technicians whose tours hold are kept whole, also when that
    shows only after others whose jobs come first; of the rest, stops are taken over one by one while they hold.
    Jobs that drop out, and jobs that need a crew, are NOT_PROVEN until somebody explains them.
    """
    draft = Draft.begun(problem)
    wanted = {
        shift.id: _still_allowed(problem, shift, tours[shift.id]) for shift in problem.shifts if shift.id in tours
    }
    pending = _keep_whole(draft, {shift: tour for shift, tour in wanted.items() if tour})
    _take_over(draft, pending)
    return draft.plan()


def _still_allowed(problem: Problem, shift: VehicleShift, tour: Tour) -> Tour:
    """The stops of a tour that the shift may make at all; committed jobs stand in the draft already."""
    return tuple(
        visit
        for visit in tour
        if visit.kind is StopKind.WAREHOUSE
        or (
            (job := problem.job_by_id.get(visit.id)) is not None
            and job.id not in problem.committed_jobs
            and job.crew_size == 1
            and not barriers(problem, job, shift)
        )
    )


def _keep_whole(draft: Draft, wanted: dict[str, Tour]) -> dict[str, Tour]:
    """Accept every technician's tours that hold whole, until nothing more does; return the others."""
    shifts = draft.problem.shift_by_id
    pending = dict(wanted)
    has_changed = True
    while has_changed:
        has_changed = False
        for technician in dict.fromkeys(shifts[shift].technician for shift in pending):
            own = {shift: tour for shift, tour in pending.items() if shifts[shift].technician == technician}
            trial = draft.try_tours({shift: (*draft.tours.get(shift, ()), *tour) for shift, tour in own.items()})
            if trial is not None:
                draft.accept(trial)
                pending = {shift: tour for shift, tour in pending.items() if shift not in own}
                has_changed = True
    return pending


def _take_over(draft: Draft, pending: Mapping[str, Tour]) -> None:
    """Append stops one by one, in turns, since a job may wait for one on another tour; drop what nothing lets in."""
    queues = {shift: deque(tour) for shift, tour in pending.items()}
    while any(queues.values()):
        moved = [_advance(draft, shift, queue) for shift, queue in queues.items()]
        blocked = next((queue for queue in queues.values() if queue), None)
        if not any(moved) and blocked is not None:
            # Never a warehouse stop: jobs further on may need what is fetched there.
            blocked.remove(next(visit for visit in blocked if visit.kind is StopKind.JOB))


def _advance(draft: Draft, shift: str, queue: deque[Visit]) -> bool:
    """Append the next job of a queue, with the warehouse stops before it if it needs them."""
    fetched: Tour = ()
    for visit in queue:
        if visit.kind is StopKind.WAREHOUSE:
            fetched = (*fetched, visit)
            continue
        for stops in dict.fromkeys(((), fetched)):
            trial = draft.try_tours({shift: (*draft.tours.get(shift, ()), *stops, visit)})
            if trial is not None:
                draft.accept(trial)
                queue.remove(visit)
                for stop in stops:
                    queue.remove(stop)
                return True
        return False
    queue.clear()
    return False
