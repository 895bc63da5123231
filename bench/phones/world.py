"""The company the phones belong to: ten technicians with a few visits each, and an office that changes its mind."""

import random
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import CancelReason, PostponeReason
from fieldsvc.domain.errors import DomainError
from fieldsvc.domain.ledger import PHYSICAL, LocationKind, MoveReason
from fieldsvc.domain.procedures import Point, PointKind, Step
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import PUBLISHED, VISIT, VisitState
from fieldsvc.models import (
    Assignment,
    Customer,
    JobType,
    Part,
    Procedure,
    Site,
    StockBalance,
    StockLocation,
    StockMove,
    Team,
    Technician,
    Ticket,
    User,
    Visit,
)
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context, UnitOfWork
from fieldsvc.services.tickets import follow_visits
from fieldsvc.services.unplanning import take_off_plan
from fieldsvc.services.visit_returns import Cancellation, Postponement, cancel_visit, postpone_visit

TECHNICIANS, VISITS_EACH, UNITS = 10, 3, 40
ZONE = "Europe/Lisbon"
POINT = "water_off"
_ZONE = ZoneInfo(ZONE)


@dataclass(frozen=True)
class Company:
    """Ids of what there is."""

    team: UUID
    technicians: tuple[UUID, ...]
    visits: tuple[UUID, ...]
    part: UUID
    dispatcher: Actor

    def login(self, number: int) -> str:
        """Return the sign-in name of a technician."""
        return f"technician{number}"


def found_company(
    database: Database,
    password_hash: str,
    *,
    technicians: int = TECHNICIANS,
    visits_each: int = VISITS_EACH,
    dispatchers: int = 1,
    is_customer_shared: bool = True,
) -> Company:
    """Store the company; all visits are dispatched, for one customer or each for another."""
    with database.unit_of_work(Context(source="bench")) as uow:
        founder = _Founder(uow, password_hash, technicians, is_customer_shared=is_customer_shared)
        staff = tuple(founder.technician(number) for number in range(technicians))
        visits = tuple(founder.visit(one, order) for one in staff for order in range(visits_each))
        dispatcher = founder.user("dispatcher", Role.DISPATCHER, None)
        for number in range(1, dispatchers):
            founder.user(f"dispatcher{number}", Role.DISPATCHER, None)
        uow.commit()
    return Company(founder.team, staff, visits, founder.part, dispatcher)


class _Founder:
    """Adds the rows."""

    def __init__(self, uow: UnitOfWork, password_hash: str, technicians: int, *, is_customer_shared: bool) -> None:
        self._uow, self._password_hash, self._is_customer_shared = uow, password_hash, is_customer_shared
        self._now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        self._day = self._now.astimezone(_ZONE).date()
        self.team = self._add(Team(id=uow.new_id(), name="Bench", zone=str(_ZONE)))
        self.part = self._add(
            Part(id=uow.new_id(), number="SEAL", name_en="Seal", name_zh="密封圈", unit_cost_cents=100, price_cents=300)
        )
        self._supplier = self._location("supplier", LocationKind.SUPPLIER)
        for kind in (LocationKind.CUSTOMER, LocationKind.DISCREPANCY):
            self._location(kind.value, kind)
        self._add(
            StockBalance(
                id=uow.new_id(),
                part_id=self.part,
                location_id=self._supplier,
                is_physical=False,
                on_hand=-technicians * UNITS,
            )
        )
        self._job_type = self._add(
            JobType(
                id=uow.new_id(),
                code="leak",
                name_en="Leak",
                name_zh="漏水",
                service_s=1800,
                skills={},
                parts={},
                tools=[],
            )
        )
        self._procedure = self._add(
            Procedure(
                id=uow.new_id(),
                job_type_id=self._job_type,
                procedure_version=1,
                points=[asdict(Point(POINT, Step.SAFETY, PointKind.CONFIRMATION, True, "Water is off", "已关水"))],
                published_at=self._now,
            )
        )
        self._customer, self._site = self._customer_with_site()

    def _customer_with_site(self) -> tuple[UUID, UUID]:
        customer = self._add(
            Customer(
                id=self._uow.new_id(),
                team_id=self.team,
                kind="person",
                name="王伟",
                phone="+351900000000",
                email="w@example.org",
            )
        )
        site = self._add(
            Site(
                id=self._uow.new_id(),
                customer_id=customer,
                team_id=self.team,
                name="home",
                address="Rua 1",
                latitude=38.7,
                longitude=-9.1,
                zone=str(_ZONE),
            )
        )
        return customer, site

    def technician(self, number: int) -> UUID:
        van = self._location(f"van{number}", LocationKind.VAN)
        self._add(
            StockMove(
                id=self._uow.new_id(),
                part_id=self.part,
                quantity=UNITS,
                from_location_id=self._supplier,
                to_location_id=van,
                reason=MoveReason.RECEIPT,
                occurred_at=self._now,
                recorded_at=self._now,
            )
        )
        self._add(
            StockBalance(id=self._uow.new_id(), part_id=self.part, location_id=van, is_physical=True, on_hand=UNITS)
        )
        technician = self._add(
            Technician(
                id=self._uow.new_id(),
                team_id=self.team,
                name=f"Technician {number}",
                home_latitude=38.7,
                home_longitude=-9.1,
                tools=[],
                cost_cents_per_hour=3000,
                cost_cents_per_km=40,
                van_location_id=van,
            )
        )
        self.user(f"technician{number}", Role.TECHNICIAN, technician)
        return technician

    def user(self, login: str, role: Role, technician: UUID | None) -> Actor:
        user = self._add(
            User(
                id=self._uow.new_id(),
                login=login,
                display_name=login,
                password_hash=self._password_hash,
                role=role,
                team_id=self.team,
                technician_id=technician,
            )
        )
        return Actor(role, user_id=user, team_ids=(self.team,), technician_id=technician)

    def visit(self, technician: UUID, order: int) -> UUID:
        number = f"{technician.hex[-6:]}-{order}"
        if not self._is_customer_shared:
            self._customer, self._site = self._customer_with_site()
        ticket = self._add(
            Ticket(
                id=self._uow.new_id(),
                number=f"T{number}",
                customer_id=self._customer,
                site_id=self._site,
                team_id=self.team,
                state=TicketState.IN_PROGRESS,
                channel="phone",
                nature="hardware",
                urgency="normal",
                subject="drips",
                description="drips",
                reported_at=self._now,
                recorded_at=self._now,
            )
        )
        start = self._now + timedelta(hours=2 + order)
        end = start + timedelta(minutes=30)
        visit = self._add(
            Visit(
                id=self._uow.new_id(),
                number=f"V{number}",
                ticket_id=ticket,
                site_id=self._site,
                team_id=self.team,
                job_type_id=self._job_type,
                state=VisitState.DISPATCHED,
                service_s=1800,
                tools=[],
                unplanned_penalty_cents=1000,
                planned_start=start,
                planned_end=end,
                procedure_id=self._procedure,
            )
        )
        self._add(_assignment(self._uow, visit, technician, start, order))
        return visit

    def _location(self, code: str, kind: LocationKind) -> UUID:
        return self._add(
            StockLocation(
                id=self._uow.new_id(), code=code, name=code, kind=kind, is_physical=kind in PHYSICAL, team_id=self.team
            )
        )

    def _add(self, row: object) -> UUID:
        self._uow.session.add(row)
        row_id: UUID = row.id  # type: ignore[attr-defined]  # every row has one
        return row_id


