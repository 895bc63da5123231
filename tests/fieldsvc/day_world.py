"""A team's day in a database: what the tests about runs start from.

The clock is the test's: `world.clock.moment` says what time it is. The day is a summer Monday of the team's zone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select

from fieldsvc.adapters.travel import EstimatedTravel, TravelTimes
from fieldsvc.dispatching.proposal import Proposal, proposal_of
from fieldsvc.dispatching.published import published_tours
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.snapshot import Snapshot, take_snapshot
from fieldsvc.dispatching.solving import TIME_TO_DECIDE
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.ledger import MoveReason
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Assignment, PlannedPart, PlannedPickup, PlannedRoute, Ticket, Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.applications import ApplyOptions, apply_run
from fieldsvc.services.planned_reservations import reserve_planned
from fieldsvc.services.reserved_units import bump, held_balance, hold_parts
from fieldsvc.services.reversals import revert_run
from fieldsvc.services.run_claims import claim_run, propose
from fieldsvc.services.runs import RunRequest, get_run, request_run
from fieldsvc.services.stock import free_units, post_move
from solver.engines.child import Status
from solver.insertion import first_come_plan
from solver.plan import Plan
from solver.score import score
from solver.solve import Result
from tests.fieldsvc.day_rows import DAY, HOME, ZONE, DayRows, Hours, Person, TestClock

TRAVEL = EstimatedTravel()
Planner = Callable[[Snapshot, Plan], Plan]


class DayWorld(DayRows):
    """A day with what is published of it, and the way from a request to a published plan without a solver."""

    travel: TravelTimes = TRAVEL

    def publish(
        self,
        number: str,
        person: Person,
        hour: float,
        *,
        state: VisitState = VisitState.PLANNED,
        position: int = 0,
        parts: Mapping[str, tuple[UUID, int]] | None = None,
        pickup: UUID | None = None,
        times: Mapping[str, datetime] | None = None,
        **values: Any,
    ) -> UUID:
        """Put a visit on a technician's day as an earlier run would have; `parts`: number to (location, units)."""

        def add(uow: UnitOfWork) -> UUID:
            visit = uow.get(Visit, self.visits[number])
            start, end = self.at(hour), self.at(hour) + timedelta(seconds=visit.service_s)
            route = uow.session.scalars(
                select(PlannedRoute).where(PlannedRoute.technician_id == person.id, PlannedRoute.day == self.day)
            ).one_or_none()
            if route is None:
                uow.session.add(
                    PlannedRoute(
                        id=uow.new_id(),
                        technician_id=person.id,
                        day=self.day,
                        departs_at=self.at(8),
                        returns_at=self.at(16),
                        return_travel_s=60,
                        return_travel_m=600,
                        breaks=[],
                    )
                )
            assignment = Assignment(
                id=uow.new_id(),
                visit_id=visit.id,
                technician_id=person.id,
                day=self.day,
                state=state,
                position=position,
                planned_arrival=start,
                planned_start=start,
                planned_end=end,
                travel_s=600,
                travel_m=5000,
                **(times or {}),
            )
            uow.session.add(assignment)
            uow.flush()
            for part, (location, units) in (parts or {}).items():
                uow.session.add(
                    PlannedPart(
                        id=uow.new_id(),
                        assignment_id=assignment.id,
                        part_id=self.part(part),
                        location_id=location,
                        pickup_id=pickup,
                        quantity=units,
                    )
                )
            for name, value in {"state": state, "planned_start": start, "planned_end": end, **values}.items():
                setattr(visit, name, value)
            ticket = uow.get(Ticket, visit.ticket_id)
            ticket.state = TicketState.IN_PROGRESS
            uow.record(visit, "visit_planned", VisitState.UNSCHEDULED, VisitState.PLANNED)
            for before, after in STEPS_TO.get(state, ()):
                uow.record(visit, "visit_moved", before, after)
            uow.record(ticket, "ticket_moved", TicketState.TRIAGED, TicketState.IN_PROGRESS)
            reserve_planned(uow, [visit.id], [ticket.id])
            return assignment.id

        assignment: UUID = self.write(add)
        return assignment

    def pickup(self, person: Person, house: UUID, hour: float, before: int = 0) -> UUID:
        return self.add(
            lambda uow: PlannedPickup(
                id=uow.new_id(),
                technician_id=person.id,
                day=self.day,
                location_id=house,
                before_position=before,
                planned_arrival=self.at(hour),
                planned_start=self.at(hour),
                planned_end=self.at(hour) + timedelta(minutes=10),
                travel_s=300,
                travel_m=2000,
            )
        )

    def lose(self, location: UUID, number: str, quantity: int) -> None:
        """Let a count find fewer units, whatever was promised."""
        part = self.part(number)

        def count(uow: UnitOfWork) -> None:
            hold_parts(uow, [part])
            balance = held_balance(uow, part, location)
            bump(uow, balance, quantity - free_units(balance))
            post_move(
                uow,
                part_id=part,
                quantity=quantity,
                from_location_id=location,
                to_location_id=self.customers_stock,
                reason=MoveReason.COUNT,
            )

        self.write(count)

    def scope(self, *people: Person, team: UUID | None = None) -> Scope:
        return Scope(team or self.team, self.day, frozenset(one.id for one in people) if people else None)

    def snapshot(self, *people: Person, now: datetime | None = None, team: UUID | None = None) -> Snapshot:
        with self.database.read_only() as session:
            return take_snapshot(session, self.scope(*people, team=team), self.travel, now or self.clock.now())

    def propose(
        self, *people: Person, plan: Planner | None = None, team: UUID | None = None, by: Actor | None = None
    ) -> UUID:
        """Bring a run to its proposal without a solver: the first-come plan, or what `plan` makes of it."""
        team = team or self.team
        named = tuple(one.id for one in people) if people else None
        request = RunRequest(team, self.day, named, time_limit_s=1)
        self.write(lambda uow: request_run(uow, request, max_solve_s=10), by or self.dispatcher)
        claim = self.write(lambda uow: claim_run(uow, "test", 60))
        assert claim is not None
        proposal = self.proposal(*people, plan=plan, team=team)
        assert self.write(lambda uow: propose(uow, claim, proposal))
        run_id: UUID = claim.run_id
        return run_id

    def proposal(self, *people: Person, plan: Planner | None = None, team: UUID | None = None) -> Proposal:
        """What a worker would hand in: the first-come plan, or what `plan` makes of it."""
        with self.database.read_only() as session:
            as_of = self.clock.now() + TIME_TO_DECIDE
            snapshot = take_snapshot(
                session, self.scope(*people, team=team), self.travel, as_of, held_at=self.clock.now()
            )
            standing = published_tours(session, snapshot)
        published = standing.plan(snapshot)
        found = first_come_plan(snapshot.problem)
        found = plan(snapshot, found) if plan is not None else found
        result = Result(Status.COMPLETE, found, score(snapshot.problem, found), None, 0.1, 1, "test", ((0.1, 1),))
        return Proposal(snapshot, found, proposal_of(snapshot, result, published, standing.placements(snapshot)))

    def row_with_result(self, run_id: UUID) -> Any:
        with self.database.read_only() as session:
            return get_run(session, self.dispatcher, run_id, with_result=True)

    def apply(self, run_id: UUID, *people: Person, dispatches: bool = False, by: Actor | None = None) -> Any:
        options = ApplyOptions(frozenset(one.id for one in people) if people else None, dispatches)
        return self.write(lambda uow: apply_run(uow, run_id, options), by or self.dispatcher)

    def revert(self, run_id: UUID, by: Actor | None = None, **options: Any) -> Any:
        return self.write(lambda uow: revert_run(uow, run_id, **options), by or self.dispatcher)


_S = VisitState
_WAY = (_S.PLANNED, _S.DISPATCHED, _S.ACCEPTED, _S.EN_ROUTE, _S.ON_SITE, _S.WORKING, _S.PAUSED)
STEPS_TO = {state: tuple(pairwise(_WAY[: step + 1])) for step, state in enumerate(_WAY) if step}


def without(plan: Plan, *numbers: str) -> Plan:
    """Return a plan that leaves out some visits, without new times: feasible as waiting is always allowed."""
    routes = tuple(
        replace(route, stops=tuple(stop for stop in route.stops if stop.id not in numbers)) for route in plan.routes
    )
    return replace(plan, routes=routes)


__all__ = ["DAY", "HOME", "TRAVEL", "ZONE", "DayWorld", "Hours", "Person", "TestClock", "without"]
