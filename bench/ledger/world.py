"""A company with places of every kind, three parts, and tickets of two teams that want them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID

from fieldsvc.domain.actor import SYSTEM, Actor
from fieldsvc.domain.ledger import PHYSICAL, LocationKind
from fieldsvc.domain.lots import LotUnits
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import (
    Customer,
    JobType,
    Part,
    Shift,
    Site,
    StockLocation,
    Team,
    Technician,
    Ticket,
    User,
    Visit,
    VisitPart,
)
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context, UnitOfWork
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.deliveries import Delivery, receive_units

DAY = date(2026, 12, 14)
DAYS = 5
_K = LocationKind
_KINDS = {
    "house-a": _K.WAREHOUSE,
    "house-b": _K.WAREHOUSE,
    "house-c": _K.WAREHOUSE,
    "south": _K.WAREHOUSE,
    "locker": _K.LOCKER,
    "van0": _K.VAN,
    "van1": _K.VAN,
    "quarantine": _K.QUARANTINE,
    **{one.value: one for one in (_K.IN_TRANSIT, _K.SUPPLIER, _K.CUSTOMER, _K.SCRAP, _K.ADJUSTMENT, _K.DISCREPANCY)},
}
_OF_ALL = ("house-c", "locker")
"""Places of no team."""
_URGENCIES = ("normal", "emergency", "low", None, "high")
"""Of the tickets; the last one is the other team's."""
_NEEDS: tuple[Mapping[str, int], ...] = ({"A": 2}, {"A": 1, "B": 1}, {"B": 2}, {"C": 1}, {"A": 1})
Outcome = TypeVar("Outcome")


class SetClock:
    """A clock that stands still until somebody sets it."""

    def __init__(self) -> None:
        self.moment = datetime.combine(DAY, time(6), UTC)

    def now(self) -> datetime:
        """Return the aware time in UTC."""
        return self.moment


@dataclass(frozen=True)
class Place:
    """A stock location as the model knows it. team: None = of all teams."""

    id: UUID
    code: str
    kind: LocationKind
    team: UUID | None

    @property
    def is_physical(self) -> bool:
        """Whether units are really there."""
        return self.kind in PHYSICAL


@dataclass(frozen=True)
class World:
    """Ids of what there is. parts: plain A, B with lots, serialised C. keeper: of the warehouse."""

    team: UUID
    south: UUID
    parts: Mapping[str, UUID]
    places: Mapping[str, Place]
    tickets: tuple[UUID, ...]
    visits: tuple[UUID, ...]
    technicians: tuple[Actor, ...]
    keeper: Actor
    dispatcher: Actor
    supervisor: Actor

    @property
    def place_by_id(self) -> dict[UUID, Place]:
        """Return places by their ids."""
        return {place.id: place for place in self.places.values()}

    def van(self, number: int) -> UUID:
        """Return the van of a technician."""
        return self.places[f"van{number}"].id


def act(database: Database, actor: Actor, use_case: Callable[[UnitOfWork], Outcome]) -> Outcome:
    """Let somebody do something, as one transaction like any request."""
    return execute_unkeyed(database, Command(actor, "ledger", source="bench"), use_case)


def found_world(database: Database) -> World:
    """Store the company; nothing is planned, and a few units of each part are in the houses and vans."""
    with database.unit_of_work(Context(source="bench")) as uow:
        world = _Founder(uow).found()
        uow.commit()
    for part, place, quantity, serials in (
        ("A", "house-a", 4, ()),
        ("A", "van0", 2, ()),
        ("B", "house-b", 3, ()),
        ("B", "south", 2, ()),
        ("C", "house-a", 2, ("S0", "S1")),
        ("C", "van0", 1, ("S2",)),
    ):
        lots = (LotUnits("L2", quantity),) if part == "B" else ()
        brought = Delivery(world.parts[part], world.places[place].id, quantity, serials, lots)
        act(database, world.keeper, lambda uow, brought=brought: receive_units(uow, brought))  # type: ignore[misc]
    return world


