"""Random problems over every rule, searched with and without a start: nothing may be broken, moved, dearer or die."""

import argparse
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from bench.crash_proof import Crash, answers
from bench.random_days.occurring import RULES
from bench.results import commit, result_line, table
from bench.torture_search import FAULTS, Finding, Outcome, tortured
from solver import engines

_PATIENCE_S = 120
"""A problem takes a fraction of a second; one that takes this long hangs."""
_EVERY_S = 10.0
"""Between two lines of progress."""


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this command."""
    parser.add_argument("--problems", type=int, default=10_000)
    parser.add_argument("--first-seed", type=int, default=1, help="of the problems; with --problems 1, replay one")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--steps", type=int, default=60, help="of each search, in each of its two lanes")
    parser.set_defaults(run=run)


@dataclass(slots=True)
class _Tally:
    """Everything counted so far."""

    counts: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    seeds: dict[str, set[int]] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def add(self, answer: Outcome | Crash) -> list[Finding]:
        """Count one problem; what is wrong with it."""
        self.counts["problems"] += 1
        if isinstance(answer, Crash):
            findings = [Finding(answer.seed, "crashes", answer.sentence)]
        else:
            findings = answer.findings
            self.rules.update(answer.rules)
            for figure in ("searches", "jobs", "planned", "improved"):
                self.counts[figure] += getattr(answer, figure)
        for one in findings:
            self.counts[one.kind] += 1
            self.seeds.setdefault(one.kind, set()).add(one.seed)
        return findings

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def faults(self) -> int:
        return sum(self.counts[kind] for kind in (*FAULTS, "crashes"))


def run(options: argparse.Namespace) -> int:
    """Torture the engine; 1 if anything is found."""
    if engines.prepare("ruin"):
        print("the kernels were compiled first")
    seeds = range(options.first_seed, options.first_seed + options.problems)
    tally = _Tally()
    task = partial(tortured, steps=options.steps)
    try:
        _watch(answers(task, seeds, options.workers, _PATIENCE_S), tally, len(seeds))
    except KeyboardInterrupt:
        print("interrupted; what follows is of the problems so far")
    figures = ("problems", "searches", "jobs", "planned", "improved", *FAULTS, "crashes")
    row = {figure: tally.counts[figure] for figure in figures} | {"seconds": round(tally.seconds)}
    print("\n" + table([{"figure": name, "count": count} for name, count in row.items()]))
    print("\n" + table([{"rule": rule, "problems": tally.rules[rule]} for rule in RULES]))
    found = {kind: sorted(own) for kind, own in sorted(tally.seeds.items())}
    for kind, own in found.items():
        print(f"{kind}: {len(own)} seeds; the first again: --first-seed {own[0]} --problems 1 --steps {options.steps}")
    rules = {rule: tally.rules[rule] for rule in RULES}
    head = {"command": "torture", "commit": commit(), "first_seed": options.first_seed, "steps": options.steps}
    print(result_line({**head, **row, "rules": rules, "seeds_found": found}))
    return 1 if tally.faults else 0


def _watch(outcomes: Iterable[Outcome | Crash], tally: _Tally, total: int) -> None:
    """Count all of them; say at once what is wrong, and now and then how far it is."""
    told = tally.began
    for outcome in outcomes:
        for one in tally.add(outcome):
            print(f"seed {one.seed}, {one.kind}: {one.sentence}", flush=True)
        if time.monotonic() - told >= _EVERY_S:
            told = time.monotonic()
            done = tally.counts["problems"]
            left = tally.seconds / done * (total - done)
            print(
                f"{done:,} of {total:,} problems, {tally.faults} faults, {tally.seconds:.0f} s; {left:.0f} s left",
                flush=True,
            )
