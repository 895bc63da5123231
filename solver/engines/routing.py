"""The baseline engine: OR-Tools routing with guided local search, region by region where a day is large.

The model is conservative and its answer is timed, stocked and judged again before anything is reported, so whatever
it does not know can't get into a plan.
"""

import time
from collections import deque
from collections.abc import Callable
from itertools import count

from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.constraint_solver.routing_parameters_pb2 import RoutingSearchParameters

from solver.check import violations
from solver.draft import Draft
from solver.eligibility import barriers
from solver.engines.base import Incumbent, Report, Stop
from solver.engines.routing_model import Model, Tours, build
from solver.engines.routing_nodes import nodes_of
from solver.engines.routing_regions import MOST_SHIFTS, regions_of, restricted, shared_out
from solver.engines.routing_repair import copied, followers, settle
from solver.insertion import insert_where_cheapest
from solver.params import SolveParams
from solver.plan import Plan, StopKind
from solver.problem import Job, Problem
from solver.score import score
from solver.units import Cents

_PAUSE_S = 0.3
"""Least time between two plans made from solutions: making one holds the search up."""
_RESERVE_S = 0.4
"""Kept back at the end for the last plan."""
_SLICE_S = 0.5
"""Shortest search of one region."""
_ROUNDS = 5
"""How often all regions are searched within the time limit; each search starts from the best plan."""
_NEAREST = 4
"""Shifts tried for a job that found no place."""
_STRAYS = 12
"""Unplanned jobs that insertion tries after each region."""


class RoutingEngine:
    """Guided local search over one routing model per region, restarted from the best plan."""

    name = "routing"

    def solve(self, problem: Problem, params: SolveParams, start: Plan | None, report: Report, stop: Stop) -> None:
        """Report ever better plans; with an iteration limit, that many solutions of each region, once."""
        search = _Search(problem, params, report, stop)
        search.begin(start)
        for turn in count():
            search.go_round(turn)
            if search.is_over() or params.iteration_limit is not None:
                return


class _Search:
    """The best plan so far and the time left."""

    def __init__(self, problem: Problem, params: SolveParams, report: Report, stop: Stop) -> None:
        self._problem = problem
        self._params = params
        self._report = report
        self._stop = stop
        self._began = time.monotonic()
        self._best = Draft.begun(problem)
        self._cost: Cents | None = None
        self._strays = deque(
            job
            for job in problem.jobs
            if job.crew_size == 1 and any(not barriers(problem, job, shift) for shift in problem.shifts)
        )

    def begin(self, start: Plan | None) -> None:
        """Report something at once, then a plan by cheapest insertion, dearest jobs first, made region by region."""
        self._offer(self._best if start is None else Draft.of_plan(self._problem, start))
        if start is not None:
            return
        for technicians, jobs in self._regions(0):
            draft = copied(self._best)
            region = Draft.begun(restricted(draft, technicians, jobs))
            waiting = [job for job in region.problem.jobs if job.id not in region.problem.committed_jobs]
            insert_where_cheapest(region, sorted(waiting, key=lambda job: -job.unplanned_penalty_cents))
            settle(draft, self._open_tours(region.tours))
            self._offer(draft)

    def go_round(self, turn: int) -> None:
        """Search every region once."""
        regions = self._regions(turn)
        for rank, (technicians, jobs) in enumerate(regions):
            if self.is_over():
                return
            share = self._left_s() / (len(regions) - rank)
            slice_s = max(_SLICE_S, self._params.time_limit_s / _ROUNDS / len(regions))
            seconds = share if self._params.iteration_limit is not None else min(share, slice_s)
            self._search_region(technicians, jobs, seconds, turn)

    def is_over(self) -> bool:
        """Whether the time is up, or somebody asked to end."""
        return self._left_s() < _SLICE_S or self._stop()

    def _left_s(self) -> float:
        return self._params.time_limit_s - _RESERVE_S - (time.monotonic() - self._began)

    def _regions(self, turn: int) -> list[tuple[tuple[str, ...], list[Job]]]:
        seed = self._params.seed + turn
        regions = regions_of(self._best, seed)
        return list(zip(regions, shared_out(self._best, regions, seed), strict=True))

    def _search_region(self, technicians: tuple[str, ...], jobs: list[Job], seconds: float, turn: int) -> None:
        region = restricted(self._best, technicians, jobs)
        nodes = nodes_of(region, self._params.seed + turn)
        if not nodes.visits or not nodes.vehicles:
            return
        inside = {shift.id for shift in region.shifts}
        tied = self._open_tours(followers(self._best, inside))
        base = copied(self._best, {*inside, *tied})
        model = build(nodes)
        parameters = _parameters(min(seconds, self._left_s()), self._params.iteration_limit)
        model.routing.CloseModelWithParameters(parameters)
        model.routing.solver().ReSeed(self._params.seed + turn)
        start = _start(model, self._best)
        watch = _Watch(
            model, lambda tours: self._try(base, {**tours, **tied}), self._params.iteration_limit is None, self._stop
        )
        model.routing.AddAtSolutionCallback(watch)
        if start is None:
            model.routing.SolveWithParameters(parameters)
        else:
            model.routing.SolveFromAssignmentWithParameters(start, parameters)
        watch.flush()
        self._try_strays(self._best)

    def _try(self, base: Draft, tours: Tours) -> None:
        draft = copied(base)
        settle(draft, tours)
        self._offer(draft)
        if len(self._problem.shifts) <= MOST_SHIFTS:
            self._try_strays(draft)

    def _try_strays(self, draft: Draft) -> None:
        """Insert some jobs that the model could not place; the next search of the model starts from there."""
        fuller = copied(draft)
        planned = draft.planned
        strays = [job for job in self._strays if job.id not in planned][:_STRAYS]
        self._strays.rotate(-_STRAYS)
        insert_where_cheapest(fuller, strays, _NEAREST)
        self._offer(fuller)

    def _offer(self, draft: Draft) -> None:
        """Keep and report a draft if it is better than the best, and without violations."""
        plan = draft.plan()
        cost = score(self._problem, plan).total_cents
        if (self._cost is None or cost < self._cost) and not violations(self._problem, plan):
            self._best, self._cost = draft, cost
            self._report(Incumbent(plan, cost, time.monotonic() - self._began))

    def _open_tours(self, tours: Tours) -> Tours:
        begun = self._problem.committed_jobs
        return {
            shift: tuple(visit for visit in tour if visit.kind is not StopKind.JOB or visit.id not in begun)
            for shift, tour in tours.items()
        }