class _Founder:
    """Adds the rows."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._team, self._south = (self._add(Team, name=name, zone="UTC") for name in ("North", "South"))
        self._job_type = self._add(
            JobType, code="repair", name_en="Repair", name_zh="维修", service_s=1800, skills={}, parts={}, tools=[]
        )
        self._parts = {
            number: self._add(
                Part,
                number=number,
                name_en=number,
                name_zh=number,
                unit_cost_cents=1,
                price_cents=2,
                is_serialised=number == "C",
                has_lots=number == "B",
            )
            for number in "ABC"
        }

    def found(self) -> World:
        """Add all there is."""
        places = {code: self._place(code, kind) for code, kind in _KINDS.items()}
        technicians = tuple(self._technician(number, places[f"van{number}"].id) for number in range(2))
        tickets, visits = [], []
        for number, needs in enumerate(_NEEDS):
            is_last = number == len(_NEEDS) - 1
            ticket, own = self._ticket(number, self._south if is_last else self._team, needs)
            tickets.append(ticket)
            visits += own
        return World(
            team=self._team,
            south=self._south,
            parts=self._parts,
            places=places,
            tickets=tuple(tickets),
            visits=tuple(visits),
            technicians=technicians,
            keeper=self._user("keeper", Role.WAREHOUSE),
            dispatcher=self._user("dispatcher", Role.DISPATCHER),
            supervisor=self._user("supervisor", Role.SUPERVISOR),
        )

    def _add(self, model: Any, **values: Any) -> UUID:
        row = model(id=self._uow.new_id(), **values)
        self._uow.session.add(row)
        self._uow.flush()  # one after the other, as they name each other by id only
        row_id: UUID = row.id
        return row_id

    def _place(self, code: str, kind: LocationKind) -> Place:
        team = self._south if code == "south" else self._team
        if code in _OF_ALL or kind not in PHYSICAL or kind is LocationKind.IN_TRANSIT:
            whose = None
        else:
            whose = team
        row_id = self._add(
            StockLocation,
            code=code,
            name=code,
            kind=kind,
            is_physical=kind in PHYSICAL,
            team_id=whose,
            latitude=38.71,
            longitude=-9.12,
        )
        return Place(row_id, code, kind, whose)

    def _user(self, login: str, role: Role, technician: UUID | None = None) -> Actor:
        values = {"login": login, "display_name": login, "password_hash": "!", "role": role, "team_id": self._team}
        user = self._add(User, technician_id=technician, **values)
        return Actor(role, user_id=user, team_ids=(self._team, self._south), technician_id=technician)

    def _technician(self, number: int, van: UUID) -> Actor:
        technician = self._add(
            Technician,
            team_id=self._team,
            name=f"Technician {number}",
            home_latitude=38.7,
            home_longitude=-9.1,
            tools=[],
            cost_cents_per_hour=3000,
            cost_cents_per_km=40,
            van_location_id=van,
        )
        for later in range(DAYS):
            start = datetime.combine(DAY + timedelta(days=later), time(5), UTC)
            self._add(
                Shift,
                technician_id=technician,
                day=start.date(),
                starts_at=start,
                ends_at=start + timedelta(hours=16),
                breaks=[],
            )
        return self._user(f"technician{number}", Role.TECHNICIAN, technician)

    def _ticket(self, number: int, team: UUID, needs: Mapping[str, int]) -> tuple[UUID, list[UUID]]:
        customer = self._add(Customer, team_id=team, kind="person", name=f"Customer {number}", phone="+351900000000")
        place = {"latitude": 38.7 + number / 200, "longitude": -9.1, "zone": "UTC"}
        site = self._add(Site, customer_id=customer, team_id=team, name="home", address=f"Rua {number}", **place)
        ticket = self._add(
            Ticket,
            number=f"T{number}",
            customer_id=customer,
            site_id=site,
            team_id=team,
            state=TicketState.TRIAGED,
            channel="phone",
            nature="hardware",
            urgency=_URGENCIES[number],
            subject="drips",
            description="drips",
            reported_at=self._uow.now,
            recorded_at=self._uow.now,
        )
        return ticket, [self._visit(f"V{number}{letter}", ticket, site, team, needs) for letter in "ab"]

    def _visit(self, number: str, ticket: UUID, site: UUID, team: UUID, needs: Mapping[str, int]) -> UUID:
        visit = self._add(
            Visit,
            number=number,
            ticket_id=ticket,
            site_id=site,
            team_id=team,
            job_type_id=self._job_type,
            state=VisitState.UNSCHEDULED,
            service_s=1800,
            tools=[],
            unplanned_penalty_cents=100_000,
        )
        for part, quantity in needs.items():
            self._add(VisitPart, visit_id=visit, part_id=self._parts[part], quantity=quantity)
        return visit


__all__ = ["DAY", "DAYS", "SYSTEM", "Place", "SetClock", "World", "act", "found_world"]
