"""The server is killed (SIGKILL) right after each answer: what was acknowledged has to be there."""

import argparse
import time
from collections import Counter
from typing import Any

from bench.results import commit, result_line

_EVERY_S = 10.0
"""Between two lines of progress."""


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this command."""
    parser.add_argument("--kills", type=int, default=1000, help="on each database")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Kill, look, and go on; 1 if anything acknowledged was not there, or the doctor finds anything."""
    # Here, as the engine's child processes import the module that lists all commands.
    from bench.phones.databases import databases  # noqa: PLC0415
    from fieldsvc.logs import configure_logs  # noqa: PLC0415

    configure_logs(is_quiet=True)
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    counts: dict[str, dict[str, int]] = {}
    findings: list[str] = []
    for kind in kinds:
        with databases(kind) as made:
            tally, found = _kill_all(kind, made, options.kills)
        counts[kind], findings = dict(tally), [*findings, *(f"{kind}: {one}" for one in found)]
    for finding in findings:
        print(finding)
    told = {"command": "durability", "commit": commit(), "kills": counts, "findings": len(findings)}
    print(result_line(told))
    return int(bool(findings))


def _kill_all(kind: str, made: Any, kills: int) -> tuple[Counter[str], list[str]]:
    from bench.phones.killed import DOCTOR, acknowledged  # noqa: PLC0415 -- as above

    tally: Counter[str] = Counter()
    findings: list[str] = []
    began = told_at = time.monotonic()
    while tally.total() < kills:
        for what, finding in acknowledged(made, kills - tally.total()):
            tally[what] += what != DOCTOR
            findings += [] if finding is None else [finding]
            if time.monotonic() - told_at > _EVERY_S:
                told_at = time.monotonic()
                print(f"{kind}: {tally.total()} kills in {told_at - began:.0f} s, {len(findings)} findings", flush=True)
    return tally, findings
