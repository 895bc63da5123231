"""PyVRP: every job is an optional client whose prize is its penalty, every technician a vehicle type of his own.

It knows no skills, so each set of skills has a profile: matrices on which a job beyond it is reached only by a drive
that no prize pays for and no shift holds.
"""

import numpy as np
from pyvrp import Client, Depot, Location, ProblemData, VehicleType
from pyvrp import solve as solve_data
from pyvrp.stop import MaxRuntime

from bench.rivals.base import Report, Task, may_do, start_window
from solver.problem import Problem

_TOO_FAR = 1_000_000
"""Seconds; far more than the prize of any job."""


def solve(task: Task, report: Report) -> None:
    """Solve once and report the best solution, feasible or not: what does not hold is dropped by the judge."""
    problem = task.problem
    data = _data(problem)
    stop = MaxRuntime(task.left_s())
    stop(0)  # its clock starts with its first call, which would come after the first solution only
    best = solve_data(data, stop, seed=task.seed, collect_stats=False, display=False).best
    report(
        {
            problem.shifts[route.vehicle_type()].id: [problem.jobs[at.idx].id for at in route if at.is_client()]
            for route in best.routes()
        }
    )


def _data(problem: Problem) -> ProblemData:
    profiles = list(dict.fromkeys(frozenset(shift.skills) for shift in problem.shifts))
    seconds = problem.profiles["car"].seconds.astype(np.int64)
    matrices = []
    for skills in profiles:
        own = next(shift for shift in problem.shifts if shift.skills.keys() == skills)
        closed = [job.location for job in problem.jobs if not may_do(own, job)]
        matrix = seconds.copy()
        matrix[closed, :] = matrix[:, closed] = _TOO_FAR
        np.fill_diagonal(matrix, 0)
        matrices.append(matrix)
    return ProblemData(
        locations=[Location(place.longitude or 0.0, place.latitude or 0.0) for place in problem.locations],
        clients=[
            Client(
                location=job.location,
                service_duration=job.service_s,
                tw_early=start_window(problem, job).start,
                tw_late=start_window(problem, job).end,
                prize=job.unplanned_penalty_cents,
                required=False,
            )
            for job in problem.jobs
        ],
        depots=[Depot(location=shift.start_location) for shift in problem.shifts],
        vehicle_types=[
            VehicleType(
                start_depot=rank,
                end_depot=rank,
                tw_early=shift.earliest_start,
                tw_late=shift.latest_end,
                profile=profiles.index(frozenset(shift.skills)),
            )
            for rank, shift in enumerate(problem.shifts)
        ],
        distance_matrices=matrices,
        duration_matrices=matrices,
    )
