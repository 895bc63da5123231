"""Orders into a plan, timed exactly: what the timing or a skill refuses is dropped, whoever proposed it."""

from bench.rivals.base import Orders
from solver.draft import Draft
from solver.eligibility import barriers
from solver.plan import Plan, StopKind
from solver.problem import Problem
from solver.schedule import Visit


def plan_of(problem: Problem, orders: Orders) -> tuple[Plan, int]:
    """Time every shift's jobs in the order given; the plan, and how many jobs it had to drop.

    Where a whole tour does not hold, its jobs are taken one after another and those that do not fit are left out. A
    job named twice counts where it was named first.
    """
    draft, dropped = Draft(problem), 0
    for shift_id, jobs in orders.items():
        shift, planned = problem.shift_by_id[shift_id], draft.planned
        wanted = [
            Visit(StopKind.JOB, job)
            for job in dict.fromkeys(jobs)
            if job not in planned and not barriers(problem, problem.job_by_id[job], shift)
        ]
        dropped += len(jobs) - len(wanted)
        trial = draft.try_tours({shift_id: tuple(wanted)})
        if trial is not None:
            draft.accept(trial)
            continue
        for visit in wanted:
            trial = draft.try_tours({shift_id: (*draft.tours.get(shift_id, ()), visit)})
            if trial is None:
                dropped += 1
            else:
                draft.accept(trial)
    return draft.plan(), dropped
