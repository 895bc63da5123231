"""What the published plan has reserved: as many units as it counts on for each visit, at the place it takes them from.

The plan's claims (`PlannedPart`) say what is wanted, and rows with `is_planned` hold it. A publication reserves what it
counts on, from what staff has reserved for the ticket there first; whatever takes a claim away afterwards is followed
by `settle_reservations`, which gives up what no claim stands for.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.expected_parts import coming_units
from fieldsvc.domain.errors import ChangedMeanwhile
from fieldsvc.domain.reservation_states import ACTIVE, HOLDING, RESERVATION, ReservationState
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import OPEN
from fieldsvc.domain.visit_states import CLOSED, PUBLISHED, STARTED, VisitState
from fieldsvc.models.assignments import Assignment, PlannedPart
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.technicians import Team
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.overdue import end_overdue
from fieldsvc.services.reserved_units import (
    end_reservation,
    held_balance,
    hold_parts,
    move_reservation,
    serve_all,
    split_off,
)
from fieldsvc.services.stock import BalanceKey, free_units


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """What a visit of a ticket counts on at a place."""

    ticket_id: UUID
    visit_id: UUID
    part_id: UUID
    location_id: UUID


@dataclass(frozen=True, slots=True)
class Ending:
    """Units of a reservation that are given up. reason: None = staff's stay with the ticket."""

    reservation: Reservation
    units: int
    reason: str | None


def reserve_planned(uow: UnitOfWork, judged: Collection[UUID], ticket_ids: Collection[UUID]) -> None:
    """Bring what the plan has reserved for tickets in line with what it counts on.

    judged: locked visits whose parts were judged to be there, or to come before their day. Raises ChangedMeanwhile
    where units for one of them were taken by somebody since: it has to be judged anew. What is missing for any other
    visit waits, and so does what is still to come.
    """
    uow.flush()
    known = [one for one in active_of(uow.session, ticket_ids) if one.is_planned]
    parts = {claim.part_id for claim in claims_of(uow.session, ticket_ids)} | {one.part_id for one in known}
    hold_parts(uow, parts)
    claims = claims_of(uow.session, ticket_ids)  # as they are now that nobody else changes what is promised
    if not {claim.part_id for claim in claims} <= parts:
        raise ChangedMeanwhile("Other parts are counted on meanwhile; plan anew.")
    freed = _give_up(uow, _outdated(claims, active_of(uow.session, ticket_ids), judged))
    for part_id in sorted(parts):
        freed |= end_overdue(uow, part_id)[0]
    uow.flush()
    missing = missing_of(claims, active_of(uow.session, ticket_ids))
    coming = _Coming(uow, judged)
    for claim in sorted(missing):
        _cover(uow, claim, missing[claim], coming if claim.visit_id in judged else None)
    uow.flush()
    serve_all(uow, freed)


def settle_reservations(uow: UnitOfWork, ticket: Ticket) -> None:
    """Give up what a locked ticket holds and does not need any more, as plan, visits and its own state have it.

    What staff has reserved for a visit that ended incomplete stays with the ticket: another one follows.
    """
    uow.flush()
    parts = {ending.reservation.part_id for ending in _endings(uow.session, ticket)}
    if not parts:
        return
    hold_parts(uow, parts)
    endings = _endings(uow.session, ticket)  # as it is now that nobody else changes it
    serve_all(uow, _give_up(uow, [ending for ending in endings if ending.reservation.part_id in parts]))


def claims_of(session: OrmSession, ticket_ids: Collection[UUID] | None = None) -> Counter[Claim]:
    """What the published plan counts on for visits that are not over, of some tickets or of all."""
    query = (
        select(Visit.ticket_id, Visit.id, PlannedPart.part_id, PlannedPart.location_id, func.sum(PlannedPart.quantity))
        .join(Assignment, Assignment.id == PlannedPart.assignment_id)
        .join(Visit, Visit.id == Assignment.visit_id)
        .where(Assignment.ended_at.is_(None), Visit.state.in_((*PUBLISHED, *STARTED)))
        .group_by(Visit.ticket_id, Visit.id, PlannedPart.part_id, PlannedPart.location_id)
    )
    if ticket_ids is not None:
        query = query.where(Visit.ticket_id.in_(ticket_ids))
    return Counter({Claim(*row[:4]): row[4] for row in session.execute(query)})


