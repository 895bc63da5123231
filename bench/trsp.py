"""Technician routing: working time on the instances of Pillac, Guéret and Medaglia, told by an independent judge."""

import argparse
import csv
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench.memory import PeakMemory
from bench.options import add_run_options, params_of
from bench.results import ROOT, SHARED, Row, append, commit, gap_percent, gaps, over_seeds, result_line, table
from bench.trsp_instances import problem_of, read, solution_of
from solver.check import violations
from solver.params import SolveParams
from solver.problem import Problem
from solver.solve import solve

DATA = SHARED / "data/trsp"
JUDGE = SHARED / "tools/trsp_eval.py"
_WORDS = {"tuning": "*100_25*.txt", "real": "R[1-6].txt"}
_VERDICT = re.compile(r"\t(?P<cost>[\d.]+)\tunserved=(?P<unserved>\d+)\t.*\tviolations=(?P<violations>\d+)")


class Best(NamedTuple):
    """The best verified solution of an instance: working time in units of the data set, requests left out."""

    cost: float
    unserved: int


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this benchmark."""
    parser.add_argument(
        "instances",
        nargs="*",
        type=paths,
        metavar="INSTANCE",
        help="a file, a name, tuning (the 12 of 100 requests, the default) or real (R1 to R6)",
    )
    parser.add_argument("--solutions", type=Path, help="folder for NAME.sol or NAME.seedK.sol; a new one by default")
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure every instance with every seed; 1 if the checker or the judge finds a violation."""
    folder: Path = options.solutions or Path(tempfile.mkdtemp(prefix="trsp-"))
    folder.mkdir(parents=True, exist_ok=True)
    best = best_known()
    rows: list[Row] = []
    for path in (path for found in options.instances or [paths("tuning")] for path in found):
        problem = problem_of(read(path))
        for seed in options.seeds:
            solution = folder / (f"{path.stem}.sol" if len(options.seeds) == 1 else f"{path.stem}.seed{seed}.sol")
            rows.append(_measure(path, problem, params_of(options, seed), solution, best.get(path.stem)))
            print(table(rows[-1:]).splitlines()[-1], flush=True)
    medians = over_seeds(rows, ("cost", "best_known", "gap_percent", "unplanned", "best_unplanned", "seconds"))
    print(f"\n{table(rows)}\n\nmedians over seeds\n{table(medians)}\n\nsolutions are in {folder}")
    if not options.no_save:
        print(f"appended to {append(rows, 'trsp').relative_to(ROOT)}")
    summary = gaps(medians)
    faulty = sum(int(row["violations"]) + int(row["judge_violations"]) for row in rows)
    for name, percent in summary.items():
        print(f"{name}: {percent:.2f}")
    figures = {row["instance"]: {key: row[key] for key in ("cost", "gap_percent", "unplanned")} for row in medians}
    print(result_line({"command": "trsp", "commit": commit(), "violations": faulty, "instances": figures} | summary))
    return 1 if faulty else 0


def _measure(path: Path, problem: Problem, params: SolveParams, solution: Path, best: Best | None) -> Row:
    """Solve, write the solution, and have it judged."""
    with PeakMemory() as memory:
        result = solve(problem, params)
    solution.write_text(solution_of(read(path), result.plan) + "\n", encoding="utf-8")
    for note in result.notes:
        print(f"{problem.id}: {note}")
    verdict = judged(path, solution)
    if verdict["violations"] != "0":
        print(verdict.string.rstrip())
    cost = float(verdict["cost"])
    return {
        "instance": problem.id,
        "engine": params.engine,
        "seed": params.seed,
        "workers": params.workers,
        "time_limit_s": params.time_limit_s,
        "cost": cost,
        "best_known": best.cost if best else "",
        "gap_percent": gap_percent(cost, best.cost) if best else "",
        "unplanned": int(verdict["unserved"]),
        "best_unplanned": best.unserved if best else "",
        "violations": len(violations(problem, result.plan)),
        "judge_violations": int(verdict["violations"]),
        "seconds": round(result.runtime_s, 2),
        "peak_memory_mb": round(memory.peak_mb, 1),
    }


def judged(path: Path, solution: Path) -> re.Match[str]:
    """Cost in units of the data set, unserved requests and number of violations."""
    command = [sys.executable, str(JUDGE), str(path), str(solution)]
    told = subprocess.run(command, capture_output=True, check=False, text=True)
    verdict = _VERDICT.search(told.stdout)
    if verdict is None:
        raise RuntimeError(f"the judge does not understand {solution}: {told.stdout}{told.stderr}")
    return verdict


def best_known() -> dict[str, Best]:
    with (DATA / "best_known.csv").open(encoding="utf-8") as file:
        return {
            row["instance"]: Best(float(row["best_verified"]), int(row["best_unserved"]))
            for row in csv.DictReader(file)
        }


def paths(word: str) -> list[Path]:
    if word in _WORDS:
        found = sorted((DATA / "instances").glob(_WORDS[word]))
    else:
        found = [path for path in (Path(word), DATA / f"instances/{word}.txt") if path.is_file()][:1]
    if not found:
        raise argparse.ArgumentTypeError(f"there is no instance {word}, neither here nor in {DATA / 'instances'}")
    return found
