"""Cost over time: every plan that an engine finds, as a table, rows and a picture."""

import argparse
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.baseline import DAYS
from bench.city_days import city_day
from bench.curves import Curve, Panel, drawn
from bench.options import numbers
from bench.results import ROOT, Row, append, commit, gap_percent, result_line, table
from solver import engines
from solver.check import violations
from solver.codec import loads, problem_from_document
from solver.errors import UnknownEngine
from solver.params import SolveParams
from solver.problem import Problem
from solver.solve import solve
from solver.units import Cents

MOMENTS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
"""Seconds at which costs are told, as far as the limit reaches."""
_CITY = re.compile(r"city-(\d+)-(\d+)-(\d+)")
_PICTURE = ROOT / "docs/pictures/anytime.svg"


@dataclass(frozen=True, slots=True)
class Run:
    """One solve: seconds since the call and cents of every improvement, best last, and what came of it."""

    instance: str
    engine: str
    seed: int
    incumbents: tuple[tuple[float, Cents], ...]
    unplanned: int
    violations: int

    @property
    def final(self) -> Cents:
        return self.incumbents[-1][1]

    def cost_at(self, second: float) -> Cents | None:
        """The best by then; None before the first plan."""
        return next((cents for after, cents in reversed(self.incumbents) if after <= second), None)


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this benchmark."""
    parser.add_argument(
        "instances",
        nargs="*",
        type=_problem,
        metavar="INSTANCE",
        help=f"{', '.join(DAYS)} (the default), city-JOBS-TECHNICIANS-SEED as the generator makes it, or a file",
    )
    parser.add_argument("--time-limit", type=int, default=60, help="seconds")
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3], help="separated by commas")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--engines", type=_engines, default=["ruin", "routing"], help="separated by commas")
    parser.add_argument("--picture", type=Path, default=_PICTURE, help="where to draw it, as SVG")
    parser.add_argument("--no-save", action="store_true", help="print only, for a trial: no rows and no picture")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Solve every day with every engine and seed; 1 if a plan has a violation."""
    _warm(options.engines)
    runs = []
    for problem in options.instances or map(_problem, DAYS):
        for engine in options.engines:
            for seed in options.seeds:
                params = SolveParams(engine, options.time_limit, seed=seed, workers=options.workers, explain=False)
                runs.append(_measured(problem, params))
                print(_told(runs[-1]), flush=True)
    moments = moments_within(options.time_limit)
    print(f"\npercent above the least cost that any run of the day ended with; medians over {len(options.seeds)} seeds")
    summary = medians(runs, moments)
    print(table(summary))
    if not options.no_save:
        rows = rows_of(runs, moments, options.workers, options.time_limit)
        print(f"appended to {append(rows, 'anytime').relative_to(ROOT)}")
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        options.picture.write_text(drawn(panels_of(runs), options.time_limit), encoding="utf-8")
        print(f"drawn in {options.picture}")
    faulty = sum(one.violations for one in runs)
    figures = {"command": "anytime", "commit": commit(), "violations": faulty, "time_limit_s": options.time_limit}
    print(result_line({**figures, "medians": summary, "best_cents": best_of(runs)}))
    return 1 if faulty else 0


def moments_within(time_limit_s: int) -> list[int]:
    """The moments up to the limit, which is the last one itself."""
    return [*(moment for moment in MOMENTS if moment < time_limit_s), time_limit_s]


def best_of(runs: Iterable[Run]) -> dict[str, Cents]:
    """The least cost that any run of a day ended with."""
    best: dict[str, Cents] = {}
    for one in runs:
        best[one.instance] = min(best.get(one.instance, one.final), one.final)
    return best


