"""The demo day in a database: the fixture, whole, with people behind it."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldsvc.adapters.passwords import Passwords
from fieldsvc.adapters.travel import EstimatedTravel, TableTravel
from fieldsvc.demo.loader import LoadedDay, load_day
from fieldsvc.demo.source import DemoDay, DemoFilesMissing, read_day
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.snapshot import Snapshot, take_snapshot
from fieldsvc.domain.roles import Role
from fieldsvc.models import Customer, Part, Technician, Ticket, User
from fieldsvc.persistence.database import Database
from fieldsvc.services.doctor import examine
from solver import codec
from solver.problem import Job, Problem, VehicleShift
from solver.validate import problem_object_faults
from tests.fieldsvc.day_rows import TestClock

DAY = date(2026, 12, 14)


@pytest.fixture(scope="session")
def source() -> DemoDay:
    return read_day()


@pytest.fixture(scope="session")
def fixture_problem(source: DemoDay) -> Problem:
    return codec.problem_from_document(source.problem)


class Loaded:
    """The demo day in a database, and its problem read back."""

    def __init__(self, database: Database, source: DemoDay, day: LoadedDay, snapshot: Snapshot) -> None:
        self.database, self.source, self.day, self.snapshot = database, source, day, snapshot
        with database.read_only() as session:
            names = {one.name: str(one.id) for one in session.scalars(select(Technician))}
            self.parts = {slug: facts["number"] for slug, facts in source.people["parts"].items()}
        self.technicians = {slug: names[facts["name"]] for slug, facts in source.people["technicians"].items()}


@pytest.fixture
def loaded(database: Database, source: DemoDay) -> Loaded:
    quick = Passwords(memory_kib=8, rounds=1)
    with database.unit_of_work() as uow:
        day = load_day(uow, quick, source, DAY)
        uow.commit()
    travel = TableTravel(source.points, source.seconds, source.metres, EstimatedTravel())
    with database.read_only() as session:
        now = take_snapshot(session, Scope(day.team_id, DAY), travel, database.clock.now())
    return Loaded(database, source, day, now)


def test_the_problem_read_back_is_the_fixture(loaded: Loaded, fixture_problem: Problem) -> None:
    problem = loaded.snapshot.problem
    assert problem_object_faults(problem) == []
    assert problem.horizon_s == fixture_problem.horizon_s
    assert set(problem.job_by_id) == {job.id for job in _of_the_day(fixture_problem)}
    for job in _of_the_day(fixture_problem):
        assert _needs(problem.job_by_id[job.id], {}, {}) == _needs(job, loaded.parts, loaded.technicians), job.id
    shifts = {shift.technician: shift for shift in problem.shifts}
    assert set(shifts) == {loaded.technicians[shift.technician] for shift in fixture_problem.shifts}
    for shift in fixture_problem.shifts:
        assert _work(shifts[loaded.technicians[shift.technician]]) == _work(shift)


def test_stock_is_the_fixtures(loaded: Loaded, fixture_problem: Problem) -> None:
    problem = loaded.snapshot.problem
    for technician in fixture_problem.technicians:
        stock = {loaded.parts[part]: units for part, units in technician.van_stock.items() if units}
        assert dict(problem.technician_by_id[loaded.technicians[technician.id]].van_stock) == stock
    for house in fixture_problem.warehouses:
        there = problem.warehouse_by_id[house.id]
        assert (there.windows, there.handling_s, there.tools) == (house.windows, house.handling_s, house.tools)
        assert _units(there.stock, {}) == _units(house.stock, loaded.parts)  # what comes later is on no order yet


def test_travel_is_the_fixtures(loaded: Loaded, fixture_problem: Problem) -> None:
    problem = loaded.snapshot.problem
    for first, second in pairwise(_of_the_day(fixture_problem)):
        for matrix in ("seconds", "metres"):
            expected = getattr(fixture_problem.profiles["car"], matrix)[first.location, second.location]
            rows = (problem.job_by_id[first.id].location, problem.job_by_id[second.id].location)
            assert getattr(problem.profiles["car"], matrix)[rows] == expected


def test_the_people_of_the_day(loaded: Loaded) -> None:
    with loaded.database.read_only() as session:
        users = {user.login: user for user in session.scalars(select(User))}
        roles = {user.role for user in users.values()}
        customers = {customer.language for customer in session.scalars(select(Customer))}
        natures = set(session.scalars(select(Ticket.nature)))
        assert session.scalar(select(func.count()).select_from(Part)) == len(loaded.source.people["parts"])
        assert examine(session, loaded.database.clock.now()) == []
    assert roles >= {Role.AGENT, Role.DISPATCHER, Role.TECHNICIAN, Role.WAREHOUSE, Role.SUPERVISOR, Role.ADMIN}
    assert users["outsider"].team_id != users["dispatcher"].team_id == loaded.day.team_id
    assert len({users["technician1"].technician_id, users["technician2"].technician_id} - {None}) == 2
    assert customers >= {"zh_Hans", "en"}
    assert len(natures) >= 3
    assert (loaded.day.visits, loaded.day.technicians) == (120, 14)


def test_nobody_reported_anything_in_the_future(database: Database, source: DemoDay) -> None:
    quick = Passwords(memory_kib=8, rounds=1)
    database.clock = TestClock(database.clock.now().replace(year=2026, month=12, day=13))
    with database.unit_of_work() as uow:
        load_day(uow, quick, source, DAY)
        uow.commit()
    with database.read_only() as session:
        assert session.scalar(select(func.max(Ticket.reported_at))) <= database.clock.now()


def test_outside_a_checkout_the_files_are_missed_by_name(tmp_path: Any) -> None:
    with pytest.raises(DemoFilesMissing, match="checkout"):
        read_day(directory=tmp_path)


def _of_the_day(problem: Problem) -> list[Job]:
    """Jobs that may start on the day; the fixture has one planted that may not, and no visit of the day is it."""
    found = [
        job for job in problem.jobs if any(one.start < problem.horizon_s for one in job.windows) or not job.windows
    ]
    assert len(problem.jobs) - len(found) == 1
    return found


def _needs(job: Job, parts: dict[str, str], technicians: dict[str, str]) -> tuple[Any, ...]:
    """All of a job but its place and its lock: a visit that nobody has yet can't be locked to anybody."""

    def known(ids: frozenset[str]) -> frozenset[str]:
        return frozenset(technicians.get(one, one) for one in ids)

    return (
        job.service_s,
        job.windows,
        job.service_s_by_level,
        dict(job.skills),
        job.tools,
        {parts.get(part, part): quantity for part, quantity in job.parts.items()},
        job.unplanned_penalty_cents,
        job.due_s,
        job.lateness_cents_per_minute,
        known(job.required_technicians),
        known(job.preferred_technicians),
        known(job.excluded_technicians),
        known(job.declined_by),
        job.territory,
        job.crew_size,
        job.predecessors,
        job.previous,
        job.priority,
    )


def _work(shift: VehicleShift) -> tuple[Any, ...]:
    return (
        shift.earliest_start,
        shift.latest_end,
        shift.overtime_limit_s,
        shift.overtime_cents_per_hour,
        [(one.duration_s, one.window, one.paid) for one in shift.breaks],
        dict(shift.skills),
        shift.tools,
        shift.territories,
        shift.cost_cents_per_hour,
        shift.cost_cents_per_km,
        shift.fixed_cost_cents,
        shift.max_jobs,
        shift.max_pickups,
        shift.load_target_s,
        shift.profile,
    )


def _units(stock: Any, parts: dict[str, str]) -> dict[str, int]:
    units = {
        parts.get(part, part): sum(one.quantity for one in receipts if not one.from_s)
        for part, receipts in stock.items()
    }
    return {part: quantity for part, quantity in units.items() if quantity}
