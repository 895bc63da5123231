"""What has been drawn so far of a random day: shifts with their routes, and jobs."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from bench.random_days.town import DEPOT, EAST, HOME, NORTH, SOUTH, job
from solver.plan import Stop
from solver.problem import Break, Job

TOWN = (HOME, NORTH, EAST, SOUTH, DEPOT)


@dataclass(slots=True)
class Draft:
    """A shift and its route while they grow."""

    technician: str
    day: int
    place: int
    now: int
    departure: int
    stops: list[Stop] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    returned: int = 0

    @property
    def id(self) -> str:
        return f"{self.technician}-{self.day}"


@dataclass(slots=True)
class Draw:
    """Everything that has been drawn so far."""

    random: Random
    drafts: list[Draft] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    committed: set[str] = field(default_factory=set)

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def new_job(self, **changes: Any) -> Job:
        one = job(
            f"job {len(self.jobs)}",
            self.random.choice(TOWN),
            self.random.randrange(0, 3_600),
            unplanned_penalty_cents=self.random.randrange(100_000),
            **changes,
        )
        self.jobs[one.id] = one
        return one

    def stops_of(self, job_id: str) -> list[tuple[Draft, Stop]]:
        return [(draft, one) for draft in self.drafts for one in draft.stops if one.id == job_id]
