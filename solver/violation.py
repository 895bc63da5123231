"""What the checker says, and what a rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from solver.itinerary import Itinerary
from solver.reasons import Reason


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a plan breaks a rule.

    rule: the module's name in `solver.rules`. reason: the cause a job would have if this rule kept it out; None for
    rules on the shape of a plan. message: a sentence with the figures.
    """

    rule: str
    message: str
    reason: Reason | None = None
    job: str | None = None
    shift: str | None = None

    def __str__(self) -> str:
        where = ", ".join(f"{name} {value}" for name, value in (("job", self.job), ("shift", self.shift)) if value)
        return f"{self.rule}{f' ({where})' if where else ''}: {self.message}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by name, with the function that finds every violation of it."""

    name: str
    judge: Callable[[Itinerary], Iterator[Violation]]
