"""Which shifts could take a job at all: the rules that need no route, as one test per (job, shift) pair."""

from solver.problem import Job, Problem, VehicleShift, Window
from solver.reasons import Reason
from solver.units import DAY_S, MAX_TIME_S, Seconds

ALWAYS = Window(-MAX_TIME_S, MAX_TIME_S)


def barriers(problem: Problem, job: Job, shift: VehicleShift) -> frozenset[Reason]:
    """Every rule that keeps one technician from a job whatever his route looks like; empty = none.

    A crew has skills and tools jointly, so for a crew job neither is a barrier to one member. A tool that some
    warehouse lends is none either, where the shift may stop at one.
    """
    found: set[Reason] = set()
    if job.crew_size == 1:
        found |= _skill_barriers(job, shift)
        if not job.tools <= _reachable_tools(problem, shift):
            found.add(Reason.TOOL)
    if shift.territories is not None and job.territory is not None and job.territory not in shift.territories:
        found.add(Reason.TERRITORY)
    technician = shift.technician
    if technician in job.excluded_technicians or (
        job.required_technicians and technician not in job.required_technicians
    ):
        found.add(Reason.EXCLUDED)
    if technician in job.declined_by:
        found.add(Reason.DECLINED)
    if shift.max_jobs is not None and shift.max_jobs <= len(shift.committed):
        found.add(Reason.MAX_JOBS)
    if not _is_locked_here(problem, job, shift):
        found.add(Reason.LOCK_CONFLICT)
    if not any(_touches_day(window, shift) for window in job_windows(job)):
        found.add(Reason.NO_SHIFT)
    return frozenset(found)


def _touches_day(window: Window, shift: VehicleShift) -> bool:
    """Whether the window has a second of a day on which the shift works."""
    first = shift.earliest_start // DAY_S * DAY_S
    last = shift.latest_return // DAY_S * DAY_S + DAY_S - 1
    return window.start <= last and window.end >= first


def job_windows(job: Job) -> tuple[Window, ...]:
    """The windows of a job; one that never ends where it names none."""
    return job.windows or (ALWAYS,)


def start_windows(problem: Problem, job: Job) -> tuple[Window, ...]:
    """When service may start: the job's windows, narrowed by its lock and by the freeze; may be empty."""
    low, high = ALWAYS.start, ALWAYS.end
    lock, freeze = job.lock, problem.freeze_until_s
    if lock is not None:
        if lock.start_range is not None:
            low, high = max(low, lock.start_range.start), min(high, lock.start_range.end)
        if lock.start_s is not None:
            low, high = max(low, lock.start_s), min(high, lock.start_s)
    if freeze is not None:
        if job.previous is not None and job.previous.start_s < freeze:
            low, high = max(low, job.previous.start_s), min(high, job.previous.start_s)
        else:
            low = max(low, freeze)
    narrowed = ((max(low, window.start), min(high, window.end)) for window in sorted(job_windows(job), key=_by_start))
    return tuple(Window(start, end) for start, end in narrowed if start <= end)


def is_outside_horizon(problem: Problem, job: Job) -> bool:
    """Whether no window of the job touches the days being planned."""
    return not any(window.start <= problem.horizon_s and window.end >= 0 for window in job_windows(job))


def _by_start(window: Window) -> Seconds:
    return window.start


def _skill_barriers(job: Job, shift: VehicleShift) -> set[Reason]:
    found = set()
    for skill, level in job.skills.items():
        if skill not in shift.skills:
            found.add(Reason.SKILL)
        elif shift.skills[skill] < level:
            found.add(Reason.SKILL_LEVEL)
    return found


def _reachable_tools(problem: Problem, shift: VehicleShift) -> frozenset[str]:
    if shift.max_pickups < 1:
        return shift.tools
    return shift.tools.union(*(warehouse.tools for warehouse in problem.warehouses))


def _is_locked_here(problem: Problem, job: Job, shift: VehicleShift) -> bool:
    if job.lock is not None and job.lock.shifts and shift.id not in job.lock.shifts:
        return False
    previous = job.previous
    return previous is None or not is_frozen(problem, job) or shift.id in previous.shifts


def is_frozen(problem: Problem, job: Job) -> bool:
    """Whether the published plan starts the job before the freeze, so that it may not move."""
    freeze, previous = problem.freeze_until_s, job.previous
    return freeze is not None and previous is not None and previous.start_s < freeze
