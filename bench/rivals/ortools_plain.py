"""OR-Tools routing as a reader of its guide would use it: guided or iterated local search over one plain model.

It holds the interpreter lock, runs on one core and overruns its limit, so better solutions are reported on the way.
"""

import random
import time

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.constraint_solver.routing_parameters_pb2 import RoutingSearchParameters

from bench.rivals.base import Report, Task, may_do, start_window
from solver.problem import Job, Problem

_PAUSE_S = 1.0
"""Least time between two reports: reading a solution holds the search up."""


def solve(task: Task, report: Report) -> None:
    """Search and report better solutions now and then, and the best at last."""
    model = _Model(task.problem, task.seed)
    parameters = _parameters(task.variant)
    parameters.time_limit.FromMilliseconds(int(task.left_s() * 1_000))  # it warns when closed without
    model.routing.CloseModelWithParameters(parameters)
    model.routing.solver().ReSeed(task.seed)
    parameters.time_limit.FromMilliseconds(int(task.left_s() * 1_000))
    model.routing.AddAtSolutionCallback(_Watch(model, report))
    if task.variant == "ils":
        found = model.routing.SolveWithIteratedLocalSearch(parameters)
    else:
        found = model.routing.SolveWithParameters(parameters)
    if found is not None:
        report(model.orders(found))


def _parameters(variant: str) -> RoutingSearchParameters:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    # No cost depends on waiting, so linear programs for the times find nothing that propagation does not.
    parameters.disable_scheduling_beware_this_may_degrade_performance = True
    if variant == "gls":
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        return parameters
    parameters.use_iterated_local_search = True  # heard by SolveWithIteratedLocalSearch alone
    iterated = parameters.iterated_local_search_parameters
    sisr = iterated.ruin_recreate_parameters.ruin_strategies.add().sisr
    sisr.max_removed_sequence_size, sisr.avg_num_removed_visits, sisr.bypass_factor = 10, 10, 0.01
    iterated.reference_solution_acceptance_strategy.simulated_annealing.automatic_temperatures = True
    return parameters


class _Model:
    """Jobs first, then the homes. The seed shuffles the jobs, since guided local search leaves nothing to chance."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        self._jobs: list[Job] = random.Random(seed).sample(problem.jobs, len(problem.jobs))
        count = len(problem.shifts)
        homes = [len(self._jobs) + rank for rank in range(count)]
        places = [job.location for job in self._jobs] + [shift.start_location for shift in problem.shifts]
        self.manager = pywrapcp.RoutingIndexManager(len(places), count, homes, homes)
        self.routing = pywrapcp.RoutingModel(self.manager)
        seconds = problem.profiles["car"].seconds[np.ix_(places, places)].astype(np.int64)
        service = np.array([job.service_s for job in self._jobs] + [0] * count)
        self.routing.SetArcCostEvaluatorOfAllVehicles(self.routing.RegisterTransitMatrix(seconds.tolist()))
        spent = self.routing.RegisterTransitMatrix((seconds + service[:, None]).tolist())
        self.routing.AddDimension(spent, problem.horizon_s, problem.horizon_s, False, "time")
        self._bind()

    def _bind(self) -> None:
        """Shifts, windows, skills, and what it costs to leave a job out."""
        shifts, time_of = self._problem.shifts, self.routing.GetDimensionOrDie("time").CumulVar
        for vehicle, shift in enumerate(shifts):
            time_of(self.routing.Start(vehicle)).SetRange(shift.earliest_start, shift.latest_end)
            time_of(self.routing.End(vehicle)).SetRange(shift.earliest_start, shift.latest_end)
        for node, job in enumerate(self._jobs):
            index = self.manager.NodeToIndex(node)
            window = start_window(self._problem, job)
            time_of(index).SetRange(window.start, window.end)
            self.routing.AddDisjunction([index], job.unplanned_penalty_cents)
            allowed = [vehicle for vehicle, shift in enumerate(shifts) if may_do(shift, job)]
            self.routing.VehicleVar(index).SetValues([-1, *allowed])

    def orders(self, found: pywrapcp.Assignment | None = None) -> dict[str, list[str]]:
        """The orders of a solution; without one, of the solution the solver stands at."""
        orders = {}
        for vehicle, shift in enumerate(self._problem.shifts):
            index, jobs = self._next(self.routing.Start(vehicle), found), []
            while not self.routing.IsEnd(index):
                jobs.append(self._jobs[self.manager.IndexToNode(index)].id)
                index = self._next(index, found)
            orders[shift.id] = jobs
        return orders

    def _next(self, index: int, found: pywrapcp.Assignment | None) -> int:
        variable = self.routing.NextVar(index)
        return int(variable.Value() if found is None else found.Value(variable))


class _Watch:
    """Called by OR-Tools at every solution."""

    def __init__(self, model: _Model, report: Report) -> None:
        self._model = model
        self._report = report
        self._cost: int | None = None
        self._next_s = 0.0

    def __call__(self) -> None:
        cost = self._model.routing.CostVar().Value()
        if (self._cost is None or cost < self._cost) and time.monotonic() >= self._next_s:
            self._cost = cost
            self._report(self._model.orders())
            self._next_s = time.monotonic() + _PAUSE_S
