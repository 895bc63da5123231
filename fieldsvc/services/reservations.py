"""Reserving parts for tickets: by whoever plans or keeps them, before any plan, from a place they choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.reservation_states import ACTIVE, RESERVATION, ReservationState
from fieldsvc.domain.ticket_states import OPEN
from fieldsvc.domain.visit_states import CLOSED
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import Part, PartSubstitute, StockBalance, StockLocation
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.overdue import expire_overdue
from fieldsvc.services.reserved_units import (
    end_reservation,
    held_balance,
    hold_parts,
    serve_anywhere,
    serve_waiting,
)
from fieldsvc.services.scopes import load_ticket, locations_in_scope, scope_of, tickets_in_scope, visits_in_scope
from fieldsvc.services.stock import free_units

LONGEST_HOLD = timedelta(days=366)
# What is in quarantine or on its way can be promised to nobody.
_PLACES = (LocationKind.WAREHOUSE, LocationKind.LOCKER, LocationKind.VAN)


@dataclass(frozen=True, slots=True)
class ReservationWish:
    """Units of a part for a ticket, or for one of its visits.

    location_id: where; None = at the first warehouse that has all of them. hold_until: None = until the ticket is over.
    takes_part: what is not there becomes a back-order instead of a refusal.
    """

    ticket_id: UUID
    part_id: UUID
    quantity: int
    visit_id: UUID | None = None
    location_id: UUID | None = None
    hold_until: datetime | None = None
    takes_part: bool = False


def reserve_units(uow: UnitOfWork, wish: ReservationWish) -> Sequence[Reservation]:
    """Promise units to a ticket, or refuse with what is available; as a back-order, only what is not there waits."""
    ticket = load_ticket(uow, wish.ticket_id, Action.STOCK_RESERVE)
    part = uow.find(Part, wish.part_id, lock=True)
    place = _place(uow, wish.location_id)
    faults = _faults(uow, wish, part, place)
    if part is None or faults:
        raise Invalid("The reservation can't be made like this.", faults=faults)
    if ticket.state not in OPEN:
        raise Conflict(f"The ticket is {ticket.state}: nothing is reserved for it any more.", code="ticket_over")
    expire_overdue(uow, part.id)
    place = place or _best_place(uow, ticket, part.id, wish.quantity)
    balance = held_balance(uow, part.id, place.id) if place is not None else None
    free = free_units(balance) if balance is not None else 0
    if free < wish.quantity and not wish.takes_part:
        raise _too_little(uow, part, place, wish, free)
    made = []
    if units := min(free, wish.quantity):
        assert balance is not None, "what is free is somewhere"
        balance.reserved += units
        made.append(_make(uow, wish, "reserve", units, balance.location_id))
    if wish.quantity > units:
        made.append(_make(uow, wish, "backorder", wish.quantity - units, wish.location_id))
        if wish.location_id is None:  # other places may have the rest
            serve_anywhere(uow, part.id)
    return made


def extend_reservation(
    uow: UnitOfWork, reservation_id: UUID, hold_until: datetime | None, version: int | None = None
) -> Reservation:
    """Hold units until another time, or for as long as the ticket is open."""
    reservation = _load(uow, reservation_id, version)
    expire_overdue(uow, reservation.part_id)
    if reservation.state not in ACTIVE:
        raise Conflict(f"The reservation is {reservation.state}: it holds nothing any more.", code="reservation_over")
    _refuse_planned(reservation)
    faults = _time_faults(uow, hold_until)
    if faults:
        raise Invalid("The reservation can't be held until then.", faults=faults)
    reservation.hold_until = hold_until
    state = reservation.state
    uow.record(reservation, "reservation_extended", state, state)
    return reservation


def release_reservation(uow: UnitOfWork, reservation_id: UUID, version: int | None = None) -> Reservation:
    """Give up what was reserved; whoever waits for it is served. Released twice is released."""
    reservation = _load(uow, reservation_id, version)
    if reservation.state is ReservationState.RELEASED:
        RESERVATION.allowed(ReservationState.RESERVED, "release", uow.actor.role)
        return reservation
    _refuse_planned(reservation)
    freed = end_reservation(uow, reservation, "not_wanted", role=uow.actor.role)
    if freed is not None:
        serve_waiting(uow, *freed)
    return reservation


def get_reservation(session: OrmSession, actor: Actor, reservation_id: UUID) -> Reservation:
    """Return one reservation for a ticket the actor may see the parts of."""
    visible = select(Ticket.id).where(tickets_in_scope(actor, Action.STOCK_READ))
    query = select(Reservation).where(Reservation.id == reservation_id, Reservation.ticket_id.in_(visible))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no reservation {reservation_id}.")
    return found


def list_reservations(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: ReservationState | None = None,
    **wanted: UUID | None,
) -> Page[Reservation]:
    """One page of reservations, the oldest first. wanted: ids by the names of the columns."""
    visible = select(Ticket.id).where(tickets_in_scope(actor, Action.STOCK_READ))
    query = select(Reservation).where(Reservation.ticket_id.in_(visible))
    if state is not None:
        query = query.where(Reservation.state == state)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(Reservation, name) == value)
    return fetch_page(session, query, (Reservation.requested_at, Reservation.id), page)


def _make(uow: UnitOfWork, wish: ReservationWish, action: str, quantity: int, location_id: UUID | None) -> Reservation:
    row = RESERVATION.allowed_at_birth(action, uow.actor.role)
    reservation = Reservation(
        id=uow.new_id(),
        ticket_id=wish.ticket_id,
        visit_id=wish.visit_id,
        part_id=wish.part_id,
        location_id=location_id,
        quantity=quantity,
        state=row.to,
        hold_until=wish.hold_until,
        for_any_visit=wish.visit_id is None,
        requested_at=uow.now,
        requested_by=uow.actor.user_id,
    )
    uow.session.add(reservation)
    kind = "units_reserved" if row.to is ReservationState.RESERVED else "units_backordered"
    data = {"part_id": wish.part_id, "quantity": quantity, "location_id": location_id}
    uow.record(reservation, kind, None, row.to, data=data)
    return reservation


def _load(uow: UnitOfWork, reservation_id: UUID, version: int | None) -> Reservation:
    """A reservation of the actor's scope, with its part held, locked until the end."""
    in_scope = select(Ticket.id).where(tickets_in_scope(uow.actor, Action.STOCK_RESERVE))
    query = select(Reservation).where(Reservation.id == reservation_id, Reservation.ticket_id.in_(in_scope))
    known = uow.session.scalars(query).one_or_none()
    if known is None or not _is_own(uow, known.visit_id):
        raise NotFound(f"There is no reservation {reservation_id}.")
    hold_parts(uow, [known.part_id])
    return uow.get(Reservation, reservation_id, version=version, lock=True)


