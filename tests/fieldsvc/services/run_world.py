"""Days that the tests about applications begin with."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from fieldsvc.models import Assignment, OptimizationRun, PlannedPart, PlannedPickup, PlannedRoute, Visit
from fieldsvc.services.doctor import examine
from fieldsvc.services.placements import Placement, place_visit
from solver.plan import Plan, StopKind
from solver.problem import Problem
from solver.repair import repaired
from solver.schedule import Visit as Stop
from tests.fieldsvc.day_world import TRAVEL, DayWorld, Person

PLACES = ((-30.0350, -51.2300), (-30.0400, -51.2200), (-30.0200, -51.1900), (-30.0100, -51.2100), (-30.0450, -51.2050))


def busy_day(world: DayWorld, technicians: int = 2, visits: int = 5) -> list[Any]:
    """A day with a warehouse, technicians, and visits of which every other one needs a part of the warehouse."""
    people = [world.technician(name, skills={"gas": 2}) for name in ("Ana", "Bia", "Caio", "Davi")[:technicians]]
    people.append(world.warehouse("house", {"P-1": visits}))
    for number in range(1, visits + 1):
        world.visit(
            f"V{number}",
            place=PLACES[(number - 1) % len(PLACES)],
            skills={"gas": 1},
            parts={"P-1": 1} if number % 2 else None,
        )
    return people


def tours(problem: Problem, **wanted: str) -> Plan:
    """Make a plan from words: technician's name to numbers in order, warehouses by their code.

    A crew meets as soon as all its members can be there; the first one named has the parts.
    """
    shifts = {problem.technician_by_id[shift.technician].name: shift.id for shift in problem.shifts}
    leads: dict[str, str] = {}
    orders = {
        shifts[name]: tuple(
            Stop(StopKind.WAREHOUSE, stop)
            if stop in problem.warehouse_by_id
            else Stop(StopKind.JOB, stop, supplies=leads.setdefault(stop, name) == name)
            for stop in order.split()
        )
        for name, order in wanted.items()
    }
    made = repaired(problem, orders, {job.id: (0, job.service_s) for job in problem.jobs})
    expected = {stop for order in wanted.values() for stop in order.split()} - set(problem.warehouse_by_id)
    assert {job for route in made.routes for job in route.jobs} >= expected, "this plan does not hold"
    return made


def planner(**wanted: str) -> Any:
    """Give what makes a proposal's plan from words."""
    return lambda snapshot, _: tours(snapshot.problem, **wanted)


def skipped(run: OptimizationRun) -> dict[str, str]:
    """Return why whose day was left out."""
    assert run.application is not None
    return {one["technician"]: one["because"] for one in run.application["skipped"]}


def lying(plan: Plan, **changes: Any) -> Plan:
    """Make every visit claim something else than what is so."""
    return replace(
        plan,
        routes=tuple(
            replace(
                route,
                stops=tuple(replace(stop, **changes) if stop.kind is StopKind.JOB else stop for stop in route.stops),
            )
            for route in plan.routes
        ),
    )


def published(world: DayWorld) -> dict[str, tuple[Any, ...]]:
    """Return what is published of every visit: state, who, when, parts and from where."""
    found = {}
    with world.database.read_only() as session:
        for visit in session.scalars(select(Visit).order_by(Visit.number)):
            own = session.scalars(
                select(Assignment)
                .where(Assignment.visit_id == visit.id, Assignment.ended_at.is_(None))
                .order_by(Assignment.technician_id)
            ).all()
            found[visit.number] = (
                visit.state,
                visit.planned_start,
                visit.planned_end,
                visit.arrival_window_start,
                tuple(
                    (
                        one.technician_id,
                        one.state,
                        one.planned_arrival,
                        one.planned_start,
                        one.planned_end,
                        one.position,
                        tuple(sorted((part.part_id, part.location_id, part.quantity) for part in one.planned_parts)),
                    )
                    for one in own
                ),
            )
    return found


def counts(world: DayWorld) -> tuple[int, ...]:
    """Return how many rows there are of what a publication writes."""
    with world.database.read_only() as session:
        return tuple(
            len(session.scalars(select(model.id)).all())
            for model in (Assignment, PlannedPart, PlannedPickup, PlannedRoute)
        )


def assert_sound(world: DayWorld) -> None:
    """No invariant is broken."""
    with world.database.read_only() as session:
        assert examine(session, world.clock.now()) == []


def place(world: DayWorld, number: str, hour: float, *people: Person, **options: Any) -> Any:
    """Put a visit on somebody's day by hand; people: the lead first."""
    by, version = options.pop("by", world.dispatcher), options.pop("version", None)
    wanted = Placement(tuple(one.id for one in people), options.pop("start", world.at(hour)), **options)
    visit = world.visits[number]
    return world.write(lambda uow: place_visit(uow, TRAVEL, visit, wanted, version), by)
