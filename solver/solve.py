"""Validate, search in a child process, check, score: the one way from a problem to a plan."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from solver import engines
from solver.check import violations
from solver.draft import Draft
from solver.engines import child
from solver.engines.base import Incumbent, Stop
from solver.engines.child import Status
from solver.errors import InvalidProblem, PlanRefused
from solver.explain import causes_for_unplanned
from solver.insertion import first_come_plan, insert_where_cheapest
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.repair import repaired_plan
from solver.score import Score, score
from solver.units import Cents
from solver.validate import problem_object_faults

_MOST_SHIFTS = 12
"""Nearest shifts tried for each job in the last insertions, which nobody should wait for."""
_MOST_NOTES = 20
"""An engine that goes wrong goes wrong often."""
_COMPLETE_S = 1.0
"""Wall seconds for the last insertions, after the time limit."""
_EXPLAIN_S = 2.0
"""Wall seconds for what is slow about explaining, after that."""


@dataclass(frozen=True, slots=True)
class Result:
    """A plan without violations and how it came about.

    bound: no plan can cost less than this; None = not stated. runtime_s: from call to return. incumbents: seconds
    since the call and cents of every improvement, best last. notes: what went wrong on the way, in sentences.
    """

    status: Status
    plan: Plan
    score: Score
    bound: Cents | None
    runtime_s: float
    seed: int
    engine: str
    incumbents: tuple[tuple[float, Cents], ...]
    notes: tuple[str, ...] = ()


def solve(
    problem: Problem,
    params: SolveParams | None = None,
    *,
    start: Plan | None = None,
    on_incumbent: Callable[[Incumbent], None] | None = None,
    should_stop: Stop | None = None,
) -> Result:
    """Find a good plan within the limits of `params`.

    Parameters
    ----------
    problem : any; it is validated again, since bad shapes crash the process that solves it.
    params : how to solve; the defaults if None.
    start : a plan to improve on. One with violations is put aside, with a note.
    on_incumbent : called in this thread with every improvement that passed the checker.
    should_stop : asked some twenty times a second; once true, the best plan so far is returned within
        `child.GRACE_S` seconds and what it takes to explain it.

    Returns
    -------
    The best plan that passed the checker, never worse than `start`, jobs left out with their causes.

    Raises
    ------
    InvalidProblem : with every fault. No process was started.
    UnknownEngine : `params.engine` is no engine.
    PlanRefused : not even the first-come plan is without violations, so there is nothing to return.
    """
    params = params or SolveParams()
    search = _Search(problem, start, on_incumbent)
    refuse_faults(problem)
    search.before_s = time.monotonic() - search.began
    path = engines.path_of(params.engine)
    status, should_stop = Status.COMPLETE, should_stop or _never
    if problem.shifts and problem.jobs:
        if engines.prepare(params.engine):
            search.notes.append("The engine's kernels were compiled first; `python -m solver warm` does it ahead.")
        status = search.run(path, params, should_stop)
    plan = search.finish()
    if problem.shifts and plan.unplanned:
        plan = search.complete(plan, should_stop)
    if params.explain:
        plan = causes_for_unplanned(problem, plan, budget_s=_EXPLAIN_S)
    return Result(
        status=status,
        plan=plan,
        score=score(problem, plan),
        bound=None,
        runtime_s=time.monotonic() - search.began,
        seed=params.seed,
        engine=params.engine,
        incumbents=tuple(search.incumbents),
        notes=tuple(search.notes),
    )


def refuse_faults(problem: Problem) -> None:
    """Raise InvalidProblem with every fault of a problem, whatever its fields hold."""
    faults = problem_object_faults(problem)
    if faults:
        raise InvalidProblem(tuple(faults))


@dataclass(slots=True)
class _Search:
    """The best plan that passed the checker, and how it was found.

    before_s: spent on judging the problem and the start, which the engine has to do without.
    """

    problem: Problem
    start: Plan | None
    on_incumbent: Callable[[Incumbent], None] | None
    began: float = field(default_factory=time.monotonic)
    best: Plan | None = None
    cost: Cents | None = None
    incumbents: list[tuple[float, Cents]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    before_s: float = 0.0

    def run(self, path: str, params: SolveParams, should_stop: Stop) -> Status:
        """Let the engine improve on the start; whatever becomes of it, what passed the checker stays."""
        began = time.monotonic()
        if self.start is not None and not self.offer(self.start, "the start"):
            self.offer(repaired_plan(self.problem, self.start), "the start, repaired")
        origin, start, sound = f"engine {params.engine}", self.best, []
        self.before_s += time.monotonic() - began
        ending = child.run(
            path,
            self.problem,
            params,
            start,
            lambda plan: sound.append(self.offer(plan, origin)),
            should_stop,
            spent_s=self.before_s,
        )
        if ending.message:
            self.notes.append(ending.message)
        if ending.status in (Status.COMPLETE, Status.TIME_LIMIT) and not any(sound):
            self.notes.append(f"The {origin} gave no plan that passed the checker.")
            return Status.CHILD_FAILED
        return ending.status

    def offer(self, plan: Plan, origin: str) -> bool:
        """Judge a plan and keep it if it is the best; say whether it is without violations."""
        found = violations(self.problem, plan)
        if found:
            note = f"A plan of {origin} was refused: {len(found)} violations, first {found[0]}"
            self.notes[_MOST_NOTES:] = [note]
            return False
        cost = score(self.problem, plan).total_cents
        if self.cost is None or cost < self.cost:
            after = time.monotonic() - self.began
            self.best, self.cost = plan, cost
            self.incumbents.append((after, cost))
            if self.on_incumbent is not None:
                self.on_incumbent(Incumbent(plan, cost, after))
        return True

    def complete(self, plan: Plan, should_stop: Stop) -> Plan:
        """Insert what still fits and pays, while there is time: few should read that a visit left out "fits in"."""
        until = time.monotonic() + _COMPLETE_S
        draft = Draft.of_plan(self.problem, plan)
        left = {one.job for one in plan.unplanned}
        waiting = [job for job in self.problem.jobs if job.id in left]
        waiting.sort(key=lambda job: -job.unplanned_penalty_cents)
        insert_where_cheapest(draft, waiting, _MOST_SHIFTS, lambda: should_stop() or time.monotonic() >= until)
        self.offer(draft.plan(), "the last insertions")
        return self.best or plan

    def finish(self) -> Plan:
        """The best plan; where the engine gave none, the one that nobody had to search for."""
        if self.best is None:
            self.offer(first_come_plan(self.problem), "first come, first served")
        if self.best is None:
            self.offer(Draft.begun(self.problem).plan(), "committed jobs alone")
        if self.best is None:
            raise PlanRefused("; ".join(self.notes))
        return self.best


def _never() -> bool:
    return False