def _refuse_planned(reservation: Reservation) -> None:
    if reservation.is_planned:
        message = "The plan counts on these units: they are free when the visit is taken off it, or planned anew."
        raise Conflict(message, code="reservation_of_plan")


def _is_own(uow: UnitOfWork, visit_id: UUID | None) -> bool:
    """Tell whether it is for a visit that the actor may reserve for: a technician for the own ones, others for any."""
    if scope_of(uow.actor, Action.STOCK_RESERVE) is not Scope.OWN:
        return True
    own = select(Visit.id).where(Visit.id == visit_id, visits_in_scope(uow.actor, Action.STOCK_RESERVE))
    return uow.session.scalar(own) is not None


def _place(uow: UnitOfWork, location_id: UUID | None) -> StockLocation | None:
    in_scope = locations_in_scope(uow.actor, Action.STOCK_RESERVE)
    query = select(StockLocation).where(StockLocation.id == location_id, StockLocation.kind.in_(_PLACES), in_scope)
    return uow.session.scalars(query).one_or_none() if location_id is not None else None


def _best_place(uow: UnitOfWork, ticket: Ticket, part_id: UUID, quantity: int) -> StockLocation | None:
    """The first warehouse of the ticket's team, by its code, that has all units free; else the one with the most."""
    query = (
        select(StockLocation, StockBalance.on_hand - StockBalance.reserved)
        .join(StockBalance, StockBalance.location_id == StockLocation.id)
        .where(
            StockBalance.part_id == part_id,
            StockLocation.kind == LocationKind.WAREHOUSE,
            (StockLocation.team_id == ticket.team_id) | StockLocation.team_id.is_(None),
        )
        .order_by(StockLocation.code)
    )
    rows = uow.session.execute(query).all()
    return max(rows, key=lambda row: min(row[1], quantity))[0] if rows else None


def _faults(uow: UnitOfWork, wish: ReservationWish, part: Part | None, place: StockLocation | None) -> list[Fault]:
    faults = _time_faults(uow, wish.hold_until)
    if part is None:
        faults.append(Fault("unknown_part", "/part_id", f"There is no part {wish.part_id}."))
    if wish.location_id is not None and place is None:
        faults.append(Fault("unknown_location", "/location_id", f"There is no place {wish.location_id}."))
    if not _is_own(uow, wish.visit_id):
        faults.append(Fault("visit_needed", "/visit_id", "Name the own visit that the units are for."))
    elif wish.visit_id is not None:
        visit = uow.find(Visit, wish.visit_id)
        if visit is None or visit.ticket_id != wish.ticket_id:
            faults.append(Fault("unknown_visit", "/visit_id", f"The ticket has no visit {wish.visit_id}."))
        elif visit.state in CLOSED:
            faults.append(Fault("visit_over", "/visit_id", f"Visit {visit.number} is {visit.state}."))
    return faults


def _time_faults(uow: UnitOfWork, hold_until: datetime | None) -> list[Fault]:
    if hold_until is None:
        return []
    if hold_until <= uow.now:
        return [Fault("time_over", "/hold_until", "This time has passed.")]
    if hold_until > uow.now + LONGEST_HOLD:
        return [Fault("too_long", "/hold_until", f"Units are held for {LONGEST_HOLD.days} days at most.")]
    return []


def _too_little(uow: UnitOfWork, part: Part, place: StockLocation | None, wish: ReservationWish, free: int) -> Conflict:
    """The refusal, with what is available there, and of what can take the part's place."""
    where = "any warehouse of the ticket's team" if place is None else place.name
    faults = [Fault("available", "/quantity", f"{free} are available at {where}.")]
    query = (
        select(Part.number, StockLocation.name, StockBalance.on_hand - StockBalance.reserved)
        .join(PartSubstitute, PartSubstitute.substitute_id == Part.id)
        .join(StockBalance, StockBalance.part_id == Part.id)
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .where(
            PartSubstitute.part_id == part.id,
            StockLocation.kind == LocationKind.WAREHOUSE,
            StockBalance.on_hand - StockBalance.reserved > 0,
            locations_in_scope(uow.actor, Action.STOCK_RESERVE),
        )
        .order_by(PartSubstitute.position, StockLocation.code)
    )
    faults += [
        Fault("substitute", "/part_id", f"{number} can take its place: {units} are available at {name}.")
        for number, name, units in uow.session.execute(query)
    ]
    message = f"{wish.quantity} units of part {part.number} are asked for, {free} are available at {where}."
    return Conflict(message, code="not_enough_stock", faults=faults)
