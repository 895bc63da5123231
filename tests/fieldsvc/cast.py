"""The cast: one user for each role, an outsider of another team, and a visit on the way to a customer.

`build_cast` stores it and returns what the tests need to name it. Everything happens on one day: the day the
builder is told, which is the day of its technicians' shifts and of the dispatched visit.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.ledger import PHYSICAL, LocationKind, MoveReason
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import (
    Asset,
    Assignment,
    Base,
    Customer,
    JobType,
    Part,
    PlannedPart,
    PlannedPickup,
    PlannedRoute,
    Shift,
    Site,
    StockBalance,
    StockLocation,
    StockMove,
    Team,
    Technician,
    TechnicianSkill,
    Ticket,
    User,
    Visit,
    VisitPart,
    VisitSkill,
)
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork

ZONE = ZoneInfo("America/Sao_Paulo")
PASSWORD = "cast password"
SITE = (-30.0300, -51.2300)


def today() -> date:
    """Return the cast's day: the one it is in its teams' zone."""
    return datetime.now(ZONE).date()


@dataclass(frozen=True)
class Cast:
    """Ids and actors of what there is.

    visit: dispatched to technician1 at 10:00; unscheduled_visit: of the same team, nobody's; other_visit:
    dispatched to technician2; foreign_visit: dispatched to a technician of the outsider's team.
    part: two in van1, two planned from there; far_part: none in the van, one planned from the warehouse by a
    pick-up; serial_part: serialised, serial "S-1" in van1.
    """

    day: date
    team: UUID
    foreign_team: UUID
    customer: UUID
    site: UUID
    asset: UUID
    foreign_customer: UUID
    job_type: UUID
    ticket: UUID
    visit: UUID
    unscheduled_visit: UUID
    other_visit: UUID
    foreign_ticket: UUID
    foreign_visit: UUID
    part: UUID
    far_part: UUID
    serial_part: UUID
    van1: UUID
    van2: UUID
    foreign_van: UUID
    warehouse: UUID
    customers_stock: UUID
    discrepancy: UUID
    agent: Actor
    dispatcher: Actor
    technician1: Actor
    technician2: Actor
    warehouse_keeper: Actor
    supervisor: Actor
    admin: Actor
    outsider: Actor
    foreign_technician: Actor

    @property
    def actors(self) -> dict[str, Actor]:
        """Return the staff by the login they have."""
        return {
            "agent": self.agent,
            "dispatcher": self.dispatcher,
            "technician1": self.technician1,
            "technician2": self.technician2,
            "warehouse": self.warehouse_keeper,
            "supervisor": self.supervisor,
            "admin": self.admin,
            "outsider": self.outsider,
            "foreign_technician": self.foreign_technician,
        }

    def at(self, hour: int, minute: int = 0) -> datetime:
        """Return a time of the cast's day as its people read it off their clocks."""
        return datetime.combine(self.day, time(hour, minute), ZONE)