def active_of(session: OrmSession, ticket_ids: Collection[UUID] | None = None) -> Sequence[Reservation]:
    """What is reserved or waited for, for some tickets or for all, as it is now."""
    query = select(Reservation).where(Reservation.state.in_(ACTIVE)).order_by(Reservation.id)
    if ticket_ids is not None:
        query = query.where(Reservation.ticket_id.in_(ticket_ids))
    return session.scalars(query.execution_options(populate_existing=True)).all()


def surplus_of(claims: Counter[Claim], known: Sequence[Reservation]) -> Iterator[Ending]:
    """What the plan has reserved and does not count on."""
    left = Counter(claims)
    for one in sorted(known, key=_how_near):
        if one.is_planned:
            claim = _claim_of(one)
            wanted = min(left[claim], one.quantity)
            left[claim] -= wanted
            if wanted < one.quantity:
                yield Ending(one, one.quantity - wanted, "not_planned")


def _how_near(reservation: Reservation) -> tuple[bool, int]:
    """What is kept first where a plan counts on less: what is on its way to it, then what is nearest to its van."""
    order = (ReservationState.STAGED, ReservationState.PICKED, ReservationState.RESERVED, ReservationState.BACKORDERED)
    return reservation.destination_id is None, order.index(reservation.state)


def missing_of(claims: Counter[Claim], known: Sequence[Reservation]) -> Counter[Claim]:
    """What the plan counts on and has not reserved; what a fact has taken from it is waited for already."""
    left = Counter(claims)
    for one in known:
        if one.is_planned:
            left[_claim_of(one)] -= one.quantity
    return +left


def _outdated(claims: Counter[Claim], known: Sequence[Reservation], judged: Collection[UUID]) -> list[Ending]:
    """What the plan does not count on any more, and what judged visits waited for: it was judged to be there."""
    waits = {one.id for one in known if one.state is ReservationState.BACKORDERED and one.visit_id in judged}
    over = [Ending(one, one.quantity, "not_planned") for one in known if one.id in waits and one.is_planned]
    return [*over, *surplus_of(claims, [one for one in known if one.id not in waits])]


def _endings(session: OrmSession, ticket: Ticket) -> list[Ending]:
    known = active_of(session, [ticket.id])
    if not known:
        return []
    states = dict(session.execute(select(Visit.id, Visit.state).where(Visit.ticket_id == ticket.id)).all())
    endings, left = [], []
    for one in known:
        state = states.get(one.visit_id) if one.visit_id is not None else None
        if ticket.state not in OPEN:
            endings.append(Ending(one, one.quantity, "ticket_over"))
        elif state in CLOSED:
            stays = one.is_asked_for and (one.for_any_visit or state is VisitState.INCOMPLETE)
            endings.append(Ending(one, one.quantity, None if stays else "visit_over"))
        else:
            left.append(one)
    if any(one.is_planned for one in left):
        endings += surplus_of(claims_of(session, [ticket.id]), left)
    return endings


def _give_up(uow: UnitOfWork, endings: Iterable[Ending]) -> set[BalanceKey]:
    """Give up reservations whose parts are held; returns where units are free by it. Staff's stay with the ticket."""
    freed = set()
    for ending in endings:
        reservation = split_off(uow, ending.reservation, ending.units)
        if ending.reason in ("ticket_over", "visit_over") or not reservation.is_asked_for:
            freed.add(end_reservation(uow, reservation, ending.reason or "not_planned"))
            continue
        data = {"visit_id": reservation.visit_id}
        reservation.is_planned = False
        if reservation.for_any_visit or ending.reason is None:
            reservation.visit_id, reservation.for_any_visit = None, True
        if reservation.state in (ReservationState.PICKED, ReservationState.STAGED):
            move_reservation(uow, reservation, "put_back", "reservation_put_back", reason="not_planned")
        state = reservation.state
        uow.record(reservation, "reservation_kept", state, state, reason=ending.reason, data=data)
    uow.flush()
    return {place for place in freed if place is not None}


