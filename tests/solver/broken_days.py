"""Ways to break a plan that keeps every rule: each changes one thing and names the rule that must notice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from solver.plan import Load, Plan, Route, Stop, StopKind
from solver.problem import CommittedStop, Job, Lock, Predecessor, Problem, VehicleShift, Window
from tests.solver.builders import left_out

Broken = tuple[Problem, Plan]
Breaker = Callable[["Day"], Iterator[Broken]]


@dataclass(frozen=True, slots=True)
class Day:
    """A problem with its plan, and what the breakers look for in them."""

    problem: Problem
    plan: Plan

    def stops(self, *kinds: StopKind) -> Iterator[tuple[VehicleShift, Route, int, Stop]]:
        for route in self.plan.routes:
            for index, one in enumerate(route.stops):
                if one.kind in kinds:
                    yield self.problem.shift_by_id[route.shift], route, index, one

    def open_jobs(self) -> Iterator[tuple[VehicleShift, Route, int, Stop, Job]]:
        """Stops of jobs that have not begun."""
        for shift, route, index, one in self.stops(StopKind.JOB):
            if one.id not in self.problem.committed_jobs:
                yield shift, route, index, one, self.problem.job_by_id[one.id]

    def open_routes(self) -> Iterator[tuple[VehicleShift, Route]]:
        """Routes with a job that has not begun."""
        for route in self.plan.routes:
            if set(route.jobs) - self.problem.committed_jobs:
                yield self.problem.shift_by_id[route.shift], route

    def with_job(self, job: Job, **changes: Any) -> Broken:
        jobs = tuple(replace(one, **changes) if one.id == job.id else one for one in self.problem.jobs)
        return replace(self.problem, jobs=jobs), self.plan

    def with_shift(self, shift: VehicleShift, **changes: Any) -> Broken:
        shifts = tuple(replace(one, **changes) if one.id == shift.id else one for one in self.problem.shifts)
        return replace(self.problem, shifts=shifts), self.plan

    def with_route(self, route: Route, **changes: Any) -> Broken:
        routes = tuple(replace(one, **changes) if one is route else one for one in self.plan.routes)
        return self.problem, replace(self.plan, routes=routes)

    def with_stop(self, route: Route, index: int, **changes: Any) -> Broken:
        stops = list(route.stops)
        stops[index] = replace(stops[index], **changes)
        return self.with_route(route, stops=tuple(stops))

    def without_stop(self, route: Route, index: int) -> Broken:
        return self.with_route(route, stops=route.stops[:index] + route.stops[index + 1 :])


def starts_out_of_its_window(day: Day) -> Iterator[Broken]:
    for _, _, _, one, job in day.open_jobs():
        yield day.with_job(job, windows=(Window(one.start_s + 1, one.start_s + 9), Window(0, one.start_s - 1)))


def lacks_a_skill(day: Day) -> Iterator[Broken]:
    for shift, *_, job in day.open_jobs():
        yield day.with_job(job, skills={"magic": 1})
        if job.crew_size == 1:
            yield day.with_job(job, skills={"gas": shift.skills["gas"] + 1})


def lacks_a_tool(day: Day) -> Iterator[Broken]:
    for *_, job in day.open_jobs():
        yield day.with_job(job, tools=job.tools | {"crane"})


def leaves_its_territory(day: Day) -> Iterator[Broken]:
    for shift, *_, job in day.open_jobs():
        if job.territory:
            yield day.with_shift(shift, territories=frozenset({"old town"}))


def sends_the_wrong_technician(day: Day) -> Iterator[Broken]:
    for shift, *_, job in day.open_jobs():
        yield day.with_job(job, excluded_technicians=frozenset({shift.technician}))
        yield day.with_job(job, declined_by=frozenset({shift.technician}))
        yield day.with_job(job, required_technicians=frozenset({"dan"}))


def has_a_job_too_many(day: Day) -> Iterator[Broken]:
    for shift, route in day.open_routes():
        yield day.with_shift(shift, max_jobs=len(route.jobs) - 1)


def drops_a_break(day: Day) -> Iterator[Broken]:
    open_shifts = {shift.id for shift, _ in day.open_routes()}
    for shift, route, index, _ in day.stops(StopKind.BREAK):
        if shift.id in open_shifts:
            yield day.without_stop(route, index)


def moves_the_window_of_a_break(day: Day) -> Iterator[Broken]:
    for shift, _, _, rest in day.stops(StopKind.BREAK):
        window = Window(rest.start_s + 1, rest.start_s + 1)
        yield day.with_shift(
            shift, breaks=tuple(replace(one, window=window) if one.id == rest.id else one for one in shift.breaks)
        )


def stands_elsewhere(day: Day) -> Iterator[Broken]:
    for _, route, index, one in day.stops(StopKind.JOB, StopKind.WAREHOUSE):
        yield day.with_stop(route, index, location=(one.location + 1) % 5)


def takes_another_time(day: Day) -> Iterator[Broken]:
    for _, route, index, one in day.stops(*StopKind):
        yield day.with_stop(route, index, end_s=one.end_s + 1)
        yield day.with_stop(route, index, end_s=one.end_s - 1)
    for *_, route, index, one, _ in day.open_jobs():
        yield day.with_stop(route, index, arrival_s=one.start_s + 1)
    for shift, route in day.open_routes():
        at_work = [one for one in route.stops if one.kind is not StopKind.BREAK]
        if at_work and at_work[0].id not in {begun.job for begun in shift.committed}:
            yield day.with_route(route, departure_s=at_work[0].end_s + 1)
            yield day.with_route(route, return_s=at_work[-1].end_s - 1)


def leaves_its_shift(day: Day) -> Iterator[Broken]:
    for shift, route in day.open_routes():
        if shift.latest_return > route.departure_s:
            yield day.with_shift(
                shift, earliest_start=route.departure_s + 1, latest_end=shift.latest_return, overtime_limit_s=0
            )
        if route.return_s > shift.latest_end:
            yield day.with_shift(shift, overtime_limit_s=route.return_s - shift.latest_end - 1)


def fetches_too_often(day: Day) -> Iterator[Broken]:
    for shift, route, *_ in day.stops(StopKind.WAREHOUSE):
        count = sum(one.kind is StopKind.WAREHOUSE for one in route.stops)
        yield day.with_shift(shift, max_pickups=count - 1)


def fetches_from_a_closed_warehouse(day: Day) -> Iterator[Broken]:
    for _, _, _, one in day.stops(StopKind.WAREHOUSE):
        closed = tuple(
            replace(house, windows=(Window(one.start_s + 1, one.start_s + 1),)) if house.id == one.id else house
            for house in day.problem.warehouses
        )
        yield replace(day.problem, warehouses=closed), day.plan


def _loads(day: Day) -> Iterator[tuple[Route, int, Stop, int, Load]]:
    for _, route, index, one in day.stops(StopKind.WAREHOUSE):
        for position, load in enumerate(one.loads):
            yield route, index, one, position, load


def forgets_a_load(day: Day) -> Iterator[Broken]:
    for route, index, one, position, _ in _loads(day):
        yield day.with_stop(route, index, loads=one.loads[:position] + one.loads[position + 1 :])


def loads_more_than_anybody_uses(day: Day) -> Iterator[Broken]:
    for route, index, one, *_, load in _loads(day):
        yield day.with_stop(route, index, loads=(*one.loads, Load(load.part, 1_000)))


def empties_the_van(day: Day) -> Iterator[Broken]:
    for technician in day.problem.technicians:
        for part, quantity in technician.van_stock.items():
            if quantity:
                less = replace(technician, van_stock={**technician.van_stock, part: quantity - 1})
                people = tuple(less if one is technician else one for one in day.problem.technicians)
                yield replace(day.problem, technicians=people), day.plan


def loads_more_than_was_received(day: Day) -> Iterator[Broken]:
    for house in day.problem.warehouses:
        for part, receipts in house.stock.items():
            if receipts:
                fewer = (*receipts[1:], replace(receipts[0], quantity=receipts[0].quantity - 1))
                less = replace(house, stock={**house.stock, part: fewer})
                houses = tuple(less if one is house else one for one in day.problem.warehouses)
                yield replace(day.problem, warehouses=houses), day.plan


def loads_more_than_is_held(day: Day) -> Iterator[Broken]:
    for route, index, one, position, load in _loads(day):
        if load.job:
            more = replace(load, quantity=load.quantity + 1)
            yield day.with_stop(route, index, loads=(*one.loads[:position], more, *one.loads[position + 1 :]))


def comes_apart_as_a_crew(day: Day) -> Iterator[Broken]:
    for _, route, index, one, job in day.open_jobs():
        yield day.with_stop(route, index, supplies=not one.supplies)
        if job.crew_size > 1:
            yield day.with_stop(route, index, start_s=one.start_s + 1, end_s=one.end_s + 1)


def starts_too_soon_after_another(day: Day) -> Iterator[Broken]:
    others = [other for *_, other in day.stops(StopKind.JOB)]
    for *_, one, job in day.open_jobs():
        for other in others:
            if other.id != one.id:
                lag = max(0, one.start_s - other.end_s + 1)
                yield day.with_job(job, predecessors=(Predecessor(other.id, lag),))
        for left in day.plan.unplanned:
            yield day.with_job(job, predecessors=(Predecessor(left.job),))


def breaks_a_lock(day: Day) -> Iterator[Broken]:
    for shift, _, _, one, job in day.open_jobs():
        yield day.with_job(job, lock=Lock(start_s=one.start_s + 1))
        yield day.with_job(job, lock=Lock(start_range=Window(one.start_s + 1, one.start_s + 60)))
        yield day.with_job(job, lock=Lock(shifts=("elsewhere", shift.id)))


def breaks_a_sequence(day: Day) -> Iterator[Broken]:
    for _, route in day.open_routes():
        if len(route.jobs) > 1:
            yield replace(day.problem, sequences=(route.jobs[::-1],)), day.plan


def moves_what_is_frozen(day: Day) -> Iterator[Broken]:
    for *_, one, job in day.open_jobs():
        problem, plan = day.with_job(job, previous=None)
        yield replace(problem, freeze_until_s=one.start_s + 1), plan


def changes_what_has_begun(day: Day) -> Iterator[Broken]:
    for shift, route, index, one in day.stops(StopKind.JOB):
        if one.id in day.problem.committed_jobs:
            begun = CommittedStop(one.id, one.start_s + 1)
            stops = tuple(begun if stop.job == one.id else stop for stop in shift.committed)
            yield day.with_shift(shift, committed=stops)
        elif any(before.kind is not StopKind.BREAK for before in route.stops[:index]):
            yield day.with_shift(shift, committed=(CommittedStop(one.id), *shift.committed))


def loses_a_job(day: Day) -> Iterator[Broken]:
    for _, route, index, _ in day.stops(StopKind.JOB):
        yield day.without_stop(route, index)
    for left in day.plan.unplanned:
        rest = tuple(one for one in day.plan.unplanned if one is not left)
        yield day.problem, replace(day.plan, unplanned=rest)


def counts_a_job_twice(day: Day) -> Iterator[Broken]:
    for *_, job in day.open_jobs():
        yield day.problem, replace(day.plan, unplanned=day.plan.unplanned + left_out(job))


def names_what_does_not_exist(day: Day) -> Iterator[Broken]:
    for _, route, index, _ in day.stops(*StopKind):
        yield day.with_stop(route, index, id="ghost")


BREAKERS: dict[Breaker, str] = {
    starts_out_of_its_window: "windows",
    lacks_a_skill: "skills",
    lacks_a_tool: "tools",
    leaves_its_territory: "territories",
    sends_the_wrong_technician: "technicians",
    has_a_job_too_many: "max_jobs",
    drops_a_break: "breaks",
    moves_the_window_of_a_break: "breaks",
    stands_elsewhere: "places",
    takes_another_time: "times",
    leaves_its_shift: "shifts",
    fetches_too_often: "pickups",
    fetches_from_a_closed_warehouse: "pickups",
    forgets_a_load: "van_stock",
    loads_more_than_anybody_uses: "van_stock",
    empties_the_van: "van_stock",
    loads_more_than_was_received: "stock",
    loads_more_than_is_held: "earmarks",
    comes_apart_as_a_crew: "crew",
    starts_too_soon_after_another: "predecessors",
    breaks_a_lock: "locks",
    breaks_a_sequence: "locks",
    moves_what_is_frozen: "freeze",
    changes_what_has_begun: "committed",
    loses_a_job: "membership",
    counts_a_job_twice: "membership",
    names_what_does_not_exist: "references",
}
"""Each way to break a plan, with the rule that must notice."""