def medians(runs: Sequence[Run], moments: Sequence[int]) -> list[dict[str, str | int | float]]:
    """A row for each day and engine: percent above the best at each moment, and in the end.

    "" where most seeds have no plan yet: one that comes later counts as worse than any.
    """
    best = best_of(runs)
    rows = []
    for (instance, engine), group in _groups(runs).items():
        row: dict[str, str | int | float] = {"instance": instance, "engine": engine, "seeds": len(group)}
        for moment in moments:
            gap = _middle([one.cost_at(moment) for one in group], best[instance])
            row[f"{moment} s"] = "" if gap is None else round(gap, 2)
        end = _middle([one.final for one in group], best[instance])
        row["end"] = "" if end is None else round(end, 2)
        rows.append(row)
    return rows


def rows_of(runs: Sequence[Run], moments: Sequence[int], workers: int, time_limit_s: int) -> list[Row]:
    """A row for each run and moment: `seconds` is the moment, `cost_cents` the best by then, `best_known` of all."""
    best = best_of(runs)
    return [
        {
            "instance": one.instance,
            "engine": one.engine,
            "seed": one.seed,
            "workers": workers,
            "time_limit_s": time_limit_s,
            "cost_cents": "" if cost is None else cost,
            "seconds": moment,
            "first_plan_s": round(one.incumbents[0][0], 2),
            "best_known": best[one.instance],
            "gap_percent": "" if cost is None else gap_percent(cost, best[one.instance]),
            "unplanned": one.unplanned if cost == one.final else "",
            "violations": one.violations,
        }
        for one in runs
        for moment in moments
        for cost in (one.cost_at(moment),)
    ]


def panels_of(runs: Sequence[Run]) -> list[Panel]:
    """A panel for each day, with a curve for each run, in percent above the least cost."""
    best = best_of(runs)
    return [
        Panel(
            instance,
            tuple(
                Curve(one.engine, tuple((after, gap_percent(cents, least)) for after, cents in one.incumbents))
                for one in runs
                if one.instance == instance
            ),
        )
        for instance, least in best.items()
    ]


def _warm(names: Sequence[str]) -> None:
    """Start what all children come from, and compile, so that the first day has no other clock than the rest."""
    for name in names:
        solve(city_day(5, 2, 1), SolveParams(name, time_limit_s=1, explain=False))


def _measured(problem: Problem, params: SolveParams) -> Run:
    result = solve(problem, params)
    for note in result.notes:
        print(f"{problem.id}, {params.engine}: {note}")
    broken = len(violations(problem, result.plan))
    return Run(problem.id, params.engine, params.seed, result.incumbents, len(result.plan.unplanned), broken)


def _told(one: Run) -> str:
    after, first = one.incumbents[0]
    return (
        f"{one.instance}, {one.engine}, seed {one.seed}: {first:,} cents after {after:.2f} s, {one.final:,} after "
        f"{one.incumbents[-1][0]:.1f} s, {len(one.incumbents)} plans, {one.unplanned} unplanned"
    )


def _groups(runs: Iterable[Run]) -> dict[tuple[str, str], list[Run]]:
    groups: dict[tuple[str, str], list[Run]] = {}
    for one in runs:
        groups.setdefault((one.instance, one.engine), []).append(one)
    return groups


def _middle(costs: Sequence[Cents | None], best: Cents) -> float | None:
    middle = median(float("inf") if cost is None else gap_percent(cost, best) for cost in costs)
    return None if middle == float("inf") else middle


def _problem(word: str) -> Problem:
    if found := _CITY.fullmatch(word):
        jobs, technicians, seed = map(int, found.groups())
        return city_day(jobs, technicians, seed)
    path = ROOT / f"fixtures/days/{word}.problem.json" if word in DAYS else Path(word)
    if not path.is_file():
        raise argparse.ArgumentTypeError(
            f"there is no day {word}; give {', '.join(DAYS)}, city-100-12-1 for one of 100 jobs, or a problem's file"
        )
    return problem_from_document(loads(path.read_bytes()))


def _engines(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    for name in names:
        try:
            engines.path_of(name)
        except UnknownEngine as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return names
