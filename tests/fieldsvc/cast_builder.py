"""Makes rows for the cast with what they don't care about filled in."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.ledger import PHYSICAL, LocationKind, MoveReason
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import (
    Assignment,
    Base,
    Customer,
    Part,
    PlannedPart,
    PlannedRoute,
    Shift,
    Site,
    StockBalance,
    StockLocation,
    StockMove,
    StockValue,
    Technician,
    TechnicianSkill,
    Ticket,
    User,
    Visit,
    VisitPart,
    VisitSkill,
)
from fieldsvc.persistence.unit_of_work import UnitOfWork

ZONE = ZoneInfo("America/Sao_Paulo")
COST_CENTS = 900
SITE = (-30.0300, -51.2300)


class Builder:
    """Adds rows one after the other, as they name each other by id only."""

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
                unit_cost_cents=COST_CENTS,
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
                value_cents=quantity * COST_CENTS,
            )
        )
        self._bring_value(part, quantity * COST_CENTS)
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

    def _bring_value(self, part: UUID, cents: int) -> None:
        worth = self.uow.session.get(StockValue, part)
        if worth is None:
            worth = StockValue(part_id=part, value_cents=0)
            self.uow.session.add(worth)
        worth.value_cents += cents
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

    def ticket(
        self,
        number: str,
        team: UUID,
        customer: UUID,
        site: UUID,
        asset: UUID | None = None,
        *,
        state: TicketState = TicketState.IN_PROGRESS,
    ) -> UUID:
        return self.add(
            Ticket(
                id=self.uow.new_id(),
                number=number,
                customer_id=customer,
                site_id=site,
                asset_id=asset,
                team_id=team,
                state=state,
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
                dispatched_at=min(self.at(7), self.uow.now - timedelta(hours=1)),
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
