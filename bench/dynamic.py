"""Technician routing as the day goes on: requests turned away, technicians changed, when releases become known."""

import argparse
import math
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

from bench.dynamic_check import foreknowledge
from bench.dynamic_day import Day, day_of
from bench.dynamic_insertion import Insertion
from bench.dynamic_replay import Conduct, Replay
from bench.memory import PeakMemory
from bench.options import add_engine_options
from bench.results import ROOT, Row, append, commit, result_line, table
from bench.trsp import DATA, best_known, judged, paths
from bench.trsp_instances import Instance, read, seconds_per_unit, solution_of
from solver import engines
from solver.check import violations
from solver.params import SolveParams
from solver.plan import Plan

_MEANS = ("rejected", "rejected_percent", "disruptions", "cost", "median_event_s", "p95_event_s")


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this benchmark."""
    parser.add_argument(
        "instances",
        nargs="*",
        type=paths,
        metavar="INSTANCE",
        help="a file, a name or tuning (the 12 of 100 requests); all that have release dates by default",
    )
    parser.add_argument("--dynamism", type=int, default=50, help="percent of the requests that come in on the day")
    parser.add_argument("--seconds-per-event", type=int, default=1, help="of search at each release")
    parser.add_argument("--seconds-before", type=int, default=10, help="of search for what is known before the day")
    parser.add_argument("--tries", type=int, default=3, help="searches at a release before a request is turned away")
    parser.add_argument(
        "--change-cost", type=float, default=10.0, help="what the engine counts for another technician, in time units"
    )
    parser.add_argument(
        "--home-at-once", action="store_true", help="who has nothing left to do goes home, instead of being on call"
    )
    parser.add_argument("--insert-only", action="store_true", help="at releases, to compare: move nothing")
    parser.add_argument("--solutions", type=Path, help="folder for NAME.sol or NAME.seedK.sol; a new one by default")
    add_engine_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Live through the day of every instance with every seed; 1 for any violation, or if the future was known."""
    folder: Path = options.solutions or Path(tempfile.mkdtemp(prefix="dynamic-"))
    folder.mkdir(parents=True, exist_ok=True)
    engines.prepare(options.engine)
    rows: list[Row] = []
    events_s: list[float] = []
    asked: dict[str, int | float] = {
        "dynamism_percent": options.dynamism,
        "change_cost": options.change_cost,
        "is_home_at_once": int(options.home_at_once),
    }
    days = [(path, _releases(path, options.dynamism)) for path in _instances(options)]
    for path, releases in days:
        instance = read(path)
        day = day_of(instance, releases)
        for seed in options.seeds:
            solution = folder / (f"{path.stem}.sol" if len(options.seeds) == 1 else f"{path.stem}.seed{seed}.sol")
            row, taken_s = _measure(path, instance, day, _conduct(options, instance, seed), solution)
            rows.append({**row, **asked})
            events_s += taken_s
            print(table(rows[-1:]).splitlines()[-1], flush=True)
    means = _over_seeds(rows)
    print(f"\n{table(rows)}\n\nmeans over seeds\n{table(means)}\n\nsolutions are in {folder}")
    if not options.no_save:
        print(f"appended to {append(rows, 'dynamic').relative_to(ROOT)}")
    faulty = sum(int(row["violations"]) + int(row["judge_violations"]) + int(row["foreknowledge"]) for row in rows)
    summary = {
        "mean_rejected_percent": round(mean(float(row["rejected_percent"]) for row in means), 3),
        "mean_disruptions": round(mean(float(row["disruptions"]) for row in means), 2),
        **_spread(events_s),
    }
    for name, figure in summary.items():
        print(f"{name}: {figure:.2f}")
    instances = {
        row["instance"]: {figure: row[figure] for figure in ("rejected", "disruptions", "cost")} for row in means
    }
    told = {"command": "dynamic", "commit": commit(), "violations": faulty, "dynamism_percent": options.dynamism}
    print(result_line(told | {"instances": instances} | summary))
    return 1 if faulty else 0


