"""A plan in the making: the order of visits per shift, timed and stocked, kept free of violations at every step."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

from solver.plan import Cause, Plan, Route, StopKind, Unplanned
from solver.problem import Problem, Receipt, VehicleShift
from solver.reasons import Reason
from solver.schedule import Visit, schedule_route
from solver.supply import Tour, left_over, supply
from solver.units import Seconds

Interval = tuple[Seconds, Seconds]
"""From when to when a job is done."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A changed set of tours of one technician that would hold, with the routes it gives."""

    tours: Mapping[str, Tour]
    routes: Mapping[str, Route]


class Draft:
    """Tours by shift id, with their routes. `try_tours` judges a change, `accept` makes it.

    not_before: earliest starts by job that are wanted, beside what the rules ask for.

    A change touches the shifts of one technician; what it must respect elsewhere is the shared stock and the
    predecessors that stand on other routes.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.tours: dict[str, Tour] = {}
        self.routes: dict[str, Route] = {}
        self.not_before: Mapping[str, Seconds] = {}
        self._shifts: dict[str, tuple[VehicleShift, ...]] = defaultdict(tuple)
        for shift in sorted(problem.shifts, key=lambda one: one.earliest_start):
            self._shifts[shift.technician] += (shift,)
        begun = problem.committed_jobs
        self._followers = tuple(job for job in problem.jobs if job.predecessors and job.id not in begun)

    @classmethod
    def begun(cls, problem: Problem) -> "Draft":
        """The least plan there is: committed jobs only."""
        draft = cls(problem)
        for shift in problem.shifts:
            if shift.committed:
                tour = tuple(Visit(StopKind.JOB, stop.job) for stop in shift.committed)
                route = schedule_route(problem, shift, tour, durations=problem.begun_stays)
                if route is not None:
                    draft.tours[shift.id], draft.routes[shift.id] = tour, route
        return draft

    @classmethod
    def of_plan(cls, problem: Problem, plan: Plan) -> "Draft":
        """The tours of a plan without violations, with its own times."""
        draft = cls(problem)
        for route in plan.routes:
            draft.routes[route.shift] = route
            draft.tours[route.shift] = tuple(
                Visit(stop.kind, stop.id, stop.loads, stop.tools, stop.supplies)
                for stop in route.stops
                if stop.kind is not StopKind.BREAK
            )
        return draft

    def shifts_of(self, technician: str) -> tuple[VehicleShift, ...]:
        """The technician's shifts in the order of time."""
        return self._shifts[technician]

    @property
    def planned(self) -> frozenset[str]:
        """Ids of the jobs on any tour."""
        return frozenset(visit.id for tour in self.tours.values() for visit in tour if visit.kind is StopKind.JOB)

    def interval(self, job: str) -> Interval | None:
        """(start, end) of a planned job; None when it is not planned."""
        for route in self.routes.values():
            for stop in route.stops:
                if stop.kind is StopKind.JOB and stop.id == job:
                    return stop.start_s, stop.end_s
        return None

    def branch(self) -> "Draft":
        """A draft that can go on by itself."""
        other = copy(self)
        other.tours, other.routes = dict(self.tours), dict(self.routes)
        return other

    def try_tours(self, changed: Mapping[str, Tour], meetings: Mapping[str, Interval] | None = None) -> Trial | None:
        """Stock, time and check changed tours (shift id to order) of one technician; None where a rule would break.

        meetings: (start, end) of crew jobs none of whose members is planned yet; those on other routes are known.
        """
        technician = self.problem.shift_by_id[next(iter(changed))].technician
        shifts = self._shifts[technician]
        tours = {shift.id: changed.get(shift.id, self.tours.get(shift.id, ())) for shift in shifts}
        supplied = supply(self.problem, technician, [(shift.id, tours[shift.id]) for shift in shifts])
        if supplied is None or not all(self._keeps_counts(shift, supplied[shift.id]) for shift in shifts):
            return None
        others = {
            shift: route
            for shift, route in self.routes.items()
            if shift not in supplied or supplied[shift] == self.tours[shift]
        }
        routes: dict[str, Route] = {}
        for shift in shifts:
            tour = supplied[shift.id]
            if not tour:
                continue
            if shift.id in others:
                routes[shift.id] = others[shift.id]
                continue
            stock = self._stock_left(tour, {**others, **routes})
            met = {**(meetings or {}), **self._meetings(tour)}
            route = schedule_route(
                self.problem,
                shift,
                tour,
                release=self._release(tour) | {job: start for job, (start, _) in met.items()},
                durations={
                    **self.problem.begun_stays,
                    **{job: end - start for job, (start, end) in met.items()},
                },
                stock=stock,
            )
            if route is None:
                return None
            routes[shift.id] = route
        trial = Trial(supplied, routes)
        if (
            self._keeps_successors(trial)
            and self._keeps_stock(trial)
            and self._keeps_sequences(trial)
            and self._keeps_crews(trial)
        ):
            return trial
        return None

    def accept(self, trial: Trial) -> None:
        """Make a trial the current state."""
        for shift, tour in trial.tours.items():
            if tour:
                self.tours[shift] = tour
                self.routes[shift] = trial.routes[shift]
            else:
                self.tours.pop(shift, None)
                self.routes.pop(shift, None)

    def plan(self) -> Plan:
        """The plan as it stands; jobs left out are NOT_PROVEN until `explain` has looked at them."""
        planned = self.planned
        return Plan(
            problem=self.problem.id,
            routes=tuple(self.routes[shift.id] for shift in self.problem.shifts if shift.id in self.routes),
            unplanned=tuple(
                Unplanned(job.id, (Cause(Reason.NOT_PROVEN),)) for job in self.problem.jobs if job.id not in planned
            ),
        )

    def _release(self, tour: Iterable[Visit]) -> dict[str, Seconds]:
        """Earliest starts that are wanted, or that predecessors on other tours demand."""
        release = {visit.id: self.not_before[visit.id] for visit in tour if visit.id in self.not_before}
        here = {visit.id for visit in tour}
        for visit in tour:
            if visit.kind is not StopKind.JOB:
                continue
            for first in self.problem.job_by_id[visit.id].predecessors:
                interval = None if first.job in here else self.interval(first.job)
                if interval is not None:
                    release[visit.id] = max(release.get(visit.id, 0), interval[1] + first.lag_s)
        return release

    def _meetings(self, tour: Tour) -> dict[str, Interval]:
        """(start, end) of the planned crew jobs on a tour: the other members are there then."""
        return {
            visit.id: interval
            for visit in tour
            if self._is_meeting(visit.kind, visit.id) and (interval := self.interval(visit.id)) is not None
        }

    def _is_meeting(self, kind: StopKind, job: str) -> bool:
        return (
            kind is StopKind.JOB
            and self.problem.job_by_id[job].crew_size > 1
            and job not in self.problem.committed_jobs
        )

    def _stock_left(self, tour: Tour, others: Mapping[str, Route]) -> dict[tuple[str, str], Sequence[Receipt]]:
        """What other routes leave of the parts that a tour loads, now and for their own later loads."""
        wanted = {(visit.id, load.part) for visit in tour for load in visit.loads if load.job is None}
        if not wanted:
            return {}
        taken: dict[tuple[str, str], list[Receipt]] = defaultdict(list)
        for route in others.values():
            for stop in route.stops:
                for load in stop.loads:
                    if load.job is None:
                        taken[stop.id, load.part].append(Receipt(stop.start_s, load.quantity))
        stocks = {key: self.problem.warehouse_by_id[key[0]].stock.get(key[1], ()) for key in wanted & taken.keys()}
        return {key: left_over(receipts, taken[key]) for key, receipts in stocks.items() if receipts is not None}

    def _keeps_counts(self, shift: VehicleShift, tour: Tour) -> bool:
        """No more jobs and warehouse stops than the shift allows; begun jobs alone are as many as they are."""
        jobs = sum(visit.kind is StopKind.JOB for visit in tour)
        is_begun_only = jobs == len(shift.committed)
        return len(tour) - jobs <= shift.max_pickups and (
            is_begun_only or shift.max_jobs is None or jobs <= shift.max_jobs
        )

    def _keeps_successors(self, trial: Trial) -> bool:
        """No planned job would start before a predecessor has ended, or lose it."""
        if not self._followers:
            return True
        routes = {**{shift: route for shift, route in self.routes.items() if shift not in trial.tours}, **trial.routes}
        times = {stop.id: stop for route in routes.values() for stop in route.stops if stop.kind is StopKind.JOB}
        return all(
            (earlier := times.get(first.job)) is not None and times[job.id].start_s >= earlier.end_s + first.lag_s
            for job in self._followers
            if job.id in times
            for first in job.predecessors
        )

    def _keeps_stock(self, trial: Trial) -> bool:
        """The free units that all routes load are there by then."""
        routes = {**{shift: route for shift, route in self.routes.items() if shift not in trial.tours}, **trial.routes}
        touched = {
            (stop.id, load.part) for route in trial.routes.values() for stop in route.stops for load in stop.loads
        }
        taken: dict[tuple[str, str], list[tuple[Seconds, int]]] = defaultdict(list)
        for route in routes.values():
            for stop in route.stops:
                for load in stop.loads:
                    if load.job is None and (stop.id, load.part) in touched:
                        taken[stop.id, load.part].append((stop.start_s, load.quantity))
        return all(_is_covered(self.problem, warehouse, part, loads) for (warehouse, part), loads in taken.items())

    def _keeps_sequences(self, trial: Trial) -> bool:
        """Every locked sequence with a job on the changed tours keeps its order, as `rules.locks` judges it."""
        tours = {**self.tours, **trial.tours}
        touched = {visit.id for tour in trial.tours.values() for visit in tour if visit.kind is StopKind.JOB}
        return all(
            _is_in_order(sequence, tours, self.problem.committed_jobs)
            for sequence in self.problem.sequences
            if not touched.isdisjoint(sequence)
        )

    def _keeps_crews(self, trial: Trial) -> bool:
        """No member of a planned crew leaves it, or comes or goes at another time."""
        if not any(job.crew_size > 1 for job in self.problem.jobs):
            return True
        after = {
            (stop.id, shift): (stop.start_s, stop.end_s)
            for shift, route in trial.routes.items()
            for stop in route.stops
            if stop.kind is StopKind.JOB
        }
        before = (
            ((stop.id, shift), (stop.start_s, stop.end_s))
            for shift in trial.tours
            if shift in self.routes
            for stop in self.routes[shift].stops
            if self._is_meeting(stop.kind, stop.id)
        )
        return all(after.get(member) == interval for member, interval in before)


def _is_in_order(sequence: Sequence[str], tours: Mapping[str, Tour], begun: Collection[str]) -> bool:
    """Each job after the one before it, on a route that has held all so far; two that have begun are as they are."""
    members, places = frozenset(sequence), defaultdict[str, dict[str, int]](dict)
    for shift, tour in tours.items():
        for index, visit in enumerate(tour):
            if visit.kind is StopKind.JOB and visit.id in members:
                places[visit.id][shift] = index
    before, kept = "", dict[str, int]()
    for job in (one for one in sequence if one in places):
        here = places[job]
        in_order = {shift: index for shift, index in here.items() if kept.get(shift, index) < index}
        if before and not in_order and not (before in begun and job in begun):
            return False
        before, kept = job, in_order or here
    return True


def _is_covered(problem: Problem, warehouse: str, part: str, loads: list[tuple[Seconds, int]]) -> bool:
    receipts = problem.warehouse_by_id[warehouse].stock.get(part, ())
    if receipts is None:
        return True
    total = 0
    for second, quantity in sorted(loads):
        total += quantity
        if total > sum(receipt.quantity for receipt in receipts if receipt.from_s <= second):
            return False
    return True
