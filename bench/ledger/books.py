"""What the database says of stock, read from the rows alone, and what has to hold of it whatever was done.

Written from the design's invariants and not from the product's own checks, which are compared with it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from bench.ledger.world import World
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.models import (
    Assignment,
    ChangeCounter,
    PlannedPart,
    Reservation,
    StockBalance,
    StockMove,
    Ticket,
    Transfer,
    TransferLine,
    Visit,
)

Key = tuple[UUID, UUID]
"""A part at a place."""
OVER = frozenset({"consumed", "released", "expired"})
VISIT_OVER = frozenset({"completed", "incomplete", "cancelled"})
TICKET_OPEN = frozenset({"new", "triaged", "in_progress", "waiting"})
_ON_THE_PLAN = frozenset({"planned", "dispatched", "accepted", "en_route", "on_site", "working", "paused"})
_MOST_URGENT_FIRST = ("emergency", "high", "normal", "low")


@dataclass(frozen=True, slots=True)
class Move:
    """A row of the ledger."""

    id: UUID
    part: UUID
    quantity: int
    source: UUID
    target: UUID
    reason: str
    serial: str | None
    visit: UUID | None
    reverses: UUID | None
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """A reservation."""

    id: UUID
    ticket: UUID
    visit: UUID | None
    part: UUID
    place: UUID | None
    quantity: int
    state: str
    is_planned: bool
    is_asked_for: bool
    for_any_visit: bool
    hold_until: datetime | None
    requested_at: datetime
    move: UUID | None

    def is_overdue(self, now: datetime) -> bool:
        """Whether its time is over: half-open, and not while a plan counts on it."""
        return self.hold_until is not None and self.hold_until <= now and not self.is_planned


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one part of a transfer."""

    part: UUID
    quantity: int
    serials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shipment:
    """A transfer."""

    id: UUID
    source: UUID
    target: UUID
    state: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Books:
    """All of it at one moment. balances: (on hand, reserved); claims: what the plan counts on by (visit, part, place).

    tickets: (state, urgency, team); visits: (state, ticket). holders: which technicians have a visit.
    """

    balances: Mapping[Key, tuple[int, int]]
    moves: Mapping[UUID, Move]
    promises: Mapping[UUID, Promise]
    shipments: Mapping[UUID, Shipment]
    tickets: Mapping[UUID, tuple[str, str | None, UUID]]
    visits: Mapping[UUID, tuple[str, UUID]]
    claims: Counter[tuple[UUID, UUID, UUID]]
    holders: Mapping[UUID, frozenset[UUID]]
    changes: int

    def active(self) -> list[Promise]:
        """Return what is promised or waited for, the oldest first."""
        return [one for one in self.promises.values() if one.state not in OVER]

    def free(self, key: Key) -> int:
        """Return how many units of a part at a place nobody has been promised."""
        on_hand, reserved = self.balances.get(key, (0, 0))
        return on_hand - reserved

    def rank(self, ticket: UUID) -> int:
        """Return how urgent a ticket is; 0 = the most."""
        return _MOST_URGENT_FIRST.index(self.tickets[ticket][1] or "normal")


def read_books(session: OrmSession) -> Books:
    """Read it."""
    lines: dict[UUID, list[Line]] = {}
    for transfer, part, quantity, serials in session.execute(
        select(TransferLine.transfer_id, TransferLine.part_id, TransferLine.quantity, TransferLine.serials).order_by(
            TransferLine.position
        )
    ):
        lines.setdefault(transfer, []).append(Line(part, quantity, tuple(serials)))
    balance = (StockBalance.part_id, StockBalance.location_id, StockBalance.on_hand, StockBalance.reserved)
    transfer_columns = (Transfer.id, Transfer.from_location_id, Transfer.to_location_id, Transfer.state)
    tickets = select(Ticket.id, Ticket.state, Ticket.urgency, Ticket.team_id)
    holders: dict[UUID, set[UUID]] = {}
    for visit, technician in session.execute(
        select(Assignment.visit_id, Assignment.technician_id).where(Assignment.ended_at.is_(None))
    ):
        holders.setdefault(visit, set()).add(technician)
    return Books(
        balances={(part, place): (here, held) for part, place, here, held in session.execute(select(*balance))},
        moves={row[0]: Move(row[0], *row[1:]) for row in session.execute(_moves())},
        promises={row[0]: Promise(row[0], *row[1:]) for row in session.execute(_promises())},
        shipments={
            row[0]: Shipment(*row, tuple(lines[row[0]]))
            for row in session.execute(select(*transfer_columns).order_by(Transfer.id))
        },
        tickets={row[0]: (row[1], row[2], row[3]) for row in session.execute(tickets)},
        visits={row[0]: (row[1], row[2]) for row in session.execute(_visits())},
        claims=_claims(session),
        holders={visit: frozenset(own) for visit, own in holders.items()},
        changes=session.scalars(select(ChangeCounter.last_change_no)).one(),
    )