class _Builder:
    def __init__(self, uow: UnitOfWork, day: date, password_hash: str) -> None:
        self.uow = uow
        self.day = day
        self.password_hash = password_hash
        self.actors: dict[str, Actor] = {}
        self.supplier = self.location("supplier", LocationKind.SUPPLIER, None)

    def at(self, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(self.day, time(hour, minute), ZONE)

    def add(self, row: Base) -> UUID:
        self.uow.session.add(row)
        self.uow.flush()  # rows name each other by id only, so they go in the order they are written here
        row_id: UUID = row.id  # type: ignore[attr-defined]
        return row_id

    def location(self, code: str, kind: LocationKind, team: UUID | None) -> UUID:
        return self.add(
            StockLocation(
                id=self.uow.new_id(), code=code, name=code, kind=kind, is_physical=kind in PHYSICAL, team_id=team
            )
        )

    def user(self, login: str, role: Role, team: UUID, technician: UUID | None = None) -> Actor:
        user_id = self.add(
            User(
                id=self.uow.new_id(),
                login=login,
                display_name=login.capitalize(),
                password_hash=self.password_hash,
                role=role,
                team_id=team,
                technician_id=technician,
            )
        )
        self.actors[login] = Actor(role, user_id=user_id, team_ids=(team,), technician_id=technician)
        return self.actors[login]

    def technician(self, login: str, name: str, team: UUID, van: UUID) -> Actor:
        technician_id = self.add(
            Technician(
                id=self.uow.new_id(),
                team_id=team,
                name=name,
                home_latitude=-30.05,
                home_longitude=-51.2,
                tools=["ladder"],
                cost_cents_per_hour=3000,
                cost_cents_per_km=40,
                van_location_id=van,
            )
        )
        self.add(
            TechnicianSkill(
                id=self.uow.new_id(),
                technician_id=technician_id,
                skill="plumbing",
                level=2,
                valid_from=date(2020, 1, 1),
            )
        )
        self.add(
            Shift(
                id=self.uow.new_id(),
                technician_id=technician_id,
                day=self.day,
                starts_at=self.at(8),
                ends_at=self.at(17),
                breaks=[{"earliest_s": 41_400, "latest_s": 46_800, "duration_s": 3600, "is_paid": False}],
            )
        )
        return self.user(login, Role.TECHNICIAN, team, technician_id)

    def part(self, number: str, *, is_serialised: bool = False) -> UUID:
        return self.add(
            Part(
                id=self.uow.new_id(),
                number=number,
                name_en=number,
                name_zh=number,
                unit_cost_cents=900,
                price_cents=1500,
                is_serialised=is_serialised,
            )
        )

    def receive(self, part: UUID, location: UUID, quantity: int, serial: str | None = None) -> None:
        """Let units come from the supplier, in the ledger and in both balances."""
        self.add(
            StockMove(
                id=self.uow.new_id(),
                part_id=part,
                quantity=quantity,
                from_location_id=self.supplier,
                to_location_id=location,
                reason=MoveReason.RECEIPT,
                serial=serial,
                occurred_at=self.at(0),
                recorded_at=self.at(0),
            )
        )
        for place, change in ((self.supplier, -quantity), (location, quantity)):
            balance = self.uow.session.query(StockBalance).filter_by(part_id=part, location_id=place).one_or_none()
            if balance is None:
                is_physical = place != self.supplier
                balance = StockBalance(
                    id=self.uow.new_id(), part_id=part, location_id=place, is_physical=is_physical, on_hand=0
                )
                self.uow.session.add(balance)
            balance.on_hand += change
            self.uow.flush()

    def customer(self, team: UUID, name: str) -> tuple[UUID, UUID]:
        customer = self.add(
            Customer(
                id=self.uow.new_id(),
                team_id=team,
                kind="person",
                name=name,
                phone="+5551999990000",
                email="c@example.org",
            )
        )
        site = self.add(
            Site(
                id=self.uow.new_id(),
                customer_id=customer,
                team_id=team,
                name=f"home of {name}",
                address="Rua da Praia 1",
                latitude=SITE[0],
                longitude=SITE[1],
                zone=str(ZONE),
            )
        )
        return customer, site

    def ticket(self, number: str, team: UUID, customer: UUID, site: UUID, asset: UUID | None = None) -> UUID:
        return self.add(
            Ticket(
                id=self.uow.new_id(),
                number=number,
                customer_id=customer,
                site_id=site,
                asset_id=asset,
                team_id=team,
                state=TicketState.IN_PROGRESS,
                channel="phone",
                nature="hardware",
                urgency="normal",
                subject="no water",
                description="since this morning",
                reported_at=self.at(7),
                recorded_at=self.at(7),
            )
        )

    def visit(self, number: str, team: UUID, ticket: UUID, site: UUID, job_type: UUID, *, hour: int | None) -> UUID:
        is_planned = hour is not None
        return self.add(
            Visit(
                id=self.uow.new_id(),
                number=number,
                ticket_id=ticket,
                site_id=site,
                team_id=team,
                job_type_id=job_type,
                state=VisitState.DISPATCHED if is_planned else VisitState.UNSCHEDULED,
                service_s=3600,
                tools=[],
                unplanned_penalty_cents=40_000,
                planned_start=self.at(hour, 5) if hour is not None else None,
                planned_end=self.at(hour + 1, 5) if hour is not None else None,
                arrival_window_start=self.at(hour) if hour is not None else None,
                arrival_window_end=self.at(hour + 2) if hour is not None else None,
                skills=[VisitSkill(id=self.uow.new_id(), skill="plumbing", level=1)],
            )
        )

    def assignment(self, visit: UUID, technician: Actor, hour: int, position: int) -> UUID:
        assert technician.technician_id is not None
        return self.add(
            Assignment(
                id=self.uow.new_id(),
                visit_id=visit,
                technician_id=technician.technician_id,
                day=self.day,
                state=VisitState.DISPATCHED,
                position=position,
                planned_arrival=self.at(hour),
                planned_start=self.at(hour, 5),
                planned_end=self.at(hour + 1, 5),
                travel_s=600,
                travel_m=5000,
                dispatched_at=self.at(7),
            )
        )

    def route(self, technician: Actor) -> None:
        assert technician.technician_id is not None
        self.add(
            PlannedRoute(
                id=self.uow.new_id(),
                technician_id=technician.technician_id,
                day=self.day,
                departs_at=self.at(8),
                returns_at=self.at(16),
                return_travel_s=900,
                return_travel_m=7000,
                breaks=[{"starts_at": self.at(12).isoformat(), "ends_at": self.at(13).isoformat()}],
            )
        )

    def needs(
        self, visit: UUID, part: UUID, quantity: int, assignment: UUID, location: UUID, pickup: UUID | None = None
    ) -> None:
        self.add(VisitPart(id=self.uow.new_id(), visit_id=visit, part_id=part, quantity=quantity))
        self.add(
            PlannedPart(
                id=self.uow.new_id(),
                assignment_id=assignment,
                part_id=part,
                location_id=location,
                pickup_id=pickup,
                quantity=quantity,
            )
        )


def build_cast(database: Database, day: date | None = None, *, password_hash: str = "!") -> Cast:
    """Store the cast and return its names; with the hash of PASSWORD its users can sign in."""
    with database.unit_of_work() as uow:
        build = _Builder(uow, day or today(), password_hash)
        team = build.add(Team(id=uow.new_id(), name="North", zone=str(ZONE)))
        foreign_team = build.add(Team(id=uow.new_id(), name="South", zone=str(ZONE)))
        van1 = build.location("van1", LocationKind.VAN, team)
        van2 = build.location("van2", LocationKind.VAN, team)
        foreign_van = build.location("van3", LocationKind.VAN, foreign_team)
        warehouse = build.location("warehouse", LocationKind.WAREHOUSE, team)
        customers_stock = build.location("customer", LocationKind.CUSTOMER, None)
        discrepancy = build.location("discrepancy", LocationKind.DISCREPANCY, None)
        one = build.technician("technician1", "Ana Souza", team, van1)
        two = build.technician("technician2", "Bruno Lima", team, van2)
        three = build.technician("foreign_technician", "Carla Dias", foreign_team, foreign_van)
        for login, role in (
            ("agent", Role.AGENT),
            ("dispatcher", Role.DISPATCHER),
            ("warehouse", Role.WAREHOUSE),
            ("supervisor", Role.SUPERVISOR),
            ("admin", Role.ADMIN),
        ):
            build.user(login, role, team)
        build.user("outsider", Role.DISPATCHER, foreign_team)
        part, far_part = build.part("P-1"), build.part("P-2")
        serial_part = build.part("P-3", is_serialised=True)
        build.receive(part, van1, 2)
        build.receive(part, warehouse, 5)
        build.receive(far_part, warehouse, 3)
        build.receive(serial_part, van1, 1, "S-1")
        build.receive(part, foreign_van, 1)
        job_type = build.add(
            JobType(
                id=uow.new_id(),
                code="repair",
                name_en="Repair",
                name_zh="维修",
                service_s=3600,
                skills={"plumbing": 2},
                parts={"P-1": 2},
                tools=["ladder"],
            )
        )
        customer, site = build.customer(team, "王伟")
        foreign_customer, foreign_site = build.customer(foreign_team, "Dora Reis")
        asset = build.add(Asset(id=uow.new_id(), site_id=site, category="boiler", model="B-200", serial="A-1"))
        ticket = build.ticket("T1", team, customer, site, asset)
        visit = build.visit("V1", team, ticket, site, job_type, hour=10)
        assignment = build.assignment(visit, one, 10, 0)
        assert one.technician_id is not None
        pickup = build.add(
            PlannedPickup(
                id=uow.new_id(),
                technician_id=one.technician_id,
                day=build.day,
                location_id=warehouse,
                before_position=0,
                planned_arrival=build.at(9),
                planned_start=build.at(9),
                planned_end=build.at(9, 10),
                travel_s=600,
                travel_m=4000,
            )
        )
        build.needs(visit, part, 2, assignment, van1)
        build.needs(visit, far_part, 1, assignment, warehouse, pickup)
        ticket2 = build.ticket("T2", team, customer, site)
        unscheduled_visit = build.visit("V2", team, ticket2, site, job_type, hour=None)
        other_visit = build.visit("V3", team, build.ticket("T3", team, customer, site), site, job_type, hour=11)
        build.assignment(other_visit, two, 11, 0)
        foreign_ticket = build.ticket("T4", foreign_team, foreign_customer, foreign_site)
        foreign_visit = build.visit("V4", foreign_team, foreign_ticket, foreign_site, job_type, hour=10)
        build.assignment(foreign_visit, three, 10, 0)
        for technician in (one, two, three):
            build.route(technician)
        uow.commit()
    return Cast(
        day=build.day,
        team=team,
        foreign_team=foreign_team,
        customer=customer,
        site=site,
        asset=asset,
        foreign_customer=foreign_customer,
        job_type=job_type,
        ticket=ticket,
        visit=visit,
        unscheduled_visit=unscheduled_visit,
        other_visit=other_visit,
        foreign_ticket=foreign_ticket,
        foreign_visit=foreign_visit,
        part=part,
        far_part=far_part,
        serial_part=serial_part,
        van1=van1,
        van2=van2,
        foreign_van=foreign_van,
        warehouse=warehouse,
        customers_stock=customers_stock,
        discrepancy=discrepancy,
        agent=build.actors["agent"],
        dispatcher=build.actors["dispatcher"],
        technician1=one,
        technician2=two,
        warehouse_keeper=build.actors["warehouse"],
        supervisor=build.actors["supervisor"],
        admin=build.actors["admin"],
        outsider=build.actors["outsider"],
        foreign_technician=three,
    )
