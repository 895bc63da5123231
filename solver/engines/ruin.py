"""The main engine: ruin and recreate in parallel lanes, feeding a master over all tours they meet.

A small day is searched whole (`ruin_rounds`): each round every lane goes on for a while from its own last plan, on a
processor of its own; between rounds the lanes learn of the best plan. A large day is searched part by part, every part
an instance of its own (`ruin_sweeps`). Now and then the master puts known tours together anew.
"""

import time
from concurrent.futures import Executor, ThreadPoolExecutor

from solver.eligibility import is_frozen
from solver.engines.base import Incumbent, Report, Stop
from solver.engines.ruin_rounds import Rounds
from solver.engines.ruin_standing import Order, Schedule
from solver.engines.ruin_sweeps import Sweeps
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.score import score
from solver.units import Cents

LEAST_JOBS = 600
"""A smaller day is searched whole in every lane: at 300 jobs and 30 s parts ended 1 to 4 % dearer than lanes that see
the whole; at 600 jobs they ended 0.4 % cheaper, at 1,000 jobs and 60 s 3 %."""


class RuinEngine:
    """Ruin and recreate with a master problem.

    `executor`: what carries the stretches of search; None = threads of this process, since compiled code runs outside
    the interpreter lock and threads share all arrays.
    """

    name = "ruin"

    def __init__(self, executor: Executor | None = None) -> None:
        self._executor = executor

    def solve(self, problem: Problem, params: SolveParams, start: Plan | None, report: Report, stop: Stop) -> None:
        """Report ever better plans until the limit; with an iteration limit, so many steps in each of two lanes,
        or as many in all parts together."""
        began = time.monotonic()
        costs: list[Cents] = []
        held = _held(problem, start)

        def tell(plan: Plan) -> None:
            # The start may hold what the search can't lay again, and the score knows more of crews.
            cost = score(problem, plan).total_cents
            is_better = not costs or cost < min(costs)
            if is_better and held <= _planned(plan):
                costs.append(cost)
                report(Incumbent(plan, cost, time.monotonic() - began))

        if start is not None:
            tell(start)
        schedule = Schedule(
            params.time_limit_s, params.iteration_limit, params.workers, params.seed, params.stall_limit_s
        )
        way = Rounds if len(problem.jobs) < LEAST_JOBS else Sweeps
        if self._executor is not None:
            way(Order(problem, schedule, self._executor, tell, stop)).run(start)
            return
        with ThreadPoolExecutor(params.workers, thread_name_prefix="lane") as threads:
            way(Order(problem, schedule, threads, tell, stop)).run(start)


def _held(problem: Problem, start: Plan | None) -> frozenset[str]:
    """Locked and frozen jobs that a start has: no plan may do without them."""
    jobs = (problem.job_by_id[job] for job in _planned(start)) if start is not None else ()
    return frozenset(job.id for job in jobs if job.lock is not None or is_frozen(problem, job))


def _planned(plan: Plan) -> set[str]:
    return {job for route in plan.routes for job in route.jobs}
