"""An older plan under today's facts: the same tours, timed anew, without what no longer holds."""

from collections.abc import Mapping

from solver.draft import Draft
from solver.eligibility import barriers
from solver.plan import Plan, StopKind
from solver.problem import Problem
from solver.supply import Tour


def repaired(problem: Problem, tours: Mapping[str, Tour]) -> Plan:
    """The best-kept form of some tours (shift id to order): a start for a solve, never with violations.

    Committed jobs stand first whatever the tours say. A tour that holds is kept whole; of one that doesn't, stops
    are taken over one by one while they hold. Jobs that drop out are NOT_PROVEN until somebody explains them.
    """
    draft = Draft.begun(problem)
    for shift_id, tour in tours.items():
        shift = problem.shift_by_id.get(shift_id)
        if shift is None:
            continue
        kept = draft.tours.get(shift_id, ())
        wanted = tuple(
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
        if not wanted:
            continue
        whole = draft.try_tours({shift_id: (*kept, *wanted)})
        if whole is not None:
            draft.accept(whole)
            continue
        _take_over(draft, shift_id, kept, wanted)
    return draft.plan()


def _take_over(draft: Draft, shift_id: str, kept: Tour, wanted: Tour) -> None:
    """Append stops one by one; warehouse stops go in with the first job that needs them."""
    order = kept
    waiting: Tour = ()
    for visit in wanted:
        if visit.kind is StopKind.WAREHOUSE:
            waiting = (*waiting, visit)
            continue
        for fetched in dict.fromkeys(((), waiting)):
            trial = draft.try_tours({shift_id: (*order, *fetched, visit)})
            if trial is not None:
                draft.accept(trial)
                order = draft.tours[shift_id]
                waiting = () if fetched else waiting
                break
