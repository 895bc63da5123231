"""What reservations hold: units taken from what is free, given back, used up, and passed on to those who wait.

Whoever changes what is promised of a part holds the part's row first, and balances after it: what is promised of one
part changes one transaction at a time.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.lots import draws_document, draws_from, split
from fieldsvc.domain.reservation_states import HOLDING, RESERVATION, ReservationState
from fieldsvc.domain.roles import Role
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import Part, StockBalance, StockLocation
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.lots import expired_at, lots_at
from fieldsvc.services.stock import BalanceKey, free_units, lock_balances
from fieldsvc.services.waiting_order import most_urgent_first, urgency_rank

# Where units wait for whoever has been promised some; those on a van are at hand for its technician only.
_SERVES_ALL = (LocationKind.WAREHOUSE, LocationKind.LOCKER)


def hold_parts(uow: UnitOfWork, part_ids: Iterable[UUID]) -> None:
    """Let nobody else change what is promised of these parts before this transaction ends."""
    uow.lock_all(Part, part_ids)


def held_balance(uow: UnitOfWork, part_id: UUID, location_id: UUID) -> StockBalance:
    """Return a balance, locked, with what this transaction has changed of it."""
    uow.flush()  # locking reads it anew, which would forget what is not sent yet
    return lock_balances(uow, [(part_id, location_id)])[part_id, location_id]


def is_in_force(now: datetime) -> ColumnElement[bool]:
    """The condition for reservations that hold units now: the time of one that nobody has swept may be over."""
    return Reservation.state.in_(HOLDING) & ~is_overdue(now)


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """The condition for what is held, or waited for, for longer than was said; a plan holds as long as it stands."""
    return Reservation.hold_until.is_not(None) & (Reservation.hold_until <= now) & ~Reservation.is_planned


def move_reservation(
    uow: UnitOfWork,
    reservation: Reservation,
    action: str,
    kind: str,
    *,
    role: Role = Role.SYSTEM,
    reason: str | None = None,
    **data: Any,
) -> None:
    """Move a reservation by a row of its table, with its event."""
    row = RESERVATION.allowed(reservation.state, action, role)
    before, reservation.state = reservation.state, row.to
    if row.to is not ReservationState.PICKED:
        reservation.lots = None  # what was picked lies with the rest again, or is on a van, or is gone
    uow.record(reservation, kind, before, row.to, reason=reason, data=data)


def end_reservation(
    uow: UnitOfWork, reservation: Reservation, reason: str, *, role: Role = Role.SYSTEM
) -> BalanceKey | None:
    """Release a reservation whose part is held; returns where units are free by it, for whoever waits there."""
    was_held = reservation.state in HOLDING
    reservation.end_reason = reason
    move_reservation(uow, reservation, "release", "reservation_released", role=role, reason=reason)
    return give_back(uow, reservation) if was_held else None


def give_back(uow: UnitOfWork, reservation: Reservation) -> BalanceKey:
    """Let units that are no longer reserved be free; returns where."""
    assert reservation.location_id is not None, "what is reserved is somewhere"
    held_balance(uow, reservation.part_id, reservation.location_id).reserved -= reservation.quantity
    return reservation.part_id, reservation.location_id


def serve_all(uow: UnitOfWork, places: Iterable[BalanceKey]) -> None:
    """Serve who waits for parts that are held, at each of the places."""
    for part_id, location_id in sorted(places):
        serve_waiting(uow, part_id, location_id)


def serve_anywhere(uow: UnitOfWork, part_id: UUID) -> None:
    """Serve who waits for a held part wherever units of it are free."""
    serve_all(uow, free_places(uow, part_id))


def free_places(uow: UnitOfWork, part_id: UUID) -> list[BalanceKey]:
    """Where units of a part are free for whoever waits for some."""
    query = (
        select(StockBalance.part_id, StockBalance.location_id)
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .where(
            StockBalance.part_id == part_id,
            StockBalance.on_hand > StockBalance.reserved,
            StockLocation.kind.in_(_SERVES_ALL),
        )
    )
    uow.flush()
    return [(part, place) for part, place in uow.session.execute(query)]


def serve_waiting(uow: UnitOfWork, part_id: UUID, location_id: UUID) -> None:
    """Give what is free of a held part at a place to those who wait for it: the most urgent and the oldest first."""
    location = uow.get(StockLocation, location_id)
    waiting = [
        one
        for one, ticket in _waiting(uow, part_id)
        if one.location_id == location_id
        or (one.location_id is None and location.kind in _SERVES_ALL and location.team_id in (None, ticket.team_id))
    ]
    if not waiting:
        return
    balance = held_balance(uow, part_id, location_id)
    for reservation in waiting:
        units = min(usable_units(uow, balance), reservation.quantity)
        if not units:
            return
        filled = split_off(uow, reservation, units)
        filled.location_id = location_id
        balance.reserved += units
        move_reservation(uow, filled, "fill", "reservation_filled", location_id=location_id)


def usable_units(uow: UnitOfWork, balance: StockBalance) -> int:
    """Return how many units of a held part nobody is promised and everybody may use: what has expired goes first."""
    if not uow.get(Part, balance.part_id).has_lots:
        return free_units(balance)
    return max(0, free_units(balance) - expired_at(uow, balance.part_id, balance.location_id))


def put_back_missing(uow: UnitOfWork, part_id: UUID, location_id: UUID) -> None:
    """Let lots be picked anew that were picked of a held part at a place and are not there any more."""
    uow.flush()
    left = Counter({one.lot_id: one.units for one in lots_at(uow.session, part_id, location_id)})
    query = select(Reservation).where(
        Reservation.part_id == part_id,
        Reservation.location_id == location_id,
        Reservation.state == ReservationState.PICKED,
    )
    for reservation in uow.session.scalars(query.order_by(Reservation.requested_at, Reservation.id)).all():
        own = dict(draws_from(reservation.lots))
        if any(left[lot_id] < units for lot_id, units in own.items()):
            reason = "lot_missing"
            move_reservation(uow, reservation, "put_back", "reservation_put_back", reason=reason)
        else:
            left.subtract(own)


def split_off(uow: UnitOfWork, reservation: Reservation, units: int) -> Reservation:
    """Return a reservation of so many units: the same one, or a new one of which the rest stays behind."""
    if units == reservation.quantity:
        return reservation
    reservation.quantity -= units
    lots, rest = split(draws_from(reservation.lots), units)
    reservation.lots = draws_document(rest)
    part = Reservation(
        id=uow.new_id(),
        ticket_id=reservation.ticket_id,
        visit_id=reservation.visit_id,
        part_id=reservation.part_id,
        location_id=reservation.location_id,
        quantity=units,
        state=reservation.state,
        hold_until=reservation.hold_until,
        requested_at=reservation.requested_at,
        requested_by=reservation.requested_by,
        is_planned=reservation.is_planned,
        is_asked_for=reservation.is_asked_for,
        for_any_visit=reservation.for_any_visit,
        destination_id=reservation.destination_id,
        transfer_id=reservation.transfer_id,
        lots=draws_document(lots),
    )
    uow.session.add(part)
    state = reservation.state
    data = {"quantity": units, "from_id": reservation.id}
    uow.record(part, "reservation_split", None, state, data=data)
    return part


def held_for(uow: UnitOfWork, visit: Visit, part_id: UUID) -> list[Reservation]:
    """What is in force of a held part for a visit: its own first, then what its ticket holds for any visit."""
    query = select(Reservation).where(
        Reservation.part_id == part_id,
        Reservation.ticket_id == visit.ticket_id,
        or_(Reservation.visit_id == visit.id, Reservation.visit_id.is_(None)),
        is_in_force(uow.now),
    )
    found = uow.session.scalars(query.order_by(Reservation.id)).all()
    return sorted(found, key=lambda one: one.visit_id is None)


def take_reserved(uow: UnitOfWork, reservation: Reservation, balance: StockBalance, units: int) -> Reservation:
    """Let units of a reservation be free for the move that follows, which `note_consumed` has to name."""
    used = split_off(uow, reservation, units)
    balance.reserved -= units
    return used


def note_consumed(uow: UnitOfWork, reservation: Reservation, move_id: UUID) -> None:
    """Name the move that used a reservation up."""
    reservation.move_id = move_id
    move_reservation(uow, reservation, "consume", "reservation_consumed", move_id=move_id)


def bump(uow: UnitOfWork, balance: StockBalance, units: int) -> int:
    """Take so many units of a held part from what others were promised; the least urgent and newest lose first.

    They wait again: a plan where it has them, staff wherever there is some. Returns how many units are free by it.
    """
    query = (
        select(Reservation, Ticket.urgency)
        .join(Ticket, Ticket.id == Reservation.ticket_id)
        .where(
            Reservation.part_id == balance.part_id,
            Reservation.location_id == balance.location_id,
            Reservation.state.in_(HOLDING),
        )
    )
    rows = sorted(uow.session.execute(query), key=lambda row: (urgency_rank(row[1]), row[0].requested_at, row[0].id))
    freed = 0
    for reservation, _ in reversed(rows):
        if freed >= units:
            break
        lost = split_off(uow, reservation, min(units - freed, reservation.quantity))
        freed += lost.quantity
        balance.reserved -= lost.quantity
        place, lost.destination_id, lost.transfer_id = lost.place_id, None, None
        lost.location_id = place if lost.is_planned else None  # what a plan counts on is wanted where the plan has it
        move_reservation(uow, lost, "bump", "reservation_bumped", reason="fact", location_id=balance.location_id)
    return freed


def _waiting(uow: UnitOfWork, part_id: UUID) -> list[tuple[Reservation, Ticket]]:
    """Back-orders of a part, the most urgent first, then who has waited longest."""
    query = (
        select(Reservation, Ticket)
        .join(Ticket, Ticket.id == Reservation.ticket_id)
        .where(
            Reservation.part_id == part_id,
            Reservation.state == ReservationState.BACKORDERED,
            ~is_overdue(uow.now),
        )
        .order_by(Reservation.requested_at, Reservation.id)
    )
    return most_urgent_first([(one, ticket) for one, ticket in uow.session.execute(query)])
