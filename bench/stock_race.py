"""Many callers want the same few units at the same moment: as many get some as there are, and the books hold."""

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.results import commit, result_line

_EVERY_S = 10.0
"""Between two lines of progress."""


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this command."""
    parser.add_argument("--rounds", type=int, default=200, help="of each race, on each database")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run both races; 1 if a unit was promised twice, a request ended in a 5xx, or the books do not hold."""
    # Here, as the engine's child processes import the module that lists all commands.
    from bench.phones.databases import databases  # noqa: PLC0415
    from fieldsvc.logs import configure_logs  # noqa: PLC0415

    configure_logs(is_quiet=True)
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    counts: dict[str, dict[str, int]] = {}
    findings: list[str] = []
    for kind in kinds:
        with databases(kind) as made, tempfile.TemporaryDirectory(prefix="stock-race-") as folder:
            tally, found = _race(kind, made, Path(folder), options)
        counts[kind], findings = dict(sorted(tally.items())), [*findings, *(f"{kind}: {one}" for one in found)]
    for finding in findings:
        print(finding)
    told = {"command": "stock_race", "commit": commit(), "rounds": options.rounds, "answers": counts}
    print(result_line(told | {"findings": len(findings)}))
    return int(bool(findings))


def _race(kind: str, made: Any, folder: Path, options: argparse.Namespace) -> tuple[Counter[str], list[str]]:
    from bench.stock_race_rounds import Race  # noqa: PLC0415 -- as above

    tally: Counter[str] = Counter()
    findings: list[str] = []
    began = told_at = time.monotonic()
    with Race.on(made, folder) as race:
        for number in range(options.rounds):
            for name, play in (("A", race.claim), ("B", race.mix)):
                answers, found = play(options.seed + number)
                tally.update({f"{name} {status}": count for status, count in answers.items()})
                findings += [f"{name}, seed {options.seed + number}: {one}" for one in found]
            if time.monotonic() - told_at > _EVERY_S:
                told_at = time.monotonic()
                done = f"{number + 1} rounds in {told_at - began:.0f} s"
                print(f"{kind}: {done}, {len(findings)} findings", flush=True)
        findings += race.doctor() + race.idle()
        tally.update({f"B import of {outcome}": count for outcome, count in race.files.items()})
    return tally, findings
