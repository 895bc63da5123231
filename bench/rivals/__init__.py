"""The peers that `python -m bench peers` runs: one module each, imported where it runs and nowhere else."""

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Entry:
    """A peer: the module of `bench.rivals` that runs it, the package it needs, and whether it uses threads itself.

    `variant` tells two ways apart that one module has.
    """

    module: str
    package: str
    has_threads: bool
    variant: str = ""


RIVALS = {
    "vroom": Entry("bench.rivals.vroom_threads", "vroom", has_threads=True),
    "pyvrp": Entry("bench.rivals.pyvrp_prizes", "pyvrp", has_threads=False),
    "vrp-cli": Entry("bench.rivals.vrp_pragmatic", "vrp_cli", has_threads=True),
    "or-gls": Entry("bench.rivals.ortools_plain", "ortools", has_threads=False, variant="gls"),
    "or-ils": Entry("bench.rivals.ortools_plain", "ortools", has_threads=False, variant="ils"),
}


def missing(names: list[str]) -> list[str]:
    """Those of the peers named whose package is not installed."""
    return [name for name in names if find_spec(RIVALS[name].package) is None]
