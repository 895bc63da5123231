"""How long it takes to say where else a visit could be: milliseconds for one question about a planned day."""

import argparse
import time
from statistics import median, quantiles

from bench.city_days import city_day
from bench.options import numbers
from bench.peers import shifts_for
from bench.results import ROOT, Row, append, commit, result_line, table
from solver.explain import candidates
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.solve import solve


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this benchmark."""
    parser.add_argument("--sizes", type=numbers, default=[100, 300, 1_000], help="jobs, separated by commas")
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3], help="of the days")
    parser.add_argument("--asked", type=int, default=200, help="visits asked about on each day")
    parser.add_argument("--time-limit", type=int, default=10, help="seconds for the plan that is asked about")
    parser.add_argument("--no-save", action="store_true", help="print only, for a trial")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Plan each day, then ask about visits all over it, in the process that has the day loaded."""
    rows: list[Row] = []
    for jobs in options.sizes:
        for seed in options.seeds:
            problem = city_day(jobs, shifts_for(jobs), seed)
            plan = solve(problem, SolveParams(time_limit_s=options.time_limit, seed=seed, explain=False)).plan
            rows.append(_row(problem, seed, asked_ms(problem, plan, options.asked)))
            print(table(rows[-1:]).splitlines()[-1], flush=True)
    print(f"\n{table(rows)}")
    if not options.no_save:
        kept = [{name: value for name, value in row.items() if name != "jobs"} for row in rows]
        print(f"appended to {append(kept, 'candidates').relative_to(ROOT)}")
    print(result_line({"command": "candidates", "commit": commit(), "rows": rows}))
    return 0


def asked_ms(problem: Problem, plan: Plan, most: int) -> list[float]:
    """Milliseconds of each question, visits taken at equal distances through the day's list."""
    step = max(1, len(problem.jobs) // most)
    found = []
    for job in problem.jobs[::step]:
        began = time.perf_counter()
        candidates(problem, plan, job.id)
        found.append(1_000 * (time.perf_counter() - began))
    return found


def _row(problem: Problem, seed: int, spent: list[float]) -> Row:
    return {
        "instance": problem.id,
        "jobs": len(problem.jobs),
        "seed": seed,
        "asked": len(spent),
        "median_ms": round(median(spent), 2),
        "p95_ms": round(quantiles(spent, n=20)[-1], 2),
        "longest_ms": round(max(spent), 2),
    }
