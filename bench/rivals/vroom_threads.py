"""VROOM through pyvroom: deterministic, stops by itself; its local search obeys a timeout, its construction does not.

It maximises the sum of priorities of what is planned, then the number of jobs, and minimises travel last. Priorities
are the penalties scaled to 0–100, so it plans a job whatever the way there costs; an hour's way is rare in the city.
"""

from datetime import timedelta

import vroom

from bench.rivals.base import Report, Task, start_window

_EXPLORATION = 5
_MOST_PRIORITY = 100


def solve(task: Task, report: Report) -> None:
    """Solve once and report the result."""
    problem = task.problem
    skills = {name: rank for rank, name in enumerate(sorted({name for job in problem.jobs for name in job.skills}))}
    dearest = max(1, *(job.unplanned_penalty_cents for job in problem.jobs))
    model = vroom.Input()
    model.set_durations_matrix("car", problem.profiles["car"].seconds)
    for index, shift in enumerate(problem.shifts):
        model.add_vehicle(
            vroom.Vehicle(
                index,
                start=shift.start_location,
                end=shift.end_location,
                skills={skills[name] for name in shift.skills if name in skills},
                time_window=vroom.TimeWindow(shift.earliest_start, shift.latest_end),
            )
        )
    for index, job in enumerate(problem.jobs):
        window = start_window(problem, job)
        model.add_job(
            vroom.Job(
                index,
                location=job.location,
                default_service=job.service_s,
                skills={skills[name] for name in job.skills},
                priority=round(job.unplanned_penalty_cents * _MOST_PRIORITY / dearest),
                time_windows=[vroom.TimeWindow(window.start, window.end)],
            )
        )
    solution = model.solve(_EXPLORATION, nb_threads=task.threads, timeout=timedelta(seconds=task.left_s()))
    orders: dict[str, list[str]] = {}
    steps = solution.routes
    for vehicle, job in steps.loc[steps["type"] == "job", ["vehicle_id", "id"]].itertuples(index=False):
        orders.setdefault(problem.shifts[vehicle].id, []).append(problem.jobs[job].id)
    report(orders)