class _Coming:
    """Units that suppliers are to bring in time for judged visits: who counts on them waits for them."""

    def __init__(self, uow: UnitOfWork, judged: Collection[UUID]) -> None:
        self._uow, self._left = uow, dict[tuple[UUID, UUID], int]()
        days = select(Assignment.visit_id, Assignment.day, Team.zone).join(Visit, Visit.id == Assignment.visit_id)
        days = days.join(Team, Team.id == Visit.team_id).where(Assignment.ended_at.is_(None))
        rows = uow.session.execute(days.where(Assignment.visit_id.in_(judged))).all()
        self._days = {visit: (day, uow.now.astimezone(ZoneInfo(zone)).date()) for visit, day, zone in rows}

    def take(self, claim: Claim, units: int) -> bool:
        """Tell whether so many units are still to come for a claim, and let nobody else count on them."""
        key = claim.location_id, claim.part_id
        if key not in self._left:
            day, today = self._days[claim.visit_id]
            coming = coming_units(self._uow.session, [key[0]], today, day, part_id=key[1])
            self._left[key] = coming[key]
        self._left[key] -= units
        return self._left[key] >= 0


def _cover(uow: UnitOfWork, claim: Claim, units: int, coming: _Coming | None) -> None:
    """Reserve units that a claim of the plan misses: what staff has reserved there first, then what is free.

    coming: of a judged visit, whose units have to be there or to come; None = whatever is missing waits.
    """
    query = select(Reservation).where(
        Reservation.ticket_id == claim.ticket_id,
        Reservation.part_id == claim.part_id,
        func.coalesce(Reservation.destination_id, Reservation.location_id) == claim.location_id,
        Reservation.state.in_(HOLDING),
        ~Reservation.is_planned,
        Reservation.visit_id.is_(None) | (Reservation.visit_id == claim.visit_id),
    )
    for reservation in uow.session.scalars(query.order_by(Reservation.visit_id.is_(None), Reservation.id)).all():
        if not units:
            return
        taken = split_off(uow, reservation, min(units, reservation.quantity))
        taken.is_planned, taken.visit_id = True, claim.visit_id
        state = taken.state
        uow.record(taken, "reservation_planned", state, state, data={"visit_id": claim.visit_id})
        units -= taken.quantity
    balance = held_balance(uow, claim.part_id, claim.location_id)
    there = min(units, free_units(balance))
    if there < units and coming is not None and not coming.take(claim, units - there):
        raise ChangedMeanwhile("Parts that the plan counts on were promised to others meanwhile; plan anew.")
    balance.reserved += there
    for action, quantity in (("reserve", there), ("backorder", units - there)):
        if quantity:
            _make(uow, claim, action, quantity)


def _claim_of(reservation: Reservation) -> Claim:
    assert reservation.visit_id is not None, "a plan reserves for a visit"
    place = reservation.place_id
    assert place is not None, "and at a place"
    return Claim(reservation.ticket_id, reservation.visit_id, reservation.part_id, place)


def _make(uow: UnitOfWork, claim: Claim, action: str, quantity: int) -> None:
    row = RESERVATION.allowed_at_birth(action, Role.SYSTEM)
    reservation = Reservation(
        id=uow.new_id(),
        ticket_id=claim.ticket_id,
        visit_id=claim.visit_id,
        part_id=claim.part_id,
        location_id=claim.location_id,
        quantity=quantity,
        state=row.to,
        is_planned=True,
        is_asked_for=False,
        requested_at=uow.now,
        requested_by=uow.actor.user_id,
    )
    uow.session.add(reservation)
    data = {"part_id": claim.part_id, "quantity": quantity, "location_id": claim.location_id}
    kind = "units_reserved" if row.to is ReservationState.RESERVED else "units_backordered"
    uow.record(reservation, kind, None, row.to, reason="planned", data=data)
