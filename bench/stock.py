"""Routes and finite stock planned together, beside reserving parts first and routing then, at equal seconds."""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from bench.options import add_run_options, numbers, params_of
from bench.reservations import WAYS, in_problem, reserve
from bench.results import ROOT, Row, append, commit, result_line, table
from bench.stock_days import MAX_SCARCITY, least_left_out_cents, short_parts, stock_day, with_unlimited_stock
from solver.check import violations
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.score import leaving_out_cents, score
from solver.solve import solve

JOINT = "joint"
UNLIMITED = "unlimited"
"""The joint plan of the same day with any number of every part everywhere: nobody can hope to pay less."""
_LAST_INSERTIONS_S = 1
"""Wall seconds that `solve` may take after the limit where jobs are left out. With reservations few are in the problem
any more, so the ways without get that much less."""
FIGURES = ("cost_cents", "unplanned_cents", "unplanned")
_Figures = dict[str, str | int | float]


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this benchmark."""
    parser.add_argument("--jobs", type=numbers, default=[60, 120], help="sizes of the days, separated by commas")
    parser.add_argument(
        "--scarcity", type=_share, default=0.3, help=f"mean share of units that are nowhere, 0 to {MAX_SCARCITY}"
    )
    add_run_options(parser)
    parser.set_defaults(run=run, time_limit=20, workers=2, seeds=[1, 2, 3])


def run(options: argparse.Namespace) -> int:
    """Plan every day in every way; 1 if a plan has a violation. Seeds are of the days and of the engine."""
    rows: list[Row] = []
    for jobs in options.jobs:
        for seed in options.seeds:
            problem, params = stock_day(jobs, seed, options.scarcity), params_of(options, seed)
            for way in (JOINT, *WAYS, UNLIMITED):
                rows.append(_measure(problem, params, way))
                print(table(rows[-1:]).splitlines()[-1], flush=True)
    ratios, middle = ratios_of(rows), medians(rows)
    print(f"\n{table(rows)}\n\nmedians over seeds\n{table(middle)}")
    print(f"\n{JOINT} / the least of {', '.join(WAYS)}\n{table(ratios)}")
    losses = losses_of(rows)
    for loss in losses:
        print(loss)
    if not options.no_save:
        kept = [{column: value for column, value in row.items() if column != "jobs"} for row in rows]
        print(f"appended to {append(kept, 'stock').relative_to(ROOT)}")
    faulty = sum(int(row["violations"]) for row in rows)
    figures = {"medians": middle, "ratios": ratios, "losses": losses, "rows": rows}
    print(result_line({"command": "stock", "commit": commit(), "violations": faulty, **figures}))
    return 1 if faulty else 0


def ratios_of(rows: Sequence[Row]) -> list[_Figures]:
    """Of every day what the joint plan has over the least that a way with reservations has; "" over nothing."""
    return [
        {"jobs": jobs, "seed": seed}
        | {figure: round(joint[figure] / least[figure], 4) if least[figure] else "" for figure in FIGURES}
        for (jobs, seed), joint, least in _joint_and_least(rows)
    ]


def losses_of(rows: Sequence[Row]) -> list[str]:
    """Every figure in money by which the joint plan is behind some way with reservations, in a sentence."""
    return [
        f"lost: {jobs} jobs, seed {seed}, {figure} {joint[figure]:,} against {least[figure]:,}"
        for (jobs, seed), joint, least in _joint_and_least(rows)
        for figure in ("cost_cents", "unplanned_cents")
        if joint[figure] > least[figure]
    ]


def _joint_and_least(rows: Sequence[Row]) -> Iterator[tuple[tuple[int, int], dict[str, int], dict[str, int]]]:
    """By (jobs, seed): the figures of the joint plan, and of each the least that a way with reservations has."""
    days: dict[tuple[int, int], dict[str, Row]] = {}
    for row in rows:
        days.setdefault((int(row["jobs"]), int(row["seed"])), {})[str(row["engine"])] = row
    for day, by_way in days.items():
        joint = {figure: int(by_way[JOINT][figure]) for figure in FIGURES}
        yield day, joint, {figure: min(int(by_way[way][figure]) for way in WAYS) for figure in FIGURES}


def medians(rows: Sequence[Row]) -> list[_Figures]:
    """Medians over seeds by size and way."""
    groups: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((int(row["jobs"]), str(row["engine"])), []).append(row)
    return [
        {"jobs": jobs, "engine": way, **{figure: median(int(row[figure]) for row in group) for figure in FIGURES}}
        for (jobs, way), group in groups.items()
    ]


def planned(problem: Problem, params: SolveParams, way: str) -> Plan:
    """The plan that a way finds, in terms of the problem as it is."""
    if way not in WAYS:
        shorter = replace(params, time_limit_s=max(1, params.time_limit_s - _LAST_INSERTIONS_S))
        result = solve(problem, shorter)
        plan = result.plan
    else:
        reserved = reserve(problem, WAYS[way])
        result = solve(reserved.problem, params)
        plan = in_problem(problem, reserved, result.plan)
    for note in result.notes:
        print(f"{problem.id}, {way}: {note}", flush=True)
    return plan


def _measure(day: Problem, params: SolveParams, way: str) -> Row:
    problem = with_unlimited_stock(day) if way == UNLIMITED else day
    began = time.monotonic()
    plan = planned(problem, params, way)
    seconds = time.monotonic() - began
    short = short_parts(problem)
    needing_short = sum(not short.isdisjoint(job.parts) for job in day.jobs)
    return {
        "instance": day.id,
        "jobs": len(day.jobs),
        "engine": way,
        "seed": params.seed,
        "workers": params.workers,
        "time_limit_s": params.time_limit_s,
        "cost_cents": score(problem, plan).total_cents,
        "unplanned_cents": sum(leaving_out_cents(problem, problem.job_by_id[one.job]) for one in plan.unplanned),
        "least_unplanned_cents": least_left_out_cents(problem),
        "unplanned": len(plan.unplanned),
        "short_percent": round(100 * needing_short / len(day.jobs), 1),
        "violations": len(violations(problem, plan)),
        "seconds": round(seconds, 2),
    }


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= MAX_SCARCITY:
        raise argparse.ArgumentTypeError(f"the scarcity is {text}; give a share from 0 to {MAX_SCARCITY}")
    return share
