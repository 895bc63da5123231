"""What every peer is asked, and what it answers: the order of jobs per shift, without any times."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from solver.problem import Job, Problem, VehicleShift, Window

Orders = Mapping[str, Sequence[str]]
"""Shift id to job ids in driving order; a shift or job not named is not used."""
Report = Callable[[Orders], None]


@dataclass(frozen=True, slots=True)
class Task:
    """One run of one peer: until when (of `time.monotonic`), with which seed, on how many threads."""

    problem: Problem
    until_s: float
    seed: int
    threads: int = 1
    variant: str = ""

    def left_s(self) -> float:
        """Seconds left, a tenth at least: no peer takes none."""
        return max(0.1, self.until_s - time.monotonic())


def may_do(shift: VehicleShift, job: Job) -> bool:
    """Whether the technician has the skills; city days know no other bar."""
    return job.skills.keys() <= shift.skills.keys()


def start_window(problem: Problem, job: Job) -> Window:
    """When service may begin; a city day's job has one window at most."""
    return job.windows[0] if job.windows else Window(0, problem.horizon_s)