def faults_of(books: Books, world: World, now: datetime) -> Iterator[str]:
    """Say what does not hold now."""
    return chain(
        _ledger_faults(books, world),
        _serial_faults(books, world),
        _reserved_faults(books, world),
        _ending_faults(books),
        _plan_faults(books),
        _waiting_faults(books, world, now),
    )


def changes_of_the_past(before: Books, after: Books) -> Iterator[str]:
    """S4 and R1: say what was over and is another thing now."""
    for move in before.moves.values():
        if after.moves.get(move.id) != move:
            yield f"S4: {move} is {after.moves.get(move.id)} now"
    for one in before.promises.values():
        if one.state in OVER and after.promises.get(one.id) != one:
            yield f"R1: {one} is {after.promises.get(one.id)} now"


def _ledger_faults(books: Books, world: World) -> Iterator[str]:
    sums: Counter[Key] = Counter()
    for move in books.moves.values():
        if move.quantity <= 0 or move.source == move.target:
            yield f"S3: {move} moves nothing"
        sums[move.part, move.source] -= move.quantity
        sums[move.part, move.target] += move.quantity
    for key in sums.keys() | books.balances.keys():
        if sums[key] != books.balances.get(key, (0, 0))[0]:
            yield f"S1: {_name(world, key)} has {books.balances.get(key)}, the moves say {sums[key]}"
    for part in world.parts.values():
        total = sum(on_hand for (of, _), (on_hand, _) in books.balances.items() if of == part)
        if total:
            yield f"S3: over all places there are {total} of a part"
    reversed_ones = Counter(move.reverses for move in books.moves.values() if move.reverses is not None)
    yield from (
        f"S4: {books.moves[one]} is reversed {times} times" for one, times in reversed_ones.items() if times > 1
    )
    for move in books.moves.values():
        if move.reverses is not None:
            of = books.moves[move.reverses]
            same = (of.part, of.quantity, of.target, of.source, of.serial)
            if same != (move.part, move.quantity, move.source, move.target, move.serial):
                yield f"S4: {move} does not reverse {of}"


def _serial_faults(books: Books, world: World) -> Iterator[str]:
    """S5, by adding up the moves of each serial: never by its newest one."""
    sums: dict[tuple[UUID, str], Counter[UUID]] = {}
    for move in books.moves.values():
        if move.serial is not None:
            places = sums.setdefault((move.part, move.serial), Counter())
            places[move.source] -= move.quantity
            places[move.target] += move.quantity
    physical = world.place_by_id
    at: Counter[Key] = Counter()
    for (part, serial), places in sums.items():
        here = {place: units for place, units in places.items() if units and physical[place].is_physical}
        if any(units != 1 for units in here.values()) or len(here) > 1:
            yield f"S5: serial {serial} is at {[(physical[place].code, units) for place, units in here.items()]}"
        at.update((part, place) for place in here)
    part = world.parts["C"]
    for (of, place), (on_hand, _) in books.balances.items():
        if of == part and physical[place].is_physical and on_hand != at[of, place]:
            yield f"S5: {on_hand} units of C at {physical[place].code}, {at[of, place]} serials"


def _reserved_faults(books: Books, world: World) -> Iterator[str]:
    sums: Counter[Key] = Counter()
    for one in books.promises.values():
        if one.quantity <= 0:
            yield f"S2: {one} is of nothing"
        if one.state == "reserved":
            if one.place is None:
                yield f"S2: {one} is nowhere"
            else:
                sums[one.part, one.place] += one.quantity
    places = world.place_by_id
    for key in sums.keys() | books.balances.keys():
        on_hand, reserved = books.balances.get(key, (0, 0))
        if sums[key] != reserved:
            yield f"S2: {_name(world, key)} has {reserved} reserved, reservations hold {sums[key]}"
        if places[key[1]].is_physical and not 0 <= reserved <= on_hand:
            yield f"S2: {_name(world, key)} has {on_hand} on hand, {reserved} reserved"


