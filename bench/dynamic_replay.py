"""A day as it comes: at each release an engine plans the rest anew; what it can't place then is refused for good."""

import time
from dataclasses import dataclass, field, replace

from bench.dynamic_day import Day, Tours, plan_of
from bench.dynamic_now import Now, joined, problem_now, rest_of
from bench.dynamic_waiting import put_off
from solver.check import violations
from solver.engines.base import Engine, Incumbent
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.units import Cents, Seconds

BEFORE: Seconds = -1
"""The evening before, when the requests known at the start are planned."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a day is met.

    before: the engine of the evening before, with its time limit before_s. engine: that of each release. params: of
    both. tries: how often at most an engine is called for a job it can't place, with other seeds. change_cents: what it
    counts for giving an accepted job to another technician. is_home_at_once: a technician who has nothing left to do
    goes home, instead of staying where he is, unpaid, until he has to be home.
    """

    before: Engine
    engine: Engine
    params: SolveParams
    before_s: int
    tries: int
    change_cents: Cents
    is_home_at_once: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at a second: what was decided on, what of it was refused, and the tours from then on.

    disruptions: jobs accepted before and not begun that have another technician afterwards. seconds: wall time.
    """

    second: Seconds
    new: frozenset[str]
    refused: frozenset[str]
    tours: Tours
    disruptions: int
    seconds: float


@dataclass(slots=True)
class Replay:
    """One day from the evening before to its last release; `notes` tell what went wrong on the way."""

    day: Day
    conduct: Conduct
    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _tours: Tours = field(default_factory=dict)
    _accepted: frozenset[str] = frozenset()

    def run(self) -> Plan:
        """Plan what is known before the day, then go from release to release; the plan as it was driven."""
        known = self.day.known_at(BEFORE)
        self._decide(Now(BEFORE, {}, {}, gone=frozenset(), open=known, new=frozenset()))
        for second in self.day.releases:
            new = frozenset(job for job, released in self.day.released_s.items() if released == second)
            begun = self._begun(second)
            done = {stop.id for stops in begun.values() for stop in stops}
            self._decide(Now(second, self._tours, begun, self._gone(second), self._accepted - done, new))
        return plan_of(self.day.problem, self._tours)

    def _begun(self, second: Seconds) -> Tours:
        """The stops that technicians have left for before a second."""
        left = self.day.left_s(self._tours)
        counts = {shift: sum(one < second for one in left[shift]) for shift in self._tours}
        return {shift: stops[: counts[shift]] for shift, stops in self._tours.items() if counts[shift]}

    def _gone(self, second: Seconds) -> frozenset[str]:
        """The shifts of technicians who have left for home before a second."""
        problem, gone = self.day.problem, set()
        for name, stops in self._tours.items():
            shift, last = problem.shift_by_id[name], stops[-1]
            leaves_s = last.end_s
            if not self.conduct.is_home_at_once:
                leaves_s = shift.latest_end - problem.travel_s(shift, last.location, shift.end_location)
            if leaves_s < second:
                gone.add(name)
        return frozenset(gone)

    def _decide(self, now: Now) -> None:
        """Plan the rest anew; keep what was accepted, whatever becomes of the new."""
        began = time.monotonic()
        problem = problem_now(self.day.problem, now, self.conduct.change_cents)
        plan = rest_of(problem, now)
        for turn in range(self.conduct.tries):
            plan = self._improved(problem, plan, turn)
            if now.open | now.new <= {job for route in plan.routes for job in route.jobs}:
                break
        tours = put_off(self.day.problem, now, joined(now, plan))
        planned = {stop.id for stops in tours.values() for stop in stops}
        if lost := now.open - planned:
            raise RuntimeError(f"{problem.id} at {now.second} s: no place for {', '.join(sorted(lost))}")
        disruptions = _moved(self._tours, tours, now.open)
        self._tours, self._accepted = tours, (self._accepted | now.open | now.new) & planned
        taken_s = time.monotonic() - began
        self.events.append(Event(now.second, now.new, now.new - planned, tours, disruptions, taken_s))

    def _improved(self, problem: Problem, plan: Plan, turn: int) -> Plan:
        """The last plan that the engine tells, which is its best; one that breaks a rule is not taken, and noted."""
        if not problem.shifts or not problem.jobs:
            return plan
        params = replace(self.conduct.params, seed=self.conduct.params.seed * 10_000 + len(self.events) * 100 + turn)
        engine, start = self.conduct.engine, plan if self.events else None
        if not self.events:
            engine = self.conduct.before
            params = replace(params, time_limit_s=self.conduct.before_s)
        best = [plan]

        def take(found: Incumbent) -> None:
            if faults := violations(problem, found.plan):
                self.notes.append(f"{len(faults)} violations in a plan of the engine, first {faults[0]}")
            else:
                best.append(found.plan)

        engine.solve(problem, params, start, take, lambda: False)
        return best[-1]


def _moved(before: Tours, after: Tours, jobs: frozenset[str]) -> int:
    """Of some jobs, how many were with one technician and are with another."""
    then, today = _shift_of(before), _shift_of(after)
    return sum(job in then and then[job] != today[job] for job in jobs)


def _shift_of(tours: Tours) -> dict[str, str]:
    return {stop.id: shift for shift, stops in tours.items() for stop in stops}
