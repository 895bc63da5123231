"""Vehicle routing with time windows: distance on the 56 Solomon instances, recomputed in double precision."""

import argparse
import csv
from pathlib import Path

from bench.memory import PeakMemory
from bench.options import add_run_options, params_of
from bench.results import ROOT, SHARED, Row, append, commit, gap_percent, gaps, over_seeds, result_line, table
from bench.solomon_instances import Instance, judged, problem_of, read, routes_of
from solver.check import violations
from solver.params import SolveParams
from solver.problem import Problem
from solver.solve import solve

DATA = SHARED / "data/solomon"
CLASSES = ("C1", "C2", "R1", "R2", "RC1", "RC2")


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this benchmark."""
    parser.add_argument(
        "instances",
        nargs="*",
        type=_paths,
        metavar="INSTANCE",
        help=f"a file, a name or a class ({', '.join(CLASSES)}); all of them by default",
    )
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure every instance with every seed; 1 if a plan breaks a rule or leaves a customer out."""
    best = _best_known()
    rows: list[Row] = []
    for path in (path for found in options.instances or map(_paths, CLASSES) for path in found):
        instance = read(path)
        problem = problem_of(instance)
        for seed in options.seeds:
            rows.append(_measure(instance, problem, params_of(options, seed), best.get(instance.name)))
            print(table(rows[-1:]).splitlines()[-1], flush=True)
    instances = over_seeds(rows, ("cost", "best_known", "gap_percent", "routes", "unplanned", "seconds"))
    print(f"\n{table(rows)}\n\nmedians over seeds\n{table(instances)}")
    if not options.no_save:
        print(f"appended to {append(rows, 'solomon').relative_to(ROOT)}")
    classes = _by_class(instances)
    for name, figures in classes.items():
        print(name, ", ".join(f"{figure} {value:.2f}" for figure, value in figures.items()))
    faulty = sum(int(row["violations"]) + int(row["judge_violations"]) for row in rows)
    per_instance = {one["instance"]: {key: one[key] for key in ("cost", "gap_percent", "routes")} for one in instances}
    told = {"command": "solomon", "commit": commit(), "violations": faulty}
    print(result_line(told | {"classes": classes, "instances": per_instance}))
    return 1 if faulty else 0


def _measure(instance: Instance, problem: Problem, params: SolveParams, best: float | None) -> Row:
    with PeakMemory() as memory:
        result = solve(problem, params)
    routes = routes_of(result.plan)
    distance, faults = judged(instance, routes)
    for told in (*result.notes, *faults):
        print(f"{instance.name}: {told}")
    return {
        "instance": instance.name,
        "engine": params.engine,
        "seed": params.seed,
        "workers": params.workers,
        "time_limit_s": params.time_limit_s,
        "cost": round(distance, 4),
        "best_known": "" if best is None else best,
        "gap_percent": "" if best is None else gap_percent(distance, best),
        "routes": len(routes),
        "unplanned": len(result.plan.unplanned),
        "violations": len(violations(problem, result.plan)),
        "judge_violations": len(faults),
        "seconds": round(result.runtime_s, 2),
        "peak_memory_mb": round(memory.peak_mb, 1),
    }


def _by_class(instances: list[dict[str, str | int | float]]) -> dict[str, dict[str, float]]:
    """Average and worst gap of every class that was run, and of all instances."""
    groups = {name: [one for one in instances if _class_of(str(one["instance"])) == name] for name in CLASSES}
    return {name: gaps(group) for name, group in (groups | {"all": instances}).items() if gaps(group)}


def _best_known() -> dict[str, float]:
    """The least distance known, rounded to two digits, by instance."""
    with (DATA / "best_known.csv").open(encoding="utf-8") as file:
        return {row["instance"]: float(row["distance_double"]) for row in csv.DictReader(file)}


def _paths(word: str) -> list[Path]:
    if word in CLASSES:
        found = sorted(path for path in DATA.glob("*.txt") if _class_of(path.stem) == word)
    else:
        found = [path for path in (Path(word), DATA / f"{word}.txt") if path.is_file()][:1]
    if not found:
        raise argparse.ArgumentTypeError(f"there is no instance {word}, neither here nor in {DATA}")
    return found


def _class_of(instance: str) -> str:
    """RC1 for RC101."""
    return instance[:-2]
