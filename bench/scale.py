"""Large days: cost per job beside that of separate days of a thousand, seconds to the first plan, peak memory."""

import argparse
from statistics import mean, median

from bench.city_days import city_day
from bench.memory import PeakMemory
from bench.options import numbers
from bench.peers import shifts_for
from bench.results import ROOT, Row, append, commit, result_line, table
from solver.check import violations
from solver.params import SolveParams
from solver.problem import Problem
from solver.solve import solve

THOUSAND = 1_000
"""Jobs of one city, and of each separate day."""


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this benchmark."""
    parser.add_argument("--sizes", type=_thousands, default=[3_000, 10_000], help="jobs, whole thousands, by commas")
    parser.add_argument("--time-limit", type=int, default=60, help="seconds for every thousand jobs")
    parser.add_argument("--seeds", type=numbers, default=[1], help="of the large days and of the searches")
    parser.add_argument("--separate", type=int, default=10, help="days of a thousand jobs to compare with")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-save", action="store_true", help="print only, for a trial")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Plan the separate days, then the large ones; 1 if a plan has a violation."""
    rows: list[Row] = []
    days = [(THOUSAND, seed) for seed in range(1, options.separate + 1)]
    days += [(size, seed) for size in options.sizes for seed in options.seeds]
    for jobs, seed in days:
        problem = large_day(jobs, seed)
        limit = options.time_limit * jobs // THOUSAND
        rows.append(_measured(problem, SolveParams("ruin", limit, seed=seed, workers=options.workers, explain=False)))
        print(table(rows[-1:]).splitlines()[-1], flush=True)
        del problem
    print(f"\n{table(rows)}\n\nmedians over seeds")
    sizes = summary(rows)
    print(table(sizes))
    if not options.no_save:
        kept = [{name: value for name, value in row.items() if name not in _HERE_ONLY} for row in rows]
        print(f"appended to {append(kept, 'scale').relative_to(ROOT)}")
    faulty = sum(int(row["violations"]) for row in rows)
    print(result_line({"command": "scale", "commit": commit(), "violations": faulty, "sizes": sizes}))
    return 1 if faulty else 0


def large_day(jobs: int, seed: int) -> Problem:
    """As many cities side by side as there are thousands of jobs: as dense as one, with as many jobs a technician."""
    cities = jobs // THOUSAND
    return city_day(jobs, cities * shifts_for(THOUSAND), seed, cities=cities)


def summary(rows: list[Row]) -> list[dict[str, str | int | float]]:
    """A row for each size: medians, and cost per job over that of the separate days of a thousand, in the mean."""
    sizes = sorted({int(row["jobs"]) for row in rows})
    apart = [float(row["cents_per_job"]) for row in rows if row["jobs"] == THOUSAND]
    found: list[dict[str, str | int | float]] = []
    for size in sizes:
        group = [row for row in rows if row["jobs"] == size]
        each = (mean if size == THOUSAND else median)([float(row["cents_per_job"]) for row in group])
        found.append(
            {
                "jobs": size,
                "days": len(group),
                "cents_per_job": round(each, 2),
                "over_separate": round(each / mean(apart), 4) if apart else "",
                **{
                    name: round(median(float(row[name]) for row in group), 1)
                    for name in ("unplanned", "first_plan_s", "seconds", "peak_memory_mb")
                },
            }
        )
    return found


_HERE_ONLY = ("jobs", "cents_per_job")
"""Figures that follow from others of the row."""


def _measured(problem: Problem, params: SolveParams) -> Row:
    with PeakMemory() as memory:
        result = solve(problem, params)
    for note in result.notes:
        print(f"{problem.id}: {note}")
    return {
        "instance": problem.id,
        "jobs": len(problem.jobs),
        "engine": params.engine,
        "seed": params.seed,
        "workers": params.workers,
        "time_limit_s": params.time_limit_s,
        "cost_cents": result.score.total_cents,
        "cents_per_job": round(result.score.total_cents / len(problem.jobs), 2),
        "unplanned": len(result.plan.unplanned),
        "violations": len(violations(problem, result.plan)),
        "seconds": round(result.runtime_s, 2),
        "first_plan_s": round(result.incumbents[0][0], 2),
        "peak_memory_mb": round(memory.peak_mb, 1),
    }


def _thousands(text: str) -> list[int]:
    sizes = numbers(text)
    if any(size < THOUSAND or size % THOUSAND for size in sizes):
        raise argparse.ArgumentTypeError(f"{text} are not whole thousands of jobs")
    return sizes
