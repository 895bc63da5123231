"""A plan: who drives where, when, with which parts; and what stays undone, with reasons.

A plan states every time itself. Nothing is implied, so `solver.check` can judge plans made by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from solver.reasons import Reason
from solver.units import Seconds


class StopKind(StrEnum):
    """What a technician stops for."""

    JOB = "job"
    WAREHOUSE = "warehouse"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Load:
    """Units taken on board at a warehouse stop; with `job`, from that job's earmark there and for it alone."""

    part: str
    quantity: int
    job: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """A stay at one place.

    kind and id: which job, warehouse or break. location: index of the place (a break states the place of the stop
    before or after it). arrival_s ≤ start_s ≤ end_s; waiting lies between arrival and start. loads and tools: what
    is taken on board at a warehouse. supplies: of the stops of a crew, True on the one whose van the parts come from.
    """

    kind: StopKind
    id: str
    location: int
    arrival_s: Seconds
    start_s: Seconds
    end_s: Seconds
    loads: tuple[Load, ...] = ()
    tools: frozenset[str] = frozenset()
    supplies: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """One used shift: leaves its start at departure_s, makes its stops in order, is at its end at return_s.

    Breaks may stand before departure or after return; they are in `stops` all the same, first or last.
    """

    shift: str
    departure_s: Seconds
    return_s: Seconds
    stops: tuple[Stop, ...] = ()

    @property
    def jobs(self) -> tuple[str, ...]:
        """Ids of its jobs in order."""
        return tuple(stop.id for stop in self.stops if stop.kind is StopKind.JOB)


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why a job is unplanned: the code, a sentence with its figures, what to do, and the figures."""

    reason: Reason
    sentence: str = ""
    remedy: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A job left out, with at least one cause."""

    job: str
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes of used shifts, and the jobs left out. `problem`: id of the problem it answers."""

    problem: str
    routes: tuple[Route, ...] = ()
    unplanned: tuple[Unplanned, ...] = ()
