"""What options of several benchmarks have in common."""

import argparse

from solver.params import SolveParams


def numbers(text: str) -> list[int]:
    """Whole numbers separated by commas; ValueError, which argparse tells of, for anything else."""
    return [int(number) for number in text.split(",")]


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """How an instance is solved, for every benchmark over instances and seeds."""
    parser.add_argument("--time-limit", type=int, default=60, help="seconds")
    add_engine_options(parser)


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """What solves, how often, and whether it is kept, for benchmarks with seconds of their own."""
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seeds", type=numbers, default=[1], help="separated by commas")
    parser.add_argument("--engine", default=SolveParams().engine)
    parser.add_argument("--iterations", type=int, help="engine steps, for a run that must repeat exactly")
    parser.add_argument("--no-save", action="store_true", help="print only, for a trial")


def params_of(options: argparse.Namespace, seed: int) -> SolveParams:
    """The options that `add_run_options` describes, without reasons for what stays unplanned."""
    return SolveParams(
        engine=options.engine,
        time_limit_s=options.time_limit,
        iteration_limit=options.iterations,
        seed=seed,
        workers=options.workers,
        explain=False,
    )
