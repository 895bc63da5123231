"""The cast: one user for each role, an outsider of another team, and a visit on the way to a customer.

`build_cast` stores it and returns what the tests need to name it. Everything happens on one day: the day the
builder is told, which is the day of its technicians' shifts and of the dispatched visit.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.models import (
    Asset,
    JobType,
    PlannedPickup,
    Team,
)
from fieldsvc.persistence.database import Database
from fieldsvc.services.planned_reservations import reserve_planned
from tests.fieldsvc.cast_builder import ZONE, Builder
from tests.fieldsvc.kept_rows import KeptRows

PASSWORD = "cast password"


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


@dataclass(frozen=True)
class _Kept:
    cast: Cast
    rows: KeptRows
    since: datetime


_KEPT: dict[tuple[object, ...], _Kept | None] = {}
_STAYS_FRESH = timedelta(minutes=20)


def build_cast(database: Database, day: date | None = None, *, password_hash: str = "!") -> Cast:
    """Store the cast and return its names; with the hash of PASSWORD its users can sign in.

    From the third time on it is the second one once more, ids and all, as long as that was stored lately.
    """
    day, now = day or today(), database.clock.now()
    kind = database.engine.dialect.name
    where = kind if kind == "sqlite" else database.engine.url
    whose = (where, database.sealer, type(database.clock), day, password_hash)
    kept = _KEPT.get(whose)
    if kept is not None and timedelta(0) <= now - kept.since < _STAYS_FRESH:
        kept.rows.put_into(database)
        return kept.cast
    cast = _build_cast(database, day, password_hash)
    _KEPT[whose] = _Kept(cast, KeptRows(database), now) if whose in _KEPT else None  # many are built once only
    return cast


def _build_cast(database: Database, day: date, password_hash: str) -> Cast:
    with database.unit_of_work() as uow:
        build = Builder(uow, day, password_hash)
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
        ticket2 = build.ticket("T2", team, customer, site, state=TicketState.TRIAGED)
        unscheduled_visit = build.visit("V2", team, ticket2, site, job_type, hour=None)
        other_visit = build.visit("V3", team, build.ticket("T3", team, customer, site), site, job_type, hour=11)
        build.assignment(other_visit, two, 11, 0)
        foreign_ticket = build.ticket("T4", foreign_team, foreign_customer, foreign_site)
        foreign_visit = build.visit("V4", foreign_team, foreign_ticket, foreign_site, job_type, hour=10)
        build.assignment(foreign_visit, three, 10, 0)
        for technician in (one, two, three):
            build.route(technician)
        reserve_planned(uow, [visit], [ticket])
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
