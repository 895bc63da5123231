"""Which shift may take which job, for all pairs at once: `eligibility.barriers` as array operations."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from solver.eligibility import barriers, job_windows
from solver.problem import Job, Problem
from solver.units import DAY_S

Flags = NDArray[np.bool_]


def allowed_pairs(problem: Problem) -> Flags:
    """Shape (jobs, shifts): no rule keeps the shift from the job, whatever its route looks like.

    Committed jobs are allowed nowhere: they stand where they stand.
    """
    jobs, begun = problem.jobs, problem.committed_jobs
    found = np.zeros((len(jobs), len(problem.shifts)), np.bool_)
    kinds: dict[object, list[int]] = defaultdict(list)
    for index, job in enumerate(jobs):
        if job.id not in begun:
            kinds[_kind(job)].append(index)
    for members in kinds.values():
        alike = jobs[members[0]]
        row = np.array([not barriers(problem, alike, shift) for shift in problem.shifts], np.bool_)
        found[members] = row
    return found


def _kind(job: Job) -> object:
    """Jobs of one kind are barred from the same shifts: all that `barriers` reads of a job."""
    days = tuple(sorted({(one.start // DAY_S, one.end // DAY_S) for one in job_windows(job)}))
    held = job.id if job.lock is not None or job.previous is not None else ""
    return (
        frozenset(job.skills.items()),
        job.tools,
        job.territory,
        job.crew_size > 1,
        job.excluded_technicians,
        job.required_technicians,
        job.declined_by,
        days,
        held,
    )
