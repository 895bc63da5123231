"""Plans beside a warehouse: of two that want a unit one gets it, and an untouched plan that is run again stays."""

import argparse
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from bench.results import commit, result_line

_EVERY_S = 10.0
"""Between two lines of progress."""
_ENGINE_LIMIT_S = 2


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this command."""
    parser.add_argument("--rounds", type=int, default=1000, help="of the race for a unit, on each database")
    parser.add_argument("--reruns", type=int, default=1000, help="of an untouched plan, on each database")
    parser.add_argument("--engine-reruns", type=int, default=20, help="of those with the engine, on each database")
    parser.add_argument("--doctor-every", type=int, default=100, help="rounds; stock is looked at after each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Race and run again; 1 if both got the unit or none, somebody was not told, or a plan lost or moved a visit."""
    from fieldsvc.logs import configure_logs  # noqa: PLC0415 -- here, as the engine's child processes import this

    configure_logs(is_quiet=True)
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    counts: dict[str, dict[str, int]] = {}
    findings: list[str] = []
    for kind in kinds:
        tally, found = _played(kind, options)
        counts[kind], findings = dict(sorted(tally.items())), [*findings, *(f"{kind}: {one}" for one in found)]
        for what, count in counts[kind].items():
            print(f"{kind}: {what}: {count:,}")
    for finding in findings[:50]:
        print(finding)
    told = {"command": "plan_races", "commit": commit(), "counts": counts, "findings": len(findings)}
    print(result_line(told))
    return int(bool(findings))


def _played(kind: str, options: argparse.Namespace) -> tuple[Counter[str], list[str]]:
    from bench.phones.databases import databases  # noqa: PLC0415 -- as above
    from bench.plan_races_reruns import Reruns  # noqa: PLC0415
    from bench.plan_races_units import UnitRace  # noqa: PLC0415

    tally: Counter[str] = Counter()
    findings: list[str] = []
    with databases(kind) as made:
        with UnitRace.on(made, options.seed) as race:
            for number in _told(kind, "races", options.rounds):
                what, found = race.play()
                tally[what] += 1
                is_turn = (number + 1) % options.doctor_every == 0 or number + 1 == options.rounds
                findings += [f"race {number}: {one}" for one in (*found, *(race.doctor() if is_turn else ()))]
        with Reruns.on(made, options.seed) as again:
            for number in _told(kind, "runs again", options.reruns + options.engine_reruns):
                limit_s = _ENGINE_LIMIT_S if number >= options.reruns else None
                told, found = again.play(limit_s)
                tally.update(told)
                findings += [f"run again {number}: {one}" for one in found]
            findings += again.doctor()
    return tally, findings


def _told(kind: str, what: str, count: int) -> Iterable[int]:
    """Numbers of rounds, with a line now and then."""
    began = told_at = time.monotonic()
    for number in range(count):
        yield number
        if time.monotonic() - told_at > _EVERY_S:
            told_at = time.monotonic()
            print(f"{kind}: {number + 1} {what} in {told_at - began:.0f} s", flush=True)


def soundness(world: Any) -> list[str]:
    """What the doctor finds of a world."""
    from fieldsvc.services.doctor import examine  # noqa: PLC0415 -- as above

    with world.database.read_only() as session:
        return [f"{one.invariant}: {one.sentence}" for one in examine(session, world.clock.now())]
