"""Names, windows and capitals as the sentences for dispatchers write them."""

from collections.abc import Sequence

from solver.eligibility import job_windows
from solver.problem import Job, Problem, VehicleShift
from solver.units import clock


def names(problem: Problem, shifts: Sequence[VehicleShift], most: int = 3) -> str:
    """Technicians of some shifts for people: at most a few names, then how many more."""
    ids = list(dict.fromkeys(shift.technician for shift in shifts))
    shown = [problem.technician_by_id[one].name or one for one in ids[:most]]
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(shown) + more


def window_list(job: Job) -> str:
    """When a job may start."""
    if not job.windows:
        return "at any time"
    return " or ".join(f"{clock(window.start)}–{clock(window.end)}" for window in job_windows(job))


def capital(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]