def _ending_faults(books: Books) -> Iterator[str]:
    used = Counter(one.move for one in books.promises.values() if one.move is not None)
    for one in books.promises.values():
        if (one.state == "consumed") != (one.move is not None):
            yield f"R1: {one} and its move do not go together"
        if one.move is not None:
            move = books.moves[one.move]
            if (move.part, move.quantity, move.source) != (one.part, one.quantity, one.place) or used[one.move] > 1:
                yield f"R1: {one} was used up by {move}"
        if one.state not in OVER:
            if books.tickets[one.ticket][0] not in TICKET_OPEN:
                yield f"R2: the ticket of {one} is {books.tickets[one.ticket][0]}"
            if one.visit is not None and books.visits[one.visit][0] in VISIT_OVER:
                yield f"R2: the visit of {one} is {books.visits[one.visit][0]}"


def _plan_faults(books: Books) -> Iterator[str]:
    held: Counter[tuple[UUID, UUID, UUID]] = Counter()
    for one in books.active():
        if one.is_planned:
            assert one.visit is not None, "the database sees to it"
            assert one.place is not None, "a plan has units from somewhere"
            held[one.visit, one.part, one.place] += one.quantity
    for key in held.keys() | books.claims.keys():
        if held[key] != books.claims[key]:
            yield f"R: visit {key[0]} counts on {books.claims[key]} of {key[1]} at {key[2]}, the plan holds {held[key]}"


def _waiting_faults(books: Books, world: World, now: datetime) -> Iterator[str]:
    for one in books.active():
        if one.state == "backordered" and not one.is_overdue(now):
            for place in places_for(one, books, world):
                if books.free((one.part, place)) > 0:
                    yield f"R: {one} waits though units are free at {world.place_by_id[place].code}"


def places_for(one: Promise, books: Books, world: World) -> Sequence[UUID]:
    """Return the places whose free units are for a back-order."""
    if one.place is not None:
        return [one.place]
    team = books.tickets[one.ticket][2]
    kinds = (LocationKind.WAREHOUSE, LocationKind.LOCKER)
    return [place.id for place in world.places.values() if place.kind in kinds and place.team in (None, team)]


def _name(world: World, key: Key) -> str:
    part = next((number for number, one in world.parts.items() if one == key[0]), str(key[0]))
    return f"{part} at {world.place_by_id[key[1]].code}"


def _moves() -> Any:
    columns = (StockMove.from_location_id, StockMove.to_location_id, StockMove.reason, StockMove.serial)
    times = (StockMove.visit_id, StockMove.reverses_id, StockMove.occurred_at, StockMove.recorded_at)
    return select(StockMove.id, StockMove.part_id, StockMove.quantity, *columns, *times).order_by(StockMove.id)


def _promises() -> Any:
    whose = (Reservation.ticket_id, Reservation.visit_id, Reservation.part_id, Reservation.location_id)
    which = (Reservation.is_planned, Reservation.is_asked_for, Reservation.for_any_visit, Reservation.hold_until)
    columns = (*whose, Reservation.quantity, Reservation.state, *which, Reservation.requested_at, Reservation.move_id)
    return select(Reservation.id, *columns).order_by(Reservation.id)


def _visits() -> Any:
    return select(Visit.id, Visit.state, Visit.ticket_id).order_by(Visit.id)


def _claims(session: OrmSession) -> Counter[tuple[UUID, UUID, UUID]]:
    query = (
        select(Visit.id, PlannedPart.part_id, PlannedPart.location_id, PlannedPart.quantity)
        .join(Assignment, Assignment.id == PlannedPart.assignment_id)
        .join(Visit, Visit.id == Assignment.visit_id)
        .where(Assignment.ended_at.is_(None), Visit.state.in_(sorted(_ON_THE_PLAN)))
    )
    claims: Counter[tuple[UUID, UUID, UUID]] = Counter()
    for visit, part, place, units in session.execute(query):
        claims[visit, part, place] += units
    return claims
