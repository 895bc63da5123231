"""The best plans known of the fixture days: search on from them, and keep what is better."""

import argparse
from pathlib import Path

from bench.baseline import DAYS, names
from bench.results import ROOT, commit, result_line
from solver.check import violations
from solver.codec import dumps, loads, plan_from_document, plan_to_document, problem_from_document
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.score import score
from solver.solve import solve
from solver.units import money


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this command."""
    parser.add_argument("--days", type=names, default=list(DAYS), help="fixture days, separated by commas")
    parser.add_argument("--time-limit", type=int, default=120, help="seconds for each day")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--fresh", action="store_true", help="begin without the plan known; it stays if it is better")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Solve each day and write its best plan, reasons included, where it costs less than the one there."""
    costs = {}
    for day in options.days:
        problem = problem_from_document(loads((ROOT / f"fixtures/days/{day}.problem.json").read_bytes()))
        path = ROOT / f"fixtures/days/{day}.best.json"
        known = _known(problem, path)
        before = None if known is None else score(problem, known).total_cents
        params = SolveParams(time_limit_s=options.time_limit, seed=options.seed, workers=options.workers)
        result = solve(problem, params, start=None if options.fresh else known)
        costs[day] = result.score.total_cents
        if before is None or costs[day] < before:
            path.write_text(dumps(plan_to_document(result.plan)) + "\n", encoding="utf-8")
        told = "none" if before is None else money(before)
        print(f"{day}: {money(costs[day])}, before {told}, {len(result.plan.unplanned)} unplanned", flush=True)
    print(result_line({"command": "best", "commit": commit(), "cost_cents": costs}))
    return 0


def _known(problem: Problem, path: Path) -> Plan | None:
    """The plan in the file, if it still goes with the problem."""
    if not path.exists():
        return None
    plan = plan_from_document(loads(path.read_bytes()))
    return None if violations(problem, plan) else plan
