"""Rows of a team's day, made one by one: people, stock and visits that nobody has planned yet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from fieldsvc.domain.absence_states import AbsenceState
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.ledger import PHYSICAL, LocationKind, MoveReason
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import (
    Absence,
    Assignment,
    Customer,
    Decline,
    Event,
    JobType,
    Loan,
    Part,
    Shift,
    Site,
    StockLocation,
    Team,
    Technician,
    TechnicianSkill,
    Ticket,
    User,
    Visit,
    VisitPart,
    VisitPredecessor,
    VisitSkill,
    VisitTechnicianRule,
    VisitWindow,
)
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context, UnitOfWork
from fieldsvc.services.command import Answer, Command, execute
from fieldsvc.services.stock import post_move

DAY = date(2026, 12, 14)
ZONE = "America/Sao_Paulo"
HOME = (-30.0300, -51.2000)
Hours = tuple[float, float]


class TestClock:
    """A clock that stands still until a test moves it."""

    __test__ = False

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


@dataclass(frozen=True)
class Person:
    """A technician with the van and the user's actor."""

    id: UUID
    van: UUID
    actor: Actor

    @property
    def solver_id(self) -> str:
        return str(self.id)


class DayRows:
    """One company with one or more teams on one day, nothing of it published."""

    def __init__(self, database: Database, day: date = DAY, zone: str = ZONE) -> None:
        self.database, self.day, self.zone = database, day, zone
        self.clock = TestClock(self.at(0) - timedelta(hours=6))
        database.clock = self.clock
        self.parts: dict[str, UUID] = {}
        self.visits: dict[str, UUID] = {}
        self.job_type = self.add(
            lambda uow: JobType(
                id=uow.new_id(),
                code="repair",
                name_en="Repair",
                name_zh="维修",
                service_s=3600,
                skills={},
                parts={},
                tools=[],
            )
        )
        self.supplier = self.location("supplier", LocationKind.SUPPLIER)
        self.customers_stock = self.location("customer", LocationKind.CUSTOMER)
        self.discrepancy = self.location("discrepancy", LocationKind.DISCREPANCY)
        self.team = self.add_team("North")
        self.dispatcher = self.user("dispatcher", Role.DISPATCHER)

    def at(self, hour: float, day: date | None = None) -> datetime:
        """Return a time of the day as the team's people read it off their clocks."""
        naive = datetime.combine(day or self.day, time()) + timedelta(hours=hour)
        return naive.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def write(self, change: Callable[[UnitOfWork], Any], actor: Actor | None = None) -> Any:
        """Change the database as somebody, or as the system."""
        outcomes: list[Any] = []

        def keep(outcome: object) -> Answer:
            outcomes.append(outcome)
            return Answer(200, "")

        if actor is not None:
            execute(self.database, Command(actor, "test"), change, keep)
            return outcomes[-1]
        with self.database.unit_of_work(Context(source="test")) as uow:
            outcome = change(uow)
            uow.commit()
            return outcome

    def add_team(self, name: str) -> UUID:
        return self.add(lambda uow: Team(id=uow.new_id(), name=name, zone=self.zone))

    def user(self, login: str, role: Role, team: UUID | None = None, technician: UUID | None = None) -> Actor:
        team = team or self.team
        user_id = self.add(
            lambda uow: User(
                id=uow.new_id(),
                login=login,
                display_name=login,
                password_hash="!",
                role=role,
                team_id=team,
                technician_id=technician,
            )
        )
        return Actor(role, user_id=user_id, team_ids=(team,), technician_id=technician)

    def location(self, code: str, kind: LocationKind, **values: Any) -> UUID:
        return self.add(
            lambda uow: StockLocation(
                id=uow.new_id(), code=code, name=code, kind=kind, is_physical=kind in PHYSICAL, **values
            )
        )

    def warehouse(self, code: str, stock: Mapping[str, int], **values: Any) -> UUID:
        place = {"latitude": -30.02, "longitude": -51.21, "handling_s": 600} | values
        house = self.location(code, LocationKind.WAREHOUSE, **place)
        self.receive(house, stock)
        return house

    def receive(self, location: UUID, stock: Mapping[str, int]) -> None:
        for number, quantity in stock.items():
            self.move(number, quantity, self.supplier, location, MoveReason.RECEIPT)

    def sell(self, location: UUID, number: str, quantity: int) -> None:
        """Let units go to a customer who walked in."""
        self.move(number, quantity, location, self.customers_stock, MoveReason.CONSUMPTION)

    def move(self, number: str, quantity: int, source: UUID, target: UUID, reason: MoveReason) -> None:
        part = self.part(number)
        self.write(
            lambda uow: post_move(
                uow, part_id=part, quantity=quantity, from_location_id=source, to_location_id=target, reason=reason
            )
        )

    def part(self, number: str) -> UUID:
        if number not in self.parts:
            self.parts[number] = self.add(
                lambda uow: Part(
                    id=uow.new_id(), number=number, name_en=number, name_zh=number, unit_cost_cents=1, price_cents=2
                )
            )
        return self.parts[number]

    def technician(
        self,
        name: str,
        *,
        team: UUID | None = None,
        works: Hours | None = (8, 17),
        skills: Mapping[str, int] | None = None,
        breaks: Sequence[Mapping[str, Any]] = (),
        stock: Mapping[str, int] | None = None,
        shift: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> Person:
        """Add a technician at HOME who works some hours of the day; works=None: no shift."""
        van = self.location(f"van {name}", LocationKind.VAN)
        self.receive(van, stock or {})
        columns = {
            "home_latitude": HOME[0],
            "home_longitude": HOME[1],
            "tools": [],
            "cost_cents_per_hour": 3000,
            "cost_cents_per_km": 40,
            "van_location_id": van,
        } | values
        person = self.add(lambda uow: Technician(id=uow.new_id(), team_id=team or self.team, name=name, **columns))
        for skill, level in (skills or {}).items():
            self.skill(person, skill, level)
        if works is not None:
            self.shift(person, works, breaks=list(breaks), **(shift or {}))
        return Person(person, van, self.user(name, Role.TECHNICIAN, team, person))

    def skill(
        self, technician: UUID, skill: str, level: int, first: date | None = None, last: date | None = None
    ) -> None:
        self.add(
            lambda uow: TechnicianSkill(
                id=uow.new_id(),
                technician_id=technician,
                skill=skill,
                level=level,
                valid_from=first or date(2020, 1, 1),
                valid_to=last,
            )
        )

    def shift(self, technician: UUID, works: Hours, day: date | None = None, **values: Any) -> UUID:
        day = day or self.day
        columns = {"breaks": []} | values
        return self.add(
            lambda uow: Shift(
                id=uow.new_id(),
                technician_id=technician,
                day=day,
                starts_at=self.at(works[0], day),
                ends_at=self.at(works[1], day),
                **columns,
            )
        )

    def absence(self, person: Person, away: Hours, state: AbsenceState = AbsenceState.GRANTED) -> None:
        self.add(
            lambda uow: Absence(
                id=uow.new_id(),
                technician_id=person.id,
                starts_at=self.at(away[0]),
                ends_at=self.at(away[1]),
                reason="sick",
                state=state,
            )
        )

    def lend(self, person: Person, team: UUID) -> None:
        self.add(
            lambda uow: Loan(
                id=uow.new_id(), technician_id=person.id, team_id=team, first_day=self.day, last_day=self.day
            )
        )

    def visit(
        self,
        number: str,
        *,
        place: tuple[float, float] = (-30.0350, -51.2300),
        windows: Sequence[Hours] = (),
        skills: Mapping[str, int] | None = None,
        parts: Mapping[str, int] | None = None,
        rules: Sequence[tuple[Any, UUID]] = (),
        declined_by: Sequence[Person] = (),
        after: Sequence[tuple[str, int]] = (),
        team: UUID | None = None,
        **values: Any,
    ) -> UUID:
        """Add an unscheduled visit with its customer and ticket; `after`: (visit number, lag in seconds)."""
        team = team or self.team
        part_ids = {self.part(part): quantity for part, quantity in (parts or {}).items()}
        columns = {"service_s": 1800, "tools": [], "unplanned_penalty_cents": 100_000} | values

        def add(uow: UnitOfWork) -> UUID:
            customer = Customer(id=uow.new_id(), team_id=team, kind="person", name=f"Customer of {number}")
            uow.session.add(customer)
            uow.flush()
            site = Site(
                id=uow.new_id(),
                customer_id=customer.id,
                team_id=team,
                name=number,
                address=f"Street of {number}",
                latitude=place[0],
                longitude=place[1],
                zone=self.zone,
            )
            uow.session.add(site)
            uow.flush()
            ticket = Ticket(
                id=uow.new_id(),
                number=f"T-{number}",
                customer_id=customer.id,
                site_id=site.id,
                team_id=team,
                state=TicketState.TRIAGED,
                channel="phone",
                subject="no water",
                description="since this morning",
                reported_at=uow.now,
                recorded_at=uow.now,
            )
            uow.session.add(ticket)
            uow.flush()
            visit = Visit(
                id=uow.new_id(),
                number=number,
                ticket_id=ticket.id,
                site_id=site.id,
                team_id=team,
                job_type_id=self.job_type,
                state=VisitState.UNSCHEDULED,
                windows=[
                    VisitWindow(id=uow.new_id(), earliest=self.at(first), latest=self.at(last))
                    for first, last in windows
                ],
                skills=[VisitSkill(id=uow.new_id(), skill=one, level=level) for one, level in (skills or {}).items()],
                parts=[
                    VisitPart(id=uow.new_id(), part_id=part, quantity=quantity) for part, quantity in part_ids.items()
                ],
                technician_rules=[
                    VisitTechnicianRule(id=uow.new_id(), technician_id=technician, kind=kind)
                    for kind, technician in rules
                ],
                predecessors=[
                    VisitPredecessor(id=uow.new_id(), predecessor_id=self.visits[first], lag_s=lag)
                    for first, lag in after
                ],
                **columns,
            )
            uow.session.add(visit)
            uow.flush()
            uow.session.add_all(
                Decline(
                    id=uow.new_id(),
                    visit_id=visit.id,
                    technician_id=person.id,
                    reason="too_far",
                    declined_at=uow.now,
                )
                for person in declined_by
            )
            return visit.id

        self.visits[number] = self.write(add)
        return self.visits[number]

    def change(self, model: Any, row_id: UUID, **values: Any) -> None:
        """Set columns that are no state."""

        def set_all(uow: UnitOfWork) -> None:
            row = uow.get(model, row_id)
            for name, value in values.items():
                setattr(row, name, value)

        self.write(set_all)

    def row(self, model: Any, row_id: UUID) -> Any:
        with self.database.read_only() as session:
            return session.get_one(model, row_id)

    def state_of(self, number: str) -> VisitState:
        state: VisitState = self.row(Visit, self.visits[number]).state
        return state

    def holder_of(self, number: str) -> UUID | None:
        """Return who has a visit now."""
        with self.database.read_only() as session:
            return session.scalars(
                select(Assignment.technician_id).where(
                    Assignment.visit_id == self.visits[number], Assignment.ended_at.is_(None)
                )
            ).one_or_none()

    def events(self, entity_id: UUID) -> list[Event]:
        with self.database.read_only() as session:
            query = select(Event).where(Event.entity_id == entity_id).order_by(Event.change_no)
            return list(session.scalars(query))

    def add(self, make: Callable[[UnitOfWork], Any]) -> UUID:
        def add(uow: UnitOfWork) -> UUID:
            row = make(uow)
            uow.session.add(row)
            uow.flush()
            row_id: UUID = row.id
            return row_id

        made: UUID = self.write(add)
        return made
