"""`python -m bench COMMAND`: what there is to measure. `docs/benchmarks.md` says how to repeat a run."""

import argparse
import sys

from bench import (
    anytime,
    baseline,
    best,
    candidates,
    durability,
    dynamic,
    fuzz,
    morning,
    peers,
    plan_races,
    replenishment,
    scale,
    solomon,
    stock,
    stock_race,
    torture,
    trsp,
    warehouse,
)
from bench.ledger import command as ledger
from bench.phones import command as phones


def main() -> int:
    """Run one benchmark; its last line of output is RESULT and its figures as JSON."""
    parser = argparse.ArgumentParser("python -m bench")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    baseline.add_command(commands.add_parser("baseline", help=baseline.__doc__))
    best.add_command(commands.add_parser("best", help=best.__doc__))
    trsp.add_command(commands.add_parser("trsp", help=trsp.__doc__))
    dynamic.add_command(commands.add_parser("dynamic", help=dynamic.__doc__))
    solomon.add_command(commands.add_parser("solomon", help=solomon.__doc__))
    peers.add_command(commands.add_parser("peers", help=peers.__doc__))
    scale.add_command(commands.add_parser("scale", help=scale.__doc__))
    stock.add_command(commands.add_parser("stock", help=stock.__doc__))
    candidates.add_command(commands.add_parser("candidates", help=candidates.__doc__))
    anytime.add_command(commands.add_parser("anytime", help=anytime.__doc__))
    durability.add_command(commands.add_parser("durability", help=durability.__doc__))
    phones.add_command(commands.add_parser("phones", help=phones.__doc__))
    fuzz.add_command(commands.add_parser("fuzz", help=fuzz.__doc__))
    morning.add_command(commands.add_parser("morning", help=morning.__doc__))
    stock_race.add_command(commands.add_parser("stock_race", help=stock_race.__doc__))
    warehouse.add_command(commands.add_parser("warehouse", help=warehouse.__doc__))
    plan_races.add_command(commands.add_parser("plan_races", help=plan_races.__doc__))
    replenishment.add_command(commands.add_parser("replenishment", help=replenishment.__doc__))
    ledger.add_command(commands.add_parser("ledger", help=ledger.__doc__))
    torture.add_command(commands.add_parser("torture", help=torture.__doc__))
    options = parser.parse_args()
    code: int = options.run(options)
    return code


if __name__ == "__main__":  # the engine's child process imports this file too
    sys.exit(main())
