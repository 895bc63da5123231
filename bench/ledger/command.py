"""The stock ledger under every verb in any order, and killed (SIGKILL) before every statement of three use cases."""

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.results import commit, result_line

if TYPE_CHECKING:
    from bench.ledger.ground import Ground

_EVERY_S = 10.0
"""Between two lines of progress."""


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this command."""
    parser.add_argument("--examples", type=int, default=2000, help="of the state machine, on each database; 0 = none")
    parser.add_argument("--steps", type=int, default=50, help="of each example")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--kills", action=argparse.BooleanOptionalAction, default=True)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the machine, then the kills; 1 if anything does not hold."""
    # Here, as the engine's child processes import the module that lists all commands.
    from bench.ledger.ground import ground  # noqa: PLC0415
    from fieldsvc.logs import configure_logs  # noqa: PLC0415

    configure_logs(is_quiet=True)
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    told: dict[str, object] = {"command": "ledger", "commit": commit(), "seed": options.seed}
    findings = 0
    for kind in kinds:
        with ground(kind) as standing:
            if options.examples:
                counts, has_failed = _play(kind, standing, options)
                findings += has_failed
                told[f"{kind} rules"] = counts
            if options.kills:
                points, found = _kill(kind, standing)
                findings += found
                told[f"{kind} kills"] = points
    print(result_line(told | {"examples": options.examples, "steps": options.steps, "findings": findings}))
    return int(bool(findings))


def _play(kind: str, standing: "Ground", options: argparse.Namespace) -> tuple[dict[str, str], int]:
    from bench.ledger.machine import run_machine  # noqa: PLC0415 -- as above

    tally: Counter[tuple[str, str]] = Counter()
    try:
        run_machine(standing, options.examples, options.steps, options.seed, tally, _teller(kind, options.examples))
        has_failed = 0
    except KeyboardInterrupt:
        print(f"{kind}: stopped, after what is told below")
        has_failed = 0
    except Exception:  # noqa: BLE001 -- whatever it is, it is the finding, and the other database comes next
        print(f"{kind}: a finding")
        traceback.print_exc(limit=4, file=sys.stdout)
        has_failed = 1
    return _table(kind, tally), has_failed


def _teller(kind: str, examples: int) -> Callable[[], None]:
    began = told_at = time.monotonic()
    count = 0

    def tell() -> None:
        nonlocal count, told_at
        count += 1
        if time.monotonic() - told_at > _EVERY_S:
            told_at = time.monotonic()
            print(f"{kind}: {count} of {examples} examples in {told_at - began:.0f} s", file=sys.stderr, flush=True)

    return tell


def _table(kind: str, tally: Counter[tuple[str, str]]) -> dict[str, str]:
    """Print, and return, how often each rule was carried out and why it was refused."""
    rules: dict[str, Counter[str]] = {}
    for (name, outcome), times in tally.items():
        rules.setdefault(name, Counter())[outcome] += times
    told = {}
    examples = sum(times for (name, _), times in tally.items() if name.startswith("planted"))
    print(f"{kind}: {examples} examples played to their end, {sum(tally.values()) - examples} steps")
    for name, outcomes in sorted(rules.items()):
        told[name] = ", ".join(f"{outcome} {times}" for outcome, times in outcomes.most_common())
        print(f"{kind}: {name:24} {told[name]}")
    return told


def _kill(kind: str, standing: "Ground") -> tuple[dict[str, int], int]:
    from bench.ledger.kills import kill_everywhere  # noqa: PLC0415 -- as above

    points: Counter[str] = Counter()
    findings = 0
    for name, point, found in kill_everywhere(standing.made):
        points[name] += 1
        findings += len(found)
        for one in found:
            print(f"{kind}: {name}, killed {point}: {one}")
    for name, count in points.items():
        print(f"{kind}: {name}: {count} kills")
    return dict(points), findings
