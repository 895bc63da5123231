"""vrp-cli through its Python binding, in its pragmatic format; it takes no seed.

It can't add penalties and travel up, since objectives are ranked: first the greatest value of what is planned, a
job's value being its penalty; then the least cost, which is travel alone because the matrix of distances holds
seconds. Ranking the number of jobs before, between or after these made no difference beyond chance.
"""

import json
from datetime import UTC, datetime
from typing import Any

import vrp_cli

from bench.rivals.base import Report, Task, start_window
from solver.problem import Job, Problem, VehicleShift
from solver.units import Seconds

_OBJECTIVES = [[{"type": "maximize-value"}], [{"type": "minimize-cost"}]]


def solve(task: Task, report: Report) -> None:
    """Solve once and report the result."""
    problem = task.problem
    seconds = [int(cell) for cell in problem.profiles["car"].seconds.ravel()]
    document = {
        "plan": {"jobs": [_job(problem, job) for job in problem.jobs]},
        "fleet": {
            "vehicles": [_vehicle(shift) for shift in problem.shifts],
            "profiles": [{"name": "car"}],
        },
        "objectives": _OBJECTIVES,
    }
    matrix = {"profile": "car", "travelTimes": seconds, "distances": seconds}
    texts = json.dumps(document), [json.dumps(matrix)]
    config = {
        "termination": {"maxTime": max(1, round(task.left_s()))},
        "environment": {
            "parallelism": {"numThreadPools": 1, "threadsPerPool": task.threads},
            "logging": {"enabled": False},
        },
    }
    solution = json.loads(vrp_cli.solve_pragmatic(*texts, json.dumps(config)))
    report({tour["vehicleId"]: _jobs(tour) for tour in solution["tours"]})


def _job(problem: Problem, job: Job) -> dict[str, Any]:
    window = start_window(problem, job)
    place = {
        "location": {"index": job.location},
        "duration": job.service_s,
        "times": [[_stamp(window.start), _stamp(window.end)]],
    }
    return {
        "id": job.id,
        "services": [{"places": [place]}],
        "skills": {"allOf": sorted(job.skills)},
        "value": job.unplanned_penalty_cents,
    }


def _vehicle(shift: VehicleShift) -> dict[str, Any]:
    return {
        "typeId": shift.id,
        "vehicleIds": [shift.id],
        "profile": {"matrix": "car"},
        "costs": {"fixed": 0, "distance": 1, "time": 0},
        "shifts": [
            {
                "start": {"earliest": _stamp(shift.earliest_start), "location": {"index": shift.start_location}},
                "end": {"latest": _stamp(shift.latest_end), "location": {"index": shift.end_location}},
            }
        ],
        "capacity": [1],
        "skills": sorted(shift.skills),
    }


def _jobs(tour: dict[str, Any]) -> list[str]:
    activities = (one for stop in tour["stops"] for one in stop["activities"])
    return [one["jobId"] for one in activities if one["type"] == "service"]


def _stamp(second: Seconds) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
