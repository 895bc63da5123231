"""Which rules a problem has: a word for each, and how to tell, so that the coverage of random days can be counted."""

from collections.abc import Callable, Iterator

from solver.problem import Job, Lock, Problem, Receipt
from solver.units import UNREACHABLE


def rules_in(problem: Problem) -> frozenset[str]:
    """The words of all rules that occur in it."""
    return frozenset(word for word, occurs in RULES.items() if occurs(problem))


def _of_jobs(test: Callable[[Job], object]) -> Callable[[Problem], bool]:
    return lambda problem: any(test(job) for job in problem.jobs)


def _of_locks(test: Callable[[Lock], object]) -> Callable[[Problem], bool]:
    return _of_jobs(lambda job: job.lock is not None and test(job.lock))


def _lent(problem: Problem) -> bool:
    """A tool that a job needs, that some shift lacks, and that a warehouse lends it."""
    lent = frozenset[str]().union(*(house.tools for house in problem.warehouses))
    return any((job.tools - shift.tools) & lent for job in problem.jobs for shift in problem.shifts)


def _excluded(problem: Problem) -> bool:
    """Somebody who would have a shift."""
    there = {shift.technician for shift in problem.shifts}
    return any(job.excluded_technicians & there for job in problem.jobs)


def _frozen(problem: Problem) -> Iterator[Job]:
    freeze = problem.freeze_until_s
    return (job for job in problem.jobs if freeze is not None and job.previous and job.previous.start_s < freeze)


def _stock(problem: Problem) -> Iterator[tuple[Receipt, ...] | None]:
    return (units for house in problem.warehouses for units in house.stock.values())


def _missing_road(problem: Problem) -> bool:
    """Beside the island, which has none at all."""
    return any((one.seconds[:-1, :-1] == UNREACHABLE).any() for one in problem.profiles.values())


RULES: dict[str, Callable[[Problem], bool]] = {
    "skills": _of_jobs(lambda job: job.skills),
    "levels": _of_jobs(lambda job: any(level > 1 for level in job.skills.values())),
    "service by level": _of_jobs(lambda job: job.service_s_by_level),
    "tools": _of_jobs(lambda job: job.tools),
    "lent tools": _lent,
    "territories": _of_jobs(lambda job: job.territory),
    "territories: nowhere": lambda problem: any(shift.territories == frozenset() for shift in problem.shifts),
    "required": _of_jobs(lambda job: job.required_technicians),
    "preferred": _of_jobs(lambda job: job.preferred_technicians),
    "excluded": _excluded,
    "declined": _of_jobs(lambda job: job.declined_by),
    "windows": _of_jobs(lambda job: job.windows),
    "several windows": _of_jobs(lambda job: len(job.windows) > 1),
    "lateness": _of_jobs(lambda job: job.due_s is not None and job.lateness_cents_per_minute),
    "several days": lambda problem: len({shift.day for shift in problem.shifts}) > 1,
    "two days of one technician": lambda problem: (
        len({shift.technician for shift in problem.shifts}) < len(problem.shifts)
    ),
    "breaks": lambda problem: any(shift.breaks for shift in problem.shifts),
    "several breaks": lambda problem: any(len(shift.breaks) > 1 for shift in problem.shifts),
    "paid breaks": lambda problem: any(one.paid for shift in problem.shifts for one in shift.breaks),
    "overtime": lambda problem: any(shift.overtime_limit_s for shift in problem.shifts),
    "end elsewhere": lambda problem: any(shift.start_location != shift.end_location for shift in problem.shifts),
    "maximum jobs": lambda problem: any(shift.max_jobs is not None for shift in problem.shifts),
    "load target": lambda problem: any(shift.load_target_s is not None for shift in problem.shifts),
    "several vehicles": lambda problem: len({shift.profile for shift in problem.shifts}) > 1,
    "missing roads": _missing_road,
    "predecessors": _of_jobs(lambda job: job.predecessors),
    "lags": _of_jobs(lambda job: any(first.lag_s for first in job.predecessors)),
    "crews": _of_jobs(lambda job: job.crew_size > 1),
    "crews of three": _of_jobs(lambda job: job.crew_size > 2),
    "lock: technician": _of_locks(lambda lock: lock.shifts),
    "lock: time": _of_locks(lambda lock: lock.start_s is not None),
    "lock: technician and time": _of_locks(lambda lock: lock.shifts and lock.start_s is not None),
    "lock: range": _of_locks(lambda lock: lock.start_range),
    "sequences": lambda problem: bool(problem.sequences),
    "committed": lambda problem: bool(problem.committed_jobs),
    "committed, on the way": lambda problem: any(
        begun.start_s is None for shift in problem.shifts for begun in shift.committed
    ),
    "committed crews": lambda problem: any(problem.job_by_id[job].crew_size > 1 for job in problem.committed_jobs),
    "freeze": lambda problem: problem.freeze_until_s is not None,
    "frozen jobs": lambda problem: any(_frozen(problem)),
    "previous plan": _of_jobs(lambda job: job.previous),
    "dispatched": _of_jobs(lambda job: job.previous and job.previous.dispatched),
    "parts": _of_jobs(lambda job: job.parts),
    "van stock": lambda problem: any(any(one.van_stock.values()) for one in problem.technicians),
    "earmarks on vans": _of_jobs(lambda job: any(one.technician for one in job.earmarks)),
    "earmarks in warehouses": _of_jobs(lambda job: any(one.warehouse for one in job.earmarks)),
    "warehouse windows": lambda problem: any(house.windows for house in problem.warehouses),
    "dated stock": lambda problem: any(receipt.from_s for units in _stock(problem) for receipt in units or ()),
    "unlimited stock": lambda problem: None in list(_stock(problem)),
}
"""What `docs/contract.md` knows of, in its order as far as it has one."""
