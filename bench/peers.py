"""Our cost on city days beside that of other solvers, at equal seconds and cores, by one judge."""

import argparse
import time
from statistics import mean

from bench.city_days import city_day
from bench.options import numbers
from bench.results import COLUMNS, ROOT, Row, append, commit, result_line, table
from bench.rivals import RIVALS, lanes, missing
from bench.rivals.judge import plan_of
from solver import engines
from solver.check import violations
from solver.errors import UnknownEngine
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.score import score
from solver.solve import solve

SHIFTS = {100: 12, 300: 40, 1_000: 130}
"""Technicians by number of jobs: with 12 for 100 about one job in ten stays undone, with the others nearly none."""
_JOBS_PER_SHIFT = 7.5


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this benchmark."""
    parser.add_argument("--sizes", type=numbers, default=[100, 300, 1_000], help="jobs, separated by commas")
    parser.add_argument("--time-limits", type=numbers, default=[10, 30, 60], help="seconds, one for each size")
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3], help="of the days and of the solvers")
    parser.add_argument("--engine", type=_engine, default="ruin")
    parser.add_argument("--workers", type=int, default=2, help="cores for every solver")
    parser.add_argument("--peers", type=_peers, default=",".join(RIVALS), help="separated by commas")
    parser.add_argument("--tightness", type=float, default=1.0, help="multiplies all work")
    parser.add_argument("--no-save", action="store_true", help="print only, for a trial")
    parser.set_defaults(run=run, refuse=parser.error)


def run(options: argparse.Namespace) -> int:
    """Let every solver plan every day; 1 if a plan has a violation."""
    if len(options.sizes) != len(options.time_limits):
        options.refuse("give as many --time-limits as --sizes: they belong together")
    rows: list[Row] = []
    for jobs, time_limit in zip(options.sizes, options.time_limits, strict=True):
        for seed in options.seeds:
            problem = city_day(jobs, shifts_for(jobs), seed, options.tightness)
            params = SolveParams(options.engine, time_limit, seed=seed, workers=options.workers, explain=False)
            for name in (options.engine, *options.peers):
                rows.append(_ours(problem, params) if name == options.engine else _peer(problem, params, name))
                print(table(rows[-1:]).splitlines()[-1], flush=True)
    print()
    print(table(rows))
    ratios = ratios_of(rows, options.engine)
    if ratios:
        print(f"\ncost of {options.engine} / least cost of a peer")
        print(table([{"day": day, **figures} for day, figures in ratios.items()]))
    if not options.no_save:
        kept = [{column: value for column, value in row.items() if column in COLUMNS} for row in rows]
        print(f"appended to {append(kept, 'peers').relative_to(ROOT)}")
    faulty = sum(int(row["violations"]) for row in rows)
    figures = {"command": "peers", "commit": commit(), "violations": faulty, "ratios": ratios, "rows": rows}
    print(result_line(figures))
    return 1 if faulty else 0


def shifts_for(jobs: int) -> int:
    """Technicians for a day of so many jobs."""
    return SHIFTS.get(jobs, max(2, round(jobs / _JOBS_PER_SHIFT)))


def ratios_of(rows: list[Row], engine: str) -> dict[str, dict[str, float]]:
    """Our cost over that of the best peer by seed, and the mean, for every size; nothing where no peer ran."""
    days: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        days.setdefault((f"{row['jobs']} jobs at {row['time_limit_s']} s", f"seed {row['seed']}"), []).append(row)
    ratios: dict[str, dict[str, float]] = {}
    for (size, seed), group in days.items():
        ours = [float(row["cost_cents"]) for row in group if row["engine"] == engine]
        theirs = [float(row["cost_cents"]) for row in group if row["engine"] != engine]
        if ours and theirs:
            ratios.setdefault(size, {})[seed] = round(ours[0] / min(theirs), 4)
    return {size: {**by_seed, "mean": round(mean(by_seed.values()), 4)} for size, by_seed in ratios.items()}


def _ours(problem: Problem, params: SolveParams) -> Row:
    began = time.monotonic()
    result = solve(problem, params)
    seconds = time.monotonic() - began
    _say(params.engine, result.notes)
    return _row(problem, params, params.engine, result.plan, seconds, 0)


def _peer(problem: Problem, params: SolveParams, name: str) -> Row:
    """The best of a peer's plans; it took as long as its slowest process."""
    answers = lanes.run(RIVALS[name], problem, params.time_limit_s, params.seed, params.workers)
    _say(name, tuple(answer.note for answer in answers if answer.note))
    plans = [plan_of(problem, answer.orders) for answer in answers]
    plan, dropped = min(plans, key=lambda one: score(problem, one[0]).total_cents)
    return _row(problem, params, name, plan, max(answer.seconds for answer in answers), dropped)


def _row(problem: Problem, params: SolveParams, name: str, plan: Plan, seconds: float, dropped: int) -> Row:
    return {
        "instance": problem.id,
        "jobs": len(problem.jobs),
        "engine": name,
        "seed": params.seed,
        "workers": params.workers,
        "time_limit_s": params.time_limit_s,
        "cost_cents": score(problem, plan).total_cents,
        "unplanned": len(plan.unplanned),
        "dropped": dropped,
        "violations": len(violations(problem, plan)),
        "seconds": round(seconds, 2),
    }


def _say(name: str, notes: tuple[str, ...]) -> None:
    for note in notes:
        print(f"{name}: {note}", flush=True)


def _engine(name: str) -> str:
    try:
        engines.path_of(name)
    except UnknownEngine as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name


def _peers(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    if unknown := sorted(set(names) - set(RIVALS)):
        raise argparse.ArgumentTypeError(f"there is no peer {', '.join(unknown)}; there are {', '.join(RIVALS)}")
    if lacking := missing(names):
        raise argparse.ArgumentTypeError(
            f"not installed: {', '.join(lacking)}. Install the extra (python -m pip install --editable '.[bench]'), "
            "or name other peers"
        )
    return names
