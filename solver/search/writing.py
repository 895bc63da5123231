"""From the arrays of a search to a Plan, and from the tours of a plan back into arrays."""

from collections import defaultdict
from collections.abc import Mapping

from solver.draft import Draft
from solver.plan import Cause, Load, Plan, Route, Stop, StopKind, Unplanned
from solver.problem import Job, Problem
from solver.reasons import Reason
from solver.search.bench import Meeting, Tours
from solver.search.instance import Instance
from solver.search.kernel import kernel
from solver.search.reading_nodes import tool_bits
from solver.search.resting import BEGINS, KIND, LASTS, PLACE
from solver.search.state import (
    DEPARTURE_S,
    FOR_JOB,
    LINKED,
    LOCATION,
    NODE,
    PART,
    QUANTITY,
    RETURN_S,
    SERVICE,
    STOP,
    STOPS,
    State,
    Work,
)
from solver.search.timing import time_tour
from solver.search.tours import copy_row, link_stops


class Names:
    """What the numbers of an instance stand for."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.nodes = {job.id: index for index, job in enumerate(problem.jobs)}
        self.warehouses = {one.id: len(problem.jobs) + index for index, one in enumerate(problem.warehouses)}
        self.shifts = {shift.id: index for index, shift in enumerate(problem.shifts)}
        self.parts = sorted({part for job in problem.jobs for part in job.parts})
        self.begun = Draft.begun(problem).routes

    def tours(self, plan: Plan) -> Tours:
        """The tours of a plan as numbers."""
        parts = {part: number for number, part in enumerate(self.parts)}
        tables = {StopKind.JOB: self.nodes, StopKind.WAREHOUSE: self.warehouses}
        nodes, meetings, loads, times = {}, {}, {}, {}
        for route in plan.routes:
            shift = self.shifts[route.shift]
            stops = [stop for stop in route.stops if stop.kind is not StopKind.BREAK]
            nodes[shift] = tuple(tables[stop.kind][stop.id] for stop in stops)
            loads[shift] = tuple(
                (place, parts[load.part], load.quantity, -1 if load.job is None else self.nodes[load.job], stop.start_s)
                for place, stop in enumerate(stops)
                for load in stop.loads
                if load.part in parts
            )
            for stop in (stop for stop in stops if stop.kind is StopKind.JOB):
                job = self.problem.job_by_id[stop.id]
                if job.crew_size == 1:
                    times[self.nodes[job.id]] = stop.start_s, stop.end_s
                elif stop.supplies:
                    meetings[self.nodes[job.id]] = Meeting(stop.start_s, stop.end_s, shift, self._fetched(plan, job))
        return Tours(nodes, meetings, loads, times)

    def _fetched(self, plan: Plan, job: Job) -> tuple[tuple[int, int], ...]:
        """Who of a crew borrows which tools that nobody of it has, the first one who does."""
        routes = [route for route in plan.routes if job.id in route.jobs]
        missing = job.tools.difference(*(self.problem.shift_by_id[route.shift].tools for route in routes))
        found = []
        for route in routes:
            stops = enumerate(route.stops)
            place = next(place for place, stop in stops if stop.kind is StopKind.JOB and stop.id == job.id)
            here = missing.intersection(tool for stop in route.stops[:place] for tool in stop.tools)
            missing -= here
            if here:
                found.append((self.shifts[route.shift], sum(tool_bits(job.tools)[tool] for tool in here)))
        return tuple(found)

    def plan(self, instance: Instance, state: State, work: Work) -> Plan:
        """The tours of a state with their times, breaks and loads; jobs left out are NOT_PROVEN for now."""
        routes = []
        for number, shift in enumerate(self.problem.shifts):
            if state.figures[number, STOPS] > len(shift.committed):
                routes.append(self._route(instance, state, number, work))
            elif shift.id in self.begun:
                routes.append(self.begun[shift.id])
        planned = {job for route in routes for job in route.jobs}
        left = (job.id for job in self.problem.jobs if job.id not in planned)
        return Plan(self.problem.id, tuple(routes), tuple(Unplanned(job, (Cause(Reason.NOT_PROVEN),)) for job in left))

    def _route(self, instance: Instance, state: State, number: int, work: Work) -> Route:
        shift = self.problem.shifts[number]
        total = write_steps(instance, state, number, work)
        loads, lent = self._loads(state, number), self._lent(instance, state, number)
        departure_s, return_s = int(work.figures[DEPARTURE_S]), int(work.figures[RETURN_S])
        travel_s = instance.travel_s[instance.shifts["profile"][number]]
        stops: list[Stop] = []
        free, place = departure_s, shift.start_location
        for kind, here, lasts, start in work.steps[:total, [KIND, PLACE, LASTS, BEGINS]].tolist():
            end = start + lasts
            arrival = min(start, free + int(travel_s[place, here]))
            if kind < 0:
                is_apart = end <= departure_s or start >= return_s
                rest = shift.breaks[-1 - kind].id
                stops.append(Stop(StopKind.BREAK, rest, here, start if is_apart else arrival, start, end))
                if end <= departure_s:
                    continue
            elif (node := int(state.stops[number, kind, NODE])) < instance.jobs:
                job = self.problem.jobs[node]
                supplies = job.crew_size == 1 or int(state.supplier[node]) == number
                stops.append(Stop(StopKind.JOB, job.id, here, arrival, start, end, supplies=supplies))
            else:
                warehouse = self.problem.warehouses[node - instance.jobs].id
                taken, tools = tuple(loads[kind]), frozenset(lent[kind])
                stops.append(Stop(StopKind.WAREHOUSE, warehouse, here, arrival, start, end, taken, tools))
            free, place = end, here
        return Route(shift.id, departure_s, return_s, tuple(stops))

    def _loads(self, state: State, number: int) -> Mapping[int, list[Load]]:
        found: dict[int, list[Load]] = defaultdict(list)
        for row in range(int(state.load_count[number])):
            load = state.loads[number, row]
            job = None if load[FOR_JOB] < 0 else self.problem.jobs[load[FOR_JOB]].id
            found[int(load[STOP])].append(Load(self.parts[load[PART]], int(load[QUANTITY]), job))
        for loads in found.values():
            loads.sort(key=lambda load: (load.part, load.job or ""))
        return found

    def _lent(self, instance: Instance, state: State, number: int) -> Mapping[int, set[str]]:
        """Tools borrowed at each warehouse stop: the last one before a job that has them lends them."""
        shift, jobs = self.problem.shifts[number], len(self.problem.jobs)
        found: dict[int, set[str]] = defaultdict(set)
        passed: list[int] = []
        for index in range(int(state.figures[number, STOPS])):
            node = int(state.stops[number, index, NODE])
            if node >= jobs:
                passed.append(index)
                continue
            job = self.problem.jobs[node]
            if not job.tools or job.id in self.problem.committed_jobs:
                continue
            lacking = (
                set(job.tools - shift.tools) if job.crew_size == 1 else _fetched(instance, state, number, job, node)
            )
            for at in reversed(passed):
                here = lacking & self.problem.warehouses[int(state.stops[number, at, NODE]) - jobs].tools
                found[at] |= here
                lacking -= here
        return found


def _fetched(instance: Instance, state: State, shift: int, job: Job, node: int) -> set[str]:
    """Tools that a member of a crew borrows for it."""
    rows = state.borrows[instance.nodes["crew_row"][node]].tolist()
    word = next((word for member, word in rows if member == shift), 0)
    return {tool for tool, bit in tool_bits(job.tools).items() if word & bit}


@kernel
def write_steps(instance: Instance, state: State, shift: int, work: Work) -> int:
    """Time a tour of the state once more, with its breaks among `work.steps`; the number of steps."""
    count, own = state.figures[shift, STOPS], instance.shifts[shift]
    for index in range(count):
        copy_row(work.stops, index, state.stops[shift], index)
    if state.figures[shift, LINKED] > 0:
        link_stops(instance, state, work.stops, count)
    time_tour(instance, shift, work.stops, count, state.figures[shift, LINKED], work)
    breaks = own.last_break - own.first_break
    if breaks > 0:
        return count + breaks
    for index in range(count):
        row = work.steps[index]
        row[KIND], row[PLACE] = index, work.stops[index, LOCATION]
        row[LASTS], row[BEGINS] = work.stops[index, SERVICE], work.start_s[index]
    return count
