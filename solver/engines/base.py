"""What every engine is: a name and one function that reports plans as it finds them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.units import Cents


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The best plan so far: its cost by `solver.score`, seconds since the engine began, and the plan itself."""

    plan: Plan
    cost_cents: Cents
    found_after_s: float


Report = Callable[[Incumbent], None]
"""Called with every improvement, best last. Raises nothing."""

Stop = Callable[[], bool]
"""True when the engine should end soon."""


class Engine(Protocol):
    """Turns a valid problem into ever better plans.

    `solve` may be killed at any moment; what it reported last counts. It reports only plans without violations.
    `start` is a plan to improve on: without violations, or None.
    """

    name: str

    def solve(self, problem: Problem, params: SolveParams, start: Plan | None, report: Report, stop: Stop) -> None:
        """Report incumbents until the limits of `params` are reached or `stop` says so."""
        ...