def _assignment(uow: UnitOfWork, visit: UUID, technician: UUID, start: datetime, position: int) -> Assignment:
    return Assignment(
        id=uow.new_id(),
        visit_id=visit,
        technician_id=technician,
        day=start.astimezone(_ZONE).date(),
        state=VisitState.DISPATCHED,
        position=position,
        planned_arrival=start,
        planned_start=start,
        planned_end=start + timedelta(minutes=30),
        travel_s=60,
        travel_m=600,
        dispatched_at=uow.now,
    )


class Office:
    """The dispatcher, who puts off, cancels and gives to others while nobody hears from the phones."""

    def __init__(self, database: Database, company: Company, chance: random.Random) -> None:
        self._database, self._company, self._chance = database, company, chance
        self._given = 0

    def act(self) -> None:
        """Change one visit, if the rules allow it."""
        visit, verb = self._chance.choice(self._company.visits), self._chance.choice(("put off", "cancel", "give"))
        to = self._chance.choice(self._company.technicians)
        with self._database.unit_of_work(Context(self._company.dispatcher, source="bench")) as uow:
            try:
                if verb == "put off":
                    postpone_visit(uow, visit, Postponement(PostponeReason.OTHER))
                elif verb == "cancel":
                    cancel_visit(uow, visit, Cancellation(CancelReason.OTHER, timedelta(hours=1)))
                else:
                    self._given += 1
                    _give(uow, visit, to, datetime.now(UTC) + timedelta(days=1, minutes=40 * self._given))
                uow.commit()
            except DomainError:
                return  # the rules do not allow it now


def _give(uow: UnitOfWork, visit_id: UUID, technician: UUID, start: datetime) -> None:
    """Publish a visit for somebody and dispatch it, as an application would."""
    visit = uow.get(Visit, visit_id, lock=True)
    if visit.state not in (VisitState.UNSCHEDULED, *PUBLISHED):
        return
    before = visit.state
    take_off_plan(uow, visit, "reassigned")
    uow.flush()
    VISIT.allowed(before, "plan" if before is VisitState.UNSCHEDULED else "reassign", Role.DISPATCHER)
    visit.state, visit.planned_start, visit.planned_end = VisitState.PLANNED, start, start + timedelta(minutes=30)
    uow.record(visit, "visit_planned", before, VisitState.PLANNED)
    uow.session.add(_assignment(uow, visit.id, technician, start, 0))
    visit.state = VisitState.DISPATCHED
    uow.record(visit, "visit_dispatched", VisitState.PLANNED, VisitState.DISPATCHED)
    uow.flush()
    follow_visits(uow, visit.ticket)