class _Watch:
    """Called by OR-Tools at every solution: keeps the best tours, and turns them into plans now and then."""

    def __init__(self, model: Model, use: Callable[[Tours], None], is_paused: bool, stop: Stop) -> None:
        self._model = model
        self._use = use
        self._is_paused = is_paused
        self._stop = stop
        self._cost: int | None = None
        self._waiting: Tours | None = None
        self._next_s = 0.0

    def __call__(self) -> None:
        if self._stop():
            self._model.routing.solver().FinishCurrentSearch()
        cost = self._model.routing.CostVar().Value()
        if self._cost is None or cost < self._cost:
            self._cost = cost
            self._waiting = self._model.read_tours()
        if not self._is_paused or time.monotonic() >= self._next_s:
            self.flush()

    def flush(self) -> None:
        """Use the best tours if that has not been done; then leave the search alone for a while."""
        if self._waiting is None:
            return
        began = time.monotonic()
        self._use(self._waiting)
        self._waiting = None
        ended = time.monotonic()
        self._next_s = ended + max(_PAUSE_S, 5 * (ended - began))


def _parameters(seconds: float, solutions: int | None) -> RoutingSearchParameters:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    # No cost here depends on waiting, so linear programs for the times would find nothing that propagation does not.
    parameters.disable_scheduling_beware_this_may_degrade_performance = True
    parameters.time_limit.FromMilliseconds(max(1, int(seconds * 1_000)))
    if solutions is not None:
        parameters.solution_limit = solutions
    return parameters


def _start(model: Model, draft: Draft) -> pywrapcp.Assignment | None:
    """The draft as an assignment; without the routes that the conservative model refuses."""
    arrivals = {
        (shift, stop.id): stop.start_s
        for shift, route in draft.routes.items()
        for stop in route.stops
        if stop.kind is StopKind.WAREHOUSE
    }
    routes = model.indices_of(draft.tours, arrivals)
    assignment = model.routing.ReadAssignmentFromRoutes(routes, True)
    if assignment is not None:
        return assignment
    kept: list[list[int]] = [[] for _ in routes]
    for position, route in enumerate(routes):
        longer = [*kept[:position], route, *kept[position + 1 :]]
        if model.routing.ReadAssignmentFromRoutes(longer, True) is not None:
            kept = longer
    return model.routing.ReadAssignmentFromRoutes(kept, True)
