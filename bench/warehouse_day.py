"""One day of visits that is planned, with what the plan counts on and has reserved."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from bench.warehouse_ledger import Ledger, Row
from bench.warehouse_rows import Founded, put, ticket_of
from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Assignment, Base, PlannedPart, PlannedPickup, Reservation, Visit, VisitPart
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context

_FROM_HOUSE = 2
"""Different parts that a visit needs from the warehouse, beside one from the van where there is any."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """The day, its tickets, and how many units are reserved where."""

    day: date
    tickets: tuple[UUID, ...]
    units: Counter[tuple[UUID, UUID]]


def load_day(database: Database, founded: Founded, ledger: Ledger, now: datetime) -> Reserved:
    """Plan some visits of tomorrow for each technician, with one way to the warehouse before them."""
    made = _Day(founded, ledger, now)
    for technician, van in zip(founded.technicians, founded.places.vans, strict=True):
        made.tour(technician, van)
    with database.unit_of_work(Context(source="bench")) as uow:  # what customers say is sealed on its way
        where = (founded.team, founded.customer, founded.site)
        uow.session.add_all(
            ticket_of(ticket, f"T-{number:06}", *where, now, TicketState.IN_PROGRESS)
            for number, ticket in enumerate(made.tickets)
        )
        uow.commit()
    with database.engine.begin() as connection:
        for model, rows in made.rows.items():
            put(connection, model, rows)
    return Reserved(made.morning.date(), tuple(made.tickets), made.reserved)


class _Day:
    def __init__(self, founded: Founded, ledger: Ledger, now: datetime) -> None:
        self.founded, self.ledger, self.now = founded, ledger, now
        self.morning = now.replace(hour=8, minute=0, second=0) + timedelta(days=1)
        self.tickets: list[UUID] = []
        self.reserved: Counter[tuple[UUID, UUID]] = Counter()
        order: tuple[type[Base], ...] = (Visit, VisitPart, PlannedPickup, Assignment, PlannedPart, Reservation)
        self.rows: dict[type[Base], list[Row]] = {model: [] for model in order}
        self._new_id = TimeOrderedIds().new

    def tour(self, technician: UUID, van: UUID) -> None:
        """Add the visits of one technician."""
        house, way = self.founded.places.warehouses[0], {"travel_s": 600, "travel_m": 5000}
        first = self.morning
        pickup = self._add(
            PlannedPickup,
            technician_id=technician,
            day=first.date(),
            location_id=house,
            before_position=0,
            planned_arrival=first,
            planned_start=first,
            planned_end=first + timedelta(minutes=10),
            **way,
        )
        for position in range(self.ledger.sizes.visits_each):
            start = first + timedelta(hours=1 + 2 * position)
            times = {"planned_start": start, "planned_end": start + timedelta(hours=1)}
            ticket, visit = self._visit(times)
            assignment = self._add(
                Assignment,
                visit_id=visit,
                technician_id=technician,
                day=first.date(),
                state=VisitState.PLANNED,
                position=position,
                planned_arrival=start,
                **times,
                **way,
            )
            for place, part in self._wanted(van, house):
                self._count_on(ticket, visit, assignment, part, place, pickup if place == house else None)

    def _visit(self, times: dict[str, datetime]) -> tuple[UUID, UUID]:
        ticket = self._new_id()
        self.tickets.append(ticket)
        visit = self._add(
            Visit,
            number=f"V-{len(self.tickets):06}",
            ticket_id=ticket,
            site_id=self.founded.site,
            team_id=self.founded.team,
            job_type_id=self.founded.job_type,
            state=VisitState.PLANNED,
            service_s=3600,
            tools=[],
            unplanned_penalty_cents=1000,
            **times,
        )
        return ticket, visit

    def _wanted(self, van: UUID, house: UUID) -> list[tuple[UUID, UUID]]:
        """(place, part): each part once, wherever one is free."""
        chance, parts = self.ledger.chance, self.ledger.parts
        asked: dict[UUID, UUID] = {}
        if carried := self.ledger.carried.get(van):
            asked[parts[chance.choice(carried)]] = van
        while len(asked) < min(_FROM_HOUSE + 1, len(parts)):
            asked.setdefault(parts[int(len(parts) * chance.random() ** 3)], house)
        return [
            (place, part)
            for part, place in asked.items()
            if self.ledger.on_hand[part, place] > self.reserved[part, place]
        ]

    def _count_on(
        self, ticket: UUID, visit: UUID, assignment: UUID, part: UUID, place: UUID, pickup: UUID | None
    ) -> None:
        units = {"part_id": part, "quantity": 1}
        self._add(VisitPart, visit_id=visit, **units)
        self._add(PlannedPart, assignment_id=assignment, location_id=place, pickup_id=pickup, **units)
        self._add(
            Reservation,
            ticket_id=ticket,
            visit_id=visit,
            location_id=place,
            state=ReservationState.RESERVED,
            is_planned=True,
            is_asked_for=False,
            requested_at=self.now,
            **units,
        )
        self.reserved[part, place] += 1

    def _add(self, model: type[Base], **values: Any) -> UUID:
        row_id = self._new_id()
        self.rows[model].append({"id": row_id, **values})
        return row_id
