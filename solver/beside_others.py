"""Why a job that could be served alone is left out of a plan: what the plan holds already stands in its way."""

import time
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

from solver.competition import competition, unweighed_competition
from solver.draft import Draft
from solver.eligibility import barriers, is_frozen, job_windows
from solver.fetch_sentences import most_at_hand
from solver.insertion import insertions
from solver.plan import Cause, Plan
from solver.problem import Job, Problem, VehicleShift, Window
from solver.reasons import Reason
from solver.relaxation import is_servable_alone
from solver.sentences import lock_words, written
from solver.stock_left import StockLeft, stock_left
from solver.units import Seconds, clock


class PlanInQuestion:
    """A plan whose unplanned jobs are explained, with what is worked out once for all of them."""

    def __init__(self, problem: Problem, plan: Plan, budget_s: float | None = None) -> None:
        self.problem = problem
        self.plan = plan
        self.unplanned = frozenset(one.job for one in plan.unplanned)
        self._ends_at = None if budget_s is None else time.monotonic() + budget_s

    @cached_property
    def draft(self) -> Draft:
        """The plan to try insertions on; nobody changes it."""
        return Draft.of_plan(self.problem, self.plan)

    @cached_property
    def stock_left(self) -> StockLeft:
        """What the plan leaves of the parts."""
        return stock_left(self.problem, self.plan)

    @property
    def is_overdue(self) -> bool:
        """Whether the budget is spent, so that nothing more is tried out."""
        return self._ends_at is not None and time.monotonic() >= self._ends_at


def causes_beside_others(asked: PlanInQuestion, job: Job) -> tuple[Cause, ...]:
    """One cause: a predecessor, stock used up, a lock, a sequence, or competition, whichever is proven first."""
    return (
        _missing_predecessor(asked, job)
        or _late_predecessor(asked, job)
        or _used_stock(asked, job)
        or _held(asked, job)
        or (unweighed_competition() if asked.is_overdue else None)
        or _crowded_predecessor(asked, job)
        or competition(asked.draft, job),
    )


def _missing_predecessor(asked: PlanInQuestion, job: Job) -> Cause | None:
    missing = [first.job for first in job.predecessors if first.job in asked.unplanned]
    if not missing:
        return None
    text = f"Must follow {', '.join(missing)}, which is unplanned itself."
    return written(Reason.PREDECESSOR, text, {"predecessors": missing})


def _late_predecessor(asked: PlanInQuestion, job: Job) -> Cause | None:
    """PREDECESSOR where even an empty day after the predecessors is too short."""
    ends = _predecessor_ends(asked, job)
    if not ends:
        return None
    release = max(ends.values())
    late = tuple(Window(max(release, one.start), one.end) for one in job_windows(job) if one.end >= release)
    if late and _servable_on(asked.problem, replace(job, windows=late), asked.problem.shifts):
        return None
    return _after_predecessors(asked, job, "nobody suitable can do it after that")


def _predecessor_ends(asked: PlanInQuestion, job: Job) -> dict[str, Seconds]:
    """From when on each planned predecessor lets the job start."""
    planned = {first: asked.draft.interval(first.job) for first in job.predecessors}
    return {first.job: interval[1] + first.lag_s for first, interval in planned.items() if interval is not None}


def _after_predecessors(asked: PlanInQuestion, job: Job, what: str) -> Cause:
    ends = _predecessor_ends(asked, job)
    told = [
        f"{first.job}, which ends at {clock(ends[first.job] - first.lag_s)}"
        + (f" plus {first.lag_s // 60} min" if first.lag_s else "")
        for first in job.predecessors
        if first.job in ends
    ]
    return written(Reason.PREDECESSOR, f"Must follow {' and '.join(told)}; {what}.", {"predecessors": list(ends)})


def _servable_on(problem: Problem, job: Job, shifts: Iterable[VehicleShift]) -> bool:
    return any(not barriers(problem, job, shift) and is_servable_alone(problem, job, shift) for shift in shifts)


def _used_stock(asked: PlanInQuestion, job: Job) -> Cause | None:
    """PART_OUT_OF_STOCK where what the plan leaves is less than the job needs, with the jobs that use the rest."""
    if not job.parts:
        return None
    left, users = asked.stock_left.problem, asked.stock_left.users
    short = {
        part: [one for one in users[part] if one != job.id]
        for part, quantity in job.parts.items()
        if part in users and most_at_hand(left, job, part) < quantity
    }
    if not short:
        return None
    text = "; ".join(f"the last units of {part} go to {', '.join(jobs[:5])}" for part, jobs in short.items())
    return written(Reason.PART_OUT_OF_STOCK, text[:1].upper() + text[1:] + ".", {"used_by": short})


def _held(asked: PlanInQuestion, job: Job) -> Cause | None:
    """LOCK_CONFLICT where other visits leave no room at the only place that a lock, the freeze or an order allows."""
    problem = asked.problem
    is_held = job.lock is not None or is_frozen(problem, job)
    orders = [order for order in problem.sequences if job.id in order]
    if not (is_held or orders) or _fits(asked.draft, job):
        return None
    if is_held:
        return written(Reason.LOCK_CONFLICT, f"{lock_words(problem, job)}; the other visits leave no room there.", {})
    homes = {
        route.shift: [one for one in route.jobs if any(one in order for order in orders)] for route in asked.plan.routes
    }
    told = [f"{', '.join(members)} on {shift}" for shift, members in homes.items() if members]
    if not told:
        return None
    is_barred = not _servable_on(
        problem, job, [problem.shift_by_id[shift] for shift, members in homes.items() if members]
    )
    if not is_barred and not _fits(_draft_without(asked, sequences=()), job):
        return None
    text = f"Is locked in the order {' → '.join(orders[0])} on one route, with {' and '.join(told)}; " + (
        "whoever has that route can't do it." if is_barred else "there is no room for it in that order."
    )
    return written(Reason.LOCK_CONFLICT, text, {"sequences": [list(order) for order in orders]})


def _crowded_predecessor(asked: PlanInQuestion, job: Job) -> Cause | None:
    """PREDECESSOR where the plan has room for the job, but only before its predecessors have ended."""
    if not job.predecessors or _fits(asked.draft, job):
        return None
    free = replace(job, predecessors=())
    jobs = tuple(free if one.id == job.id else one for one in asked.problem.jobs)
    if not _fits(_draft_without(asked, jobs=jobs), free):
        return None
    return _after_predecessors(asked, job, "the other visits leave no room for it after that")


def _fits(draft: Draft, job: Job) -> bool:
    return next(insertions(draft, job), None) is not None


def _draft_without(asked: PlanInQuestion, **changes: Any) -> Draft:
    return Draft.of_plan(replace(asked.problem, **changes), asked.plan)
