"""A small world most tests can start from: one team, one technician with a van, one visit, one part."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from fieldsvc.domain.ledger import PHYSICAL, LocationKind
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import (
    Assignment,
    Base,
    Customer,
    JobType,
    Part,
    Site,
    StockBalance,
    StockLocation,
    Team,
    Technician,
    Ticket,
    Visit,
)
from fieldsvc.persistence.database import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """Ids of what there is."""

    team: UUID
    technician: UUID
    customer: UUID
    ticket: UUID
    site: UUID
    job_type: UUID
    visit: UUID
    part: UUID
    van: UUID
    supplier: UUID
    van_balance: UUID


def id_of(number: int) -> UUID:
    return UUID(int=number)


WORLD = World(*(id_of(number) for number in range(1, 12)))


def new_visit(number: int, state: VisitState = VisitState.UNSCHEDULED) -> Visit:
    return Visit(
        id=id_of(number),
        number=f"V{number}",
        ticket_id=WORLD.ticket,
        site_id=WORLD.site,
        team_id=WORLD.team,
        job_type_id=WORLD.job_type,
        state=state,
        service_s=3600,
        tools=[],
        unplanned_penalty_cents=50_000,
    )


def new_assignment(number: int, visit_id: UUID, state: VisitState) -> Assignment:
    return Assignment(
        id=id_of(number),
        visit_id=visit_id,
        technician_id=WORLD.technician,
        day=NOON.date(),
        state=state,
        position=0,
        planned_arrival=NOON,
        planned_start=NOON,
        planned_end=NOON.replace(hour=13),
        travel_s=600,
        travel_m=5000,
    )


def rows_of_the_world() -> list[Base]:
    def location(location_id: UUID, kind: LocationKind) -> StockLocation:
        return StockLocation(id=location_id, code=kind.value, name=kind.value, kind=kind, is_physical=kind in PHYSICAL)

    return [
        Team(id=WORLD.team, name="North", zone="America/Sao_Paulo"),
        location(WORLD.van, LocationKind.VAN),
        location(WORLD.supplier, LocationKind.SUPPLIER),
        Technician(
            id=WORLD.technician,
            team_id=WORLD.team,
            name="Ana",
            home_latitude=-30.03,
            home_longitude=-51.2,
            tools=["ladder"],
            cost_cents_per_hour=3000,
            cost_cents_per_km=40,
            van_location_id=WORLD.van,
        ),
        Customer(id=WORLD.customer, team_id=WORLD.team, kind="person", name="王伟", phone="+5551999990000"),
        Site(
            id=WORLD.site,
            customer_id=WORLD.customer,
            team_id=WORLD.team,
            name="home",
            address="Rua da Praia 1",
            latitude=-30.03,
            longitude=-51.23,
            zone="America/Sao_Paulo",
        ),
        JobType(
            id=WORLD.job_type,
            code="repair",
            name_en="Repair",
            name_zh="维修",
            service_s=3600,
            skills={},
            parts={},
            tools=[],
        ),
        Ticket(
            id=WORLD.ticket,
            number="T1",
            customer_id=WORLD.customer,
            site_id=WORLD.site,
            team_id=WORLD.team,
            state=TicketState.TRIAGED,
            channel="phone",
            subject="no water",
            description="since this morning",
            reported_at=NOON,
            recorded_at=NOON,
        ),
        new_visit(WORLD.visit.int),
        Part(id=WORLD.part, number="P-1", name_en="pump", name_zh="泵", unit_cost_cents=900, price_cents=1500),
        StockBalance(
            id=WORLD.van_balance, part_id=WORLD.part, location_id=WORLD.van, is_physical=True, on_hand=3, reserved=1
        ),
    ]


@pytest.fixture
def world(database: Database) -> World:
    """Store the small world and give its ids."""
    with database.unit_of_work() as uow:
        uow.session.add_all(rows_of_the_world())
        uow.commit()
    return WORLD


@pytest.fixture
def make_visit() -> Callable[..., Visit]:
    """Give the function that makes one more visit of the world, not stored yet."""
    return new_visit


@pytest.fixture
def make_assignment() -> Callable[..., Assignment]:
    """Give the function that assigns the world's technician, not stored yet."""
    return new_assignment