def _instances(options: argparse.Namespace) -> list[Path]:
    if options.instances:
        return [path for found in options.instances for path in found]
    mark = f"_rd_{options.dynamism}.txt"
    return [DATA / f"instances/{path.name.removesuffix(mark)}.txt" for path in sorted(DATA.glob(f"dynamic/*{mark}"))]


def _releases(instance: Path, dynamism: int) -> Path:
    path = DATA / f"dynamic/{instance.stem}_rd_{dynamism}.txt"
    if not path.is_file():
        raise SystemExit(f"there are no release dates of {instance.stem} at {dynamism} %: no file {path}")
    return path


def _conduct(options: argparse.Namespace, instance: Instance, seed: int) -> Conduct:
    params = SolveParams(
        engine=options.engine,
        time_limit_s=options.seconds_per_event,
        iteration_limit=options.iterations,
        seed=seed,
        workers=options.workers,
        explain=False,
    )
    before = engines.load(engines.path_of(options.engine))
    return Conduct(
        before,
        Insertion() if options.insert_only else before,
        params,
        options.seconds_before,
        options.tries,
        round(options.change_cost * seconds_per_unit(instance)),
        options.home_at_once,
    )


def _measure(path: Path, instance: Instance, day: Day, conduct: Conduct, solution: Path) -> tuple[Row, list[float]]:
    """Live through the day, write what was driven, and have it judged; the seconds of its releases too."""
    replay, began = Replay(day, conduct), time.monotonic()
    with PeakMemory() as memory:
        plan = replay.run()
    seconds = time.monotonic() - began
    solution.write_text(solution_of(instance, plan) + "\n", encoding="utf-8")
    rejected = sum(len(event.refused) for event in replay.events)
    found, foreknown = violations(day.problem, plan), foreknowledge(day, replay.events)
    for told in (*replay.notes, *map(str, found), *foreknown):
        print(f"{instance.name}: {told}")
    events_s = [event.seconds for event in replay.events[1:]]
    row: Row = {
        "instance": instance.name,
        "engine": conduct.engine.name,
        "seed": conduct.params.seed,
        "workers": conduct.params.workers,
        "time_limit_s": conduct.params.time_limit_s,
        "rejected": rejected,
        "rejected_percent": round(100 * rejected / instance.requests, 3),
        "disruptions": sum(event.disruptions for event in replay.events),
        "cost": round(_working_s(plan) / seconds_per_unit(instance), 2),
        **_spread(events_s),
        "unplanned": len(plan.unplanned),
        "violations": len(found) + (len(plan.unplanned) != rejected),
        "judge_violations": _judge_violations(path, solution, rejected),
        "foreknowledge": len(foreknown),
        "seconds": round(seconds, 2),
        "peak_memory_mb": round(memory.peak_mb, 1),
    }
    return row, events_s


def _working_s(plan: Plan) -> int:
    return sum(route.return_s - route.departure_s for route in plan.routes)


def _judge_violations(path: Path, solution: Path, rejected: int) -> int:
    """What the judge of the data set found, without the one violation that requests left out are where we told so."""
    verdict, best = judged(path, solution), best_known().get(path.stem)
    found, unserved = int(verdict["violations"]), int(verdict["unserved"])
    if unserved == rejected > (best.unserved if best else 0):
        found -= 1
    if found or unserved != rejected:
        print(verdict.string.rstrip())
    return found


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile (the value that so many do not exceed) and maximum."""
    ordered = sorted(seconds)
    return {
        "median_event_s": round(median(ordered), 3),
        "p95_event_s": round(ordered[math.ceil(0.95 * len(ordered)) - 1], 3),
        "longest_event_s": round(ordered[-1], 3),
    }


def _over_seeds(rows: Sequence[Row]) -> list[dict[str, str | int | float]]:
    """A row per instance with the means of its figures over the seeds."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row["instance"]), []).append(row)
    return [
        {"instance": name, "seeds": len(group), **{one: _mean(group, one) for one in _MEANS}}
        for name, group in groups.items()
    ]


def _mean(rows: Sequence[Row], figure: str) -> float:
    return round(mean(float(row[figure]) for row in rows), 3)
