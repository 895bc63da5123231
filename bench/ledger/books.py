"""What the database says of stock, read from the rows alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.models import (
    Assignment,
    ChangeCounter,
    Lot,
    LotBalance,
    PlannedPart,
    Reservation,
    StockBalance,
    StockMove,
    StockMoveLot,
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
    lots: the last day of each; lot_balances: by lot and place; lot_moves: units of each lot by move.
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
    lots: Mapping[UUID, date | None]
    lot_balances: Mapping[Key, int]
    lot_moves: Mapping[UUID, Mapping[UUID, int]]

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
    """Read it, by the connection: a session takes three times as long, and this is read after each step."""
    rows = session.connection()
    lines: dict[UUID, list[Line]] = {}
    for transfer, part, quantity, serials in rows.execute(
        select(TransferLine.transfer_id, TransferLine.part_id, TransferLine.quantity, TransferLine.serials).order_by(
            TransferLine.position
        )
    ):
        lines.setdefault(transfer, []).append(Line(part, quantity, tuple(serials)))
    balance = (StockBalance.part_id, StockBalance.location_id, StockBalance.on_hand, StockBalance.reserved)
    transfer_columns = (Transfer.id, Transfer.from_location_id, Transfer.to_location_id, Transfer.state)
    tickets = select(Ticket.id, Ticket.state, Ticket.urgency, Ticket.team_id)
    holders: dict[UUID, set[UUID]] = {}
    for visit, technician in rows.execute(
        select(Assignment.visit_id, Assignment.technician_id).where(Assignment.ended_at.is_(None))
    ):
        holders.setdefault(visit, set()).add(technician)
    lots, lot_balances, lot_moves = _lots(rows)
    return Books(
        balances={(part, place): (here, held) for part, place, here, held in rows.execute(select(*balance))},
        moves={row[0]: Move(row[0], *row[1:]) for row in rows.execute(_moves())},
        promises={row[0]: Promise(row[0], *row[1:]) for row in rows.execute(_promises())},
        shipments={
            row[0]: Shipment(*row, tuple(lines[row[0]]))
            for row in rows.execute(select(*transfer_columns).order_by(Transfer.id))
        },
        tickets={row[0]: (row[1], row[2], row[3]) for row in rows.execute(tickets)},
        visits={row[0]: (row[1], row[2]) for row in rows.execute(_visits())},
        claims=_claims(rows),
        holders={visit: frozenset(own) for visit, own in holders.items()},
        changes=rows.scalars(select(ChangeCounter.last_change_no)).one(),
        lots=lots,
        lot_balances=lot_balances,
        lot_moves=lot_moves,
    )


def _lots(
    rows: Connection,
) -> tuple[dict[UUID, date | None], dict[Key, int], dict[UUID, dict[UUID, int]]]:
    """Return the last days of lots, what there is of them by place, and what each move has moved."""
    moved: dict[UUID, dict[UUID, int]] = {}
    for move, lot, units in rows.execute(select(StockMoveLot.move_id, StockMoveLot.lot_id, StockMoveLot.quantity)):
        moved.setdefault(move, {})[lot] = units
    balances = select(LotBalance.lot_id, LotBalance.location_id, LotBalance.on_hand)
    return (
        dict(rows.execute(select(Lot.id, Lot.expires_on)).all()),
        {(lot, place): units for lot, place, units in rows.execute(balances)},
        moved,
    )


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


def _claims(rows: Connection) -> Counter[tuple[UUID, UUID, UUID]]:
    query = (
        select(Visit.id, PlannedPart.part_id, PlannedPart.location_id, PlannedPart.quantity)
        .join(Assignment, Assignment.id == PlannedPart.assignment_id)
        .join(Visit, Visit.id == Assignment.visit_id)
        .where(Assignment.ended_at.is_(None), Visit.state.in_(sorted(_ON_THE_PLAN)))
    )
    claims: Counter[tuple[UUID, UUID, UUID]] = Counter()
    for visit, part, place, units in rows.execute(query):
        claims[visit, part, place] += units
    return claims
