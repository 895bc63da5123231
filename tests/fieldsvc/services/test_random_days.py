"""Days on which everything happens in any order: what has started or is locked never moves, nothing is lost."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from fieldsvc.dispatching.published import published_plan
from fieldsvc.dispatching.snapshot import Snapshot, take_snapshot
from fieldsvc.domain.catalogue import DeclineReason, IncompleteReason
from fieldsvc.domain.errors import DomainError
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.visit_states import CLOSED, PUBLISHED, STARTED, VisitState
from fieldsvc.models import Assignment, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services import visits
from solver.check import violations
from solver.plan import Plan, StopKind
from solver.repair import repaired
from solver.schedule import Visit as Stop
from tests.fieldsvc.day_world import DayWorld, Person
from tests.fieldsvc.services.run_world import PLACES, assert_sound, published

STEPS = 45


class RandomDay:
    """A day, and a die that says what happens next."""

    def __init__(self, world: DayWorld, seed: int) -> None:
        self.world, self.die = world, random.Random(seed)
        self.people: dict[Any, Person] = {}
        for name in ("Ana", "Bia", "Caio"):
            person = world.technician(name, skills={"gas": 2}, stock={"P-1": 1})
            self.people[person.id] = person
        self.house = world.warehouse("house", {"P-1": 4})
        for number in range(10):
            world.visit(
                f"V{number}",
                place=self.die.choice(PLACES),
                parts={"P-1": 1} if self.die.random() < 0.5 else None,
                windows=[(9, 13)] if self.die.random() < 0.3 else (),
            )
        self.waiting = None
        self.applied = 0

    def happen(self) -> None:
        happenings: list[tuple[int, Callable[[], Any]]] = [
            (4, self.propose),
            (6, self.apply),
            (6, self.accept),
            (2, self.decline),
            (6, self.go_on),
            (1, self.lock),
            (1, self.sell),
            (4, self.pass_time),
        ]
        weights, calls = zip(*happenings, strict=True)
        self.die.choices(calls, weights)[0]()

    def propose(self) -> None:
        self.waiting = self.world.propose(plan=self.any_plan)

    def any_plan(self, snapshot: Snapshot, first_come: Plan) -> Plan:
        """Throw the visits on the shifts; what does not hold falls off."""
        problem = snapshot.problem
        if self.die.random() < 0.3:
            return first_come
        jobs = [job.id for job in problem.jobs if job.id not in problem.committed_jobs]
        self.die.shuffle(jobs)
        orders: dict[str, list[Stop]] = {shift.id: [Stop(StopKind.WAREHOUSE, "house")] for shift in problem.shifts}
        for job in sorted(jobs, key=lambda one: problem.job_by_id[one].lock is None):
            lock = problem.job_by_id[job].lock
            shift = lock.shifts[0] if lock is not None and lock.shifts else self.die.choice(list(orders))
            orders[shift].append(Stop(StopKind.JOB, job))
        plan = repaired(problem, {shift: tuple(order) for shift, order in orders.items()})
        assert violations(problem, plan) == ()
        return plan

    def apply(self) -> None:
        if self.waiting is None or self.die.random() < 0.5:
            self.propose()
        assert self.waiting is not None
        before, kept = published(self.world), self.kept()
        technicians = [person for person in self.people.values() if self.die.random() < 0.7]
        run = self.world.apply(self.waiting, *technicians, dispatches=self.die.random() < 0.8)
        self.waiting = None
        after = published(self.world)
        assert {number: after[number] for number in kept["started"]} == {
            number: before[number] for number in kept["started"]
        }
        for number in kept["promised"]:
            assert [one[0] for one in after[number][4]] == [one[0] for one in before[number][4]], number
        for number in kept["fixed"]:
            assert after[number][1] == before[number][1], number
        if run.state is RunState.STALE:
            assert after == before
        else:
            self.applied += 1
            self.look_for_violations({str(one) for one in run.application["technicians"]})

    def kept(self) -> dict[str, list[str]]:
        """Numbers of what must not move: at all, to somebody else, to another time."""
        with self.world.database.read_only() as session:
            rows = session.scalars(select(Visit)).all()
        told = [row for row in rows if row.state in PUBLISHED]
        return {
            "started": [row.number for row in rows if row.state in (*STARTED, *CLOSED)],
            "promised": [row.number for row in told if row.locks_technician or row.state is VisitState.ACCEPTED],
            "fixed": [row.number for row in told if row.locks_start],
        }

    def look_for_violations(self, technicians: set[str]) -> None:
        """What a run has published holds under the facts of the moment it was judged at."""
        world = self.world
        with world.database.read_only() as session:
            people = [person for person in self.people.values() if person.solver_id in technicians]
            snapshot = take_snapshot(session, world.scope(*people), world.travel, world.clock.now())
            plan = published_plan(session, snapshot)
            held = set(
                session.scalars(
                    select(Visit.number)
                    .join(Assignment, Assignment.visit_id == Visit.id)
                    .where(
                        Assignment.ended_at.is_(None),
                        Assignment.technician_id.in_([person.id for person in people]),
                        Visit.state.in_((*PUBLISHED, *STARTED)),
                    )
                )
            )
        assert violations(snapshot.problem, plan) == ()
        assert {job for route in plan.routes for job in route.jobs} == held

    def accept(self) -> None:
        self.act("accept_visit", VisitState.DISPATCHED)

    def decline(self) -> None:
        self.act("decline_visit", VisitState.DISPATCHED, DeclineReason.TOO_FAR)

    def go_on(self) -> None:
        """Somebody takes the next step of a visit."""
        steps: list[tuple[VisitState, str, tuple[Any, ...]]] = [
            (VisitState.ACCEPTED, "depart", ()),
            (VisitState.EN_ROUTE, "check_in", (None, 300)),
            (VisitState.ON_SITE, "start_work", ()),
            (VisitState.WORKING, "pause_work", ()),
            (VisitState.PAUSED, "break_off", (IncompleteReason.NO_ACCESS,)),
            (VisitState.WORKING, "break_off", (IncompleteReason.NO_ACCESS,)),
        ]
        for state, name, extra in self.die.sample(steps, len(steps)):
            self.act(name, state, *extra)

    def act(self, name: str, state: VisitState, *extra: Any) -> None:
        with self.world.database.read_only() as session:
            rows = session.execute(
                select(Assignment.visit_id, Assignment.technician_id)
                .where(Assignment.ended_at.is_(None), Assignment.state == state)
                .order_by(Assignment.planned_start, Assignment.id)
            ).all()
        if not rows:
            return
        visit_id, technician = rows[0]
        try:
            self.world.write(lambda uow: getattr(visits, name)(uow, visit_id, *extra), self.people[technician].actor)
        except DomainError as error:
            if error.code != "other_visit_started":
                raise

    def lock(self) -> None:
        numbers = [number for number in self.world.visits if self.world.state_of(number) in PUBLISHED]
        if numbers:
            visit = self.world.visits[self.die.choice(numbers)]
            self.world.change(Visit, visit, **{self.die.choice(["locks_technician", "locks_start"]): True})

    def sell(self) -> None:
        try:
            self.world.sell(self.house, "P-1", 1)
        except DomainError as error:
            if error.code != "not_enough_stock":
                raise

    def pass_time(self) -> None:
        midday = self.world.at(12)
        if self.world.clock.moment < self.world.at(8):
            self.world.clock.moment = self.world.at(8)
        elif self.world.clock.moment < midday:
            self.world.clock.pass_by(minutes=self.die.randint(1, 20))


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens(database: Database, seed: int) -> None:
    day = RandomDay(DayWorld(database), seed)
    for _ in range(STEPS):
        day.happen()
    found = published(day.world)
    for number, (state, start, end, _, own) in found.items():
        assert len(own) == (state not in (VisitState.UNSCHEDULED, VisitState.CANCELLED)), number
        assert (start is None) == (end is None)
    assert day.applied > 0
    assert_sound(day.world)
