"""Cost, unplanned jobs, seconds and memory of the fixture days: what the next engine has to beat."""

import argparse
import time
from statistics import mean

from bench.memory import PeakMemory
from bench.options import numbers
from bench.results import ROOT, Row, append, commit, result_line, table
from solver.check import violations
from solver.codec import loads, problem_from_document
from solver.engines.base import Incumbent
from solver.insertion import first_come_plan
from solver.params import SolveParams
from solver.problem import Problem
from solver.score import score
from solver.solve import solve

DAYS = ("small", "city", "large")


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this benchmark."""
    parser.add_argument("--days", type=names, default=list(DAYS), help="fixture days, separated by commas")
    parser.add_argument("--time-limits", type=numbers, default=[10, 30], help="seconds")
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3])
    parser.add_argument("--engine", default=SolveParams().engine)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--no-save", action="store_true", help="print only, for a trial")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure every day at every limit and seed; 1 if a plan has a violation or is missing."""
    rows = []
    for day in options.days:
        path = ROOT / f"fixtures/days/{day}.problem.json"
        problem = problem_from_document(loads(path.read_bytes()))
        naive = first_come_plan(problem)
        first_come = score(problem, naive).total_cents
        for time_limit in options.time_limits:
            for seed in options.seeds:
                params = SolveParams(engine=options.engine, time_limit_s=time_limit, seed=seed, workers=options.workers)
                rows.append(_measure(problem, params, first_come, len(naive.unplanned)))
                print(table(rows[-1:]).splitlines()[-1], flush=True)
    print()
    print(table(rows))
    if not options.no_save:
        print(f"appended to {append(rows, 'baseline').relative_to(ROOT)}")
    faulty = sum(int(row["violations"]) for row in rows)
    print(result_line({"command": "baseline", "commit": commit(), "violations": faulty, "days": _summary(rows)}))
    return 1 if faulty else 0


def _measure(problem: Problem, params: SolveParams, first_come_cents: int, first_come_unplanned: int) -> Row:
    first: list[float] = []
    began = time.monotonic()

    def note(_incumbent: Incumbent) -> None:
        if not first:
            first.append(time.monotonic() - began)

    with PeakMemory() as memory:
        result = solve(problem, params, on_incumbent=note)
    seconds = time.monotonic() - began
    plan = result.plan
    return {
        "instance": problem.id,
        "engine": params.engine,
        "seed": params.seed,
        "workers": params.workers,
        "time_limit_s": params.time_limit_s,
        "cost_cents": score(problem, plan).total_cents,
        "unplanned": len(plan.unplanned),
        "first_come_cents": first_come_cents,
        "first_come_unplanned": first_come_unplanned,
        "violations": len(violations(problem, plan)),
        "seconds": round(seconds, 2),
        "first_plan_s": round(first[0], 2) if first else "",
        "peak_memory_mb": round(memory.peak_mb, 1),
    }


def _summary(rows: list[Row]) -> dict[str, dict[str, float]]:
    """Means per day and limit, keyed as "small at 10 s"."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(f"{row['instance']} at {row['time_limit_s']} s", []).append(row)
    figures = ("cost_cents", "unplanned", "first_come_cents", "seconds", "peak_memory_mb")
    return {
        name: {figure: round(mean(float(row[figure]) for row in group), 2) for figure in figures}
        for name, group in groups.items()
    }


def names(text: str) -> list[str]:
    """Fixture days from an option's text."""
    days = text.split(",")
    if unknown := set(days).difference(DAYS):
        raise argparse.ArgumentTypeError(f"there is no day {', '.join(sorted(unknown))}; there are {', '.join(DAYS)}")
    return days
