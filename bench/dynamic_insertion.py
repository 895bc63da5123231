"""What a day is like without planning anew: every stop stays with its technician, in its order."""

from solver.draft import Draft
from solver.engines.base import Incumbent, Report, Stop
from solver.insertion import insert_where_cheapest
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.score import score


class Insertion:
    """Inserts what is new where that is cheapest, and moves nothing."""

    name = "insertion"

    def solve(
        self,
        problem: Problem,
        params: SolveParams,  # noqa: ARG002  # every engine is given some
        start: Plan | None,
        report: Report,
        stop: Stop,
    ) -> None:
        """Report one plan."""
        draft = Draft.begun(problem) if start is None else Draft.of_plan(problem, start)
        insert_where_cheapest(draft, [job for job in problem.jobs if job.id not in draft.planned], is_over=stop)
        plan = draft.plan()
        report(Incumbent(plan, score(problem, plan).total_cents, 0.0))
