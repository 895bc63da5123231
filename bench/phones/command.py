"""Ten technicians with eleven phones, bad networks, a server that dies and is set back: nothing is lost or stalls."""

import argparse
import time
from collections import Counter
from typing import Any

from bench.results import commit, result_line

_EVERY_S = 10.0
"""Between two lines of progress."""


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this command."""
    parser.add_argument("--seeds", type=int, default=500, help="how many days on each database")
    parser.add_argument("--first-seed", type=int, default=1, help="with --seeds 1, replay one day")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Play the days and say what did not hold; 1 if anything did not."""
    # Here, as the engine's child processes import the module that lists all commands.
    from bench.phones.databases import databases  # noqa: PLC0415
    from fieldsvc.logs import configure_logs  # noqa: PLC0415

    configure_logs(is_quiet=True)
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    total: dict[str, dict[str, int]] = {}
    seeds: dict[str, list[int]] = {}
    for kind in kinds:
        with databases(kind) as made:
            counts, failed = _play_all(kind, made, options)
        total[kind], seeds[kind] = dict(counts), failed
    told = {"command": "phones", "commit": commit(), "days": options.seeds, "counts": total, "failed": seeds}
    print(result_line(told))
    return int(any(seeds.values()))


def _play_all(kind: str, made: Any, options: argparse.Namespace) -> tuple[Counter[str], list[int]]:
    from bench.phones.day import play  # noqa: PLC0415 -- as above

    counts: Counter[str] = Counter()
    failed: list[int] = []
    began = told_at = time.monotonic()
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        evening = play(seed, made)
        counts.update(evening.counts)
        counts["days"] += 1
        if evening.findings:
            failed.append(seed)
            _complain(kind, seed, evening.findings)
        if options.seeds == 1 or time.monotonic() - told_at > _EVERY_S:
            told_at = time.monotonic()
            seconds = f"{told_at - began:.0f} s"
            print(f"{kind}: {counts['days']} days in {seconds}, {len(failed)} failed; {evening.digest}", flush=True)
    return counts, failed


def _complain(kind: str, seed: int, findings: list[str]) -> None:
    print(f"{kind}, seed {seed}:", flush=True)
    for finding in findings[:20]:
        print(f"  {finding}", flush=True)
