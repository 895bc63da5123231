"""A company with a year of stock moves and one day of visits, loaded by the row and not by its own services.

What the doctor asks of stock holds: balances, values, claims and what is reserved for them. There are no events of what
was loaded, so the chain of evidence begins with what is measured.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from bench.warehouse_ledger import Ledger, Places, Row, Sizes
from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.ledger import PHYSICAL, LocationKind, MoveReason
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.models import (
    Base,
    Customer,
    JobType,
    Part,
    Reservation,
    Site,
    StockBalance,
    StockBin,
    StockLocation,
    StockMove,
    StockValue,
    Team,
    Technician,
    Ticket,
    User,
)
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context, UnitOfWork

ZONE = "UTC"
_CHUNK = 5_000
_RESERVED_USES = 4
"""Of so many uses one was reserved before."""


@dataclass(frozen=True, slots=True)
class Stocked:
    """What there is. tickets: open ones, each with a visit of the day; keeper: somebody of the warehouse."""

    day: date
    house: UUID
    keeper: Actor
    parts: tuple[UUID, ...]
    technicians: tuple[UUID, ...]
    tickets: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Founded:
    """Rows that others hang on. old_ticket: a closed one that all earlier uses were for."""

    team: UUID
    job_type: UUID
    keeper: Actor
    places: Places
    technicians: tuple[UUID, ...]
    customer: UUID
    site: UUID
    old_ticket: UUID


def load_warehouse(database: Database, sizes: Sizes, seed: int) -> Stocked:
    """Fill a new database, and let it look at what it has got."""
    from bench.warehouse_day import load_day  # noqa: PLC0415 -- it builds on this module

    chance, now = random.Random(seed), datetime.now(UTC).replace(microsecond=0)
    with database.unit_of_work(Context(source="bench")) as uow:
        founded = _found(uow, sizes, now)
        uow.commit()
    new_id = TimeOrderedIds().new
    parts = [new_id() for _ in range(sizes.parts)]
    costs = [chance.randint(100, 20_000) for _ in parts]
    ledger = Ledger(sizes, founded.places, parts, costs, now - timedelta(days=1), chance)
    with database.engine.begin() as connection:
        put(connection, Part, (_part(number, *one) for number, one in enumerate(zip(parts, costs, strict=True))))
        put(connection, StockBin, (_bin(founded.places.warehouses[0], number, one) for number, one in enumerate(parts)))
        _put_moves(connection, ledger, founded.old_ticket)
        put(connection, StockValue, ({"part_id": part, "value_cents": ledger.value_cents[part]} for part in parts))
    reserved = load_day(database, founded, ledger, now)
    with database.engine.begin() as connection:
        put(connection, StockBalance, _balances(ledger, reserved.units))
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    return Stocked(
        reserved.day, founded.places.warehouses[0], founded.keeper, tuple(parts), founded.technicians, reserved.tickets
    )


def put(connection: Connection, model: type[Base], rows: Iterable[Row]) -> None:
    """Insert rows, some thousand at a time."""
    left, statement = iter(rows), insert(model.__table__)  # type: ignore[arg-type]  # a table is what it is
    while chunk := list(islice(left, _CHUNK)):
        connection.execute(statement, chunk)


def _found(uow: UnitOfWork, sizes: Sizes, now: datetime) -> Founded:
    def add(row: Any) -> UUID:
        uow.session.add(row)
        row_id: UUID = row.id
        return row_id

    def place(code: str, kind: LocationKind) -> UUID:
        physical = kind in PHYSICAL
        return add(StockLocation(id=uow.new_id(), code=code, name=code, kind=kind, is_physical=physical, handling_s=0))

    team = add(Team(id=uow.new_id(), name="Bench", zone=ZONE))
    words = {"code": "repair", "name_en": "Repair", "name_zh": "维修", "service_s": 3600}
    job_type = add(JobType(id=uow.new_id(), **words, skills={}, parts={}, tools=[]))
    supplier, customer = (place(kind.value, kind) for kind in (LocationKind.SUPPLIER, LocationKind.CUSTOMER))
    for kind in (LocationKind.IN_TRANSIT, LocationKind.DISCREPANCY, LocationKind.ADJUSTMENT):
        place(kind.value, kind)
    houses = tuple(place(f"house{number}", LocationKind.WAREHOUSE) for number in range(sizes.warehouses))
    vans = tuple(place(f"van{number:04}", LocationKind.VAN) for number in range(sizes.vans))
    user = User(id=uow.new_id(), login="keeper", display_name="keeper", password_hash="!", role=Role.WAREHOUSE)
    user.team_id = team
    keeper = Actor(Role.WAREHOUSE, user_id=add(user), team_ids=(team,))
    technicians = tuple(add(_technician(uow.new_id(), team, number, van)) for number, van in enumerate(vans))
    places = Places(supplier, customer, houses, vans)
    somebody = add(Customer(id=uow.new_id(), team_id=team, kind="company", name="Somebody"))
    where = {"name": "plant", "address": "Street 1", "latitude": -30.03, "longitude": -51.23, "zone": ZONE}
    site = add(Site(id=uow.new_id(), customer_id=somebody, team_id=team, **where))
    old = ticket_of(uow.new_id(), "T-old", team, somebody, site, now - timedelta(days=400), TicketState.CLOSED)
    return Founded(team, job_type, keeper, places, technicians, somebody, site, add(old))


def _technician(technician_id: UUID, team: UUID, number: int, van: UUID) -> Technician:
    home = {"home_latitude": -30.0 - number / 10_000, "home_longitude": -51.2}
    pay = {"cost_cents_per_hour": 3000, "cost_cents_per_km": 40}
    return Technician(
        id=technician_id, team_id=team, name=f"Technician {number:04}", tools=[], van_location_id=van, **home, **pay
    )


def ticket_of(
    ticket_id: UUID, number: str, team: UUID, customer: UUID, site: UUID, at: datetime, state: TicketState
) -> Ticket:
    """Return a ticket that was reported by phone."""
    words = {"channel": "phone", "nature": "hardware", "urgency": "normal", "subject": "drips", "description": "drips"}
    return Ticket(
        id=ticket_id,
        number=number,
        team_id=team,
        customer_id=customer,
        site_id=site,
        state=state,
        reported_at=at,
        recorded_at=at,
        **words,
    )


def _part(number: int, part_id: UUID, cost: int) -> Row:
    name = f"P-{number:06}"
    names = {"number": name, "name_en": f"Part {number}", "name_zh": f"备件 {number}"}
    return {"id": part_id, **names, "unit_cost_cents": cost, "price_cents": 2 * cost}


def _bin(house: UUID, number: int, part_id: UUID) -> Row:
    return {"location_id": house, "part_id": part_id, "bin": f"{number % 90:02}-{number // 90:04}"}


def _put_moves(connection: Connection, ledger: Ledger, ticket: UUID) -> None:
    """Insert all moves, and the reservations that some of the uses had."""
    used: list[Row] = []

    def noting_uses() -> Iterator[Row]:
        for number, move in enumerate(ledger.moves()):
            if move["reason"] is MoveReason.CONSUMPTION and number % _RESERVED_USES == 0:
                used.append(move)
            yield move

    put(connection, StockMove, noting_uses())
    new_id = TimeOrderedIds().new
    put(
        connection,
        Reservation,
        (
            {
                "id": new_id(),
                "ticket_id": ticket,
                "part_id": move["part_id"],
                "location_id": move["from_location_id"],
                "quantity": move["quantity"],
                "state": ReservationState.CONSUMED,
                "for_any_visit": True,
                "requested_at": move["recorded_at"],
                "move_id": move["id"],
            }
            for move in used
        ),
    )


def _balances(ledger: Ledger, reserved: Counter[tuple[UUID, UUID]]) -> Iterator[Row]:
    new_id, outside = TimeOrderedIds().new, (ledger.places.supplier, ledger.places.customer)
    for (part, location), units in ledger.on_hand.items():
        row = {"id": new_id(), "part_id": part, "location_id": location, "on_hand": units}
        yield row | {"is_physical": location not in outside, "reserved": reserved[part, location]}
