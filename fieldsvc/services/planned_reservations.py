"""What the published plan has reserved: as many units as it counts on for each visit, at the place it takes them from.

The plan's claims (`PlannedPart`) say what is wanted. A publication reserves it; whatever takes a claim away afterwards
is followed by `settle_reservations`, which gives up what no claim stands for.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import ChangedMeanwhile
from fieldsvc.domain.reservation_states import ACTIVE, RESERVATION, ReservationState
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import OPEN
from fieldsvc.domain.visit_states import PUBLISHED, STARTED, VisitState
from fieldsvc.models.assignments import Assignment, PlannedPart
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.reserved_units import (
    end_reservation,
    expire_overdue,
    held_balance,
    hold_parts,
    serve_waiting,
    split_off,
)
from fieldsvc.services.stock import free_units


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """What a visit of a ticket counts on at a place."""

    ticket_id: UUID
    visit_id: UUID
    part_id: UUID
    location_id: UUID


@dataclass(frozen=True, slots=True)
class _Ending:
    """Units of a reservation that are given up; reason: None = they stay with the ticket, for any visit of it."""

    reservation: Reservation
    units: int
    reason: str | None


def reserve_planned(uow: UnitOfWork, ticket_ids: Collection[UUID]) -> None:
    """Bring what the plan has reserved in line with what it counts on, for tickets whose visits are locked.

    Raises ChangedMeanwhile where units were taken by somebody since the plan was judged: it has to be judged anew.
    """
    uow.flush()
    claims = claims_of(uow.session, ticket_ids)
    parts = {claim.part_id for claim in claims}
    parts |= {one.part_id for one in active_of(uow.session, ticket_ids) if one.is_planned}
    hold_parts(uow, parts)
    for part_id in sorted(parts):
        expire_overdue(uow, part_id)
    known = active_of(uow.session, ticket_ids)
    missing = missing_of(claims, known)
    freed = _end_all(uow, list(surplus_of(claims, known)))
    for claim in sorted(missing):
        balance = held_balance(uow, claim.part_id, claim.location_id)
        if free_units(balance) < missing[claim]:
            raise ChangedMeanwhile("Parts that the plan counts on were promised to others meanwhile; plan anew.")
        balance.reserved += missing[claim]
        _make(uow, claim, missing[claim])
    for part_id, location_id in sorted(freed):
        serve_waiting(uow, part_id, location_id)


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
    for part_id, location_id in sorted(_end_all(uow, endings)):
        serve_waiting(uow, part_id, location_id)


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


def surplus_of(claims: Counter[Claim], known: Sequence[Reservation]) -> Iterator[_Ending]:
    """What plans have reserved beyond what the plan counts on and staff has not reserved for it anyway."""
    left = _unmet(claims, known)
    for one in known:
        if one.is_planned:
            claim = _claim_of(one)
            wanted = min(left[claim], one.quantity)
            left[claim] -= wanted
            if wanted < one.quantity:
                yield _Ending(one, one.quantity - wanted, "not_planned")


def missing_of(claims: Counter[Claim], known: Sequence[Reservation]) -> Counter[Claim]:
    """What the plan counts on and nobody has reserved; what a fact has taken from it is waited for already."""
    left = _unmet(claims, known)
    for one in known:
        if one.is_planned:
            left[_claim_of(one)] -= one.quantity
    return +left


def _endings(session: OrmSession, ticket: Ticket) -> list[_Ending]:
    known = active_of(session, [ticket.id])
    if not known:
        return []
    states = dict(session.execute(select(Visit.id, Visit.state).where(Visit.ticket_id == ticket.id)).all())
    endings, left = [], []
    for one in known:
        state = states.get(one.visit_id) if one.visit_id is not None else None
        if ticket.state not in OPEN:
            endings.append(_Ending(one, one.quantity, "ticket_over"))
        elif state in (VisitState.COMPLETED, VisitState.CANCELLED):
            endings.append(_Ending(one, one.quantity, "visit_over"))
        elif state is VisitState.INCOMPLETE and not one.is_planned:
            endings.append(_Ending(one, one.quantity, None))
        else:
            left.append(one)
    if any(one.is_planned for one in left):
        endings += surplus_of(claims_of(session, [ticket.id]), left)
    return endings


def _end_all(uow: UnitOfWork, endings: Iterable[_Ending]) -> set[tuple[UUID, UUID]]:
    """Give up reservations whose parts are held; returns the (part, place) pairs where units are free by it."""
    freed = set()
    for ending in endings:
        reservation = ending.reservation
        if ending.reason is not None:
            freed.add(end_reservation(uow, split_off(uow, reservation, ending.units), ending.reason))
            continue
        visit_id, reservation.visit_id = reservation.visit_id, None
        state = reservation.state
        uow.record(reservation, "reservation_kept", state, state, data={"visit_id": visit_id})
    return {place for place in freed if place is not None}


def _unmet(claims: Counter[Claim], known: Sequence[Reservation]) -> Counter[Claim]:
    """What the plan counts on beyond what staff has reserved there, for the visit or for any of its ticket's."""
    left = Counter(claims)
    alike: dict[tuple[UUID, UUID, UUID | None], list[Claim]] = {}
    for claim in sorted(claims):
        alike.setdefault((claim.ticket_id, claim.part_id, claim.location_id), []).append(claim)
    for one in sorted(known, key=lambda each: (each.visit_id is None, each.id)):
        if one.is_planned or one.state is not ReservationState.RESERVED:
            continue
        units = one.quantity
        for claim in alike.get((one.ticket_id, one.part_id, one.location_id), ()):
            met = min(units, left[claim]) if one.visit_id in (None, claim.visit_id) else 0
            left[claim] -= met
            units -= met
    return left


def _claim_of(reservation: Reservation) -> Claim:
    assert reservation.visit_id is not None, "a plan reserves for a visit"
    assert reservation.location_id is not None, "and at a place"
    return Claim(reservation.ticket_id, reservation.visit_id, reservation.part_id, reservation.location_id)


def _make(uow: UnitOfWork, claim: Claim, quantity: int) -> None:
    row = RESERVATION.allowed_at_birth("reserve", Role.SYSTEM)
    reservation = Reservation(
        id=uow.new_id(),
        ticket_id=claim.ticket_id,
        visit_id=claim.visit_id,
        part_id=claim.part_id,
        location_id=claim.location_id,
        quantity=quantity,
        state=row.to,
        is_planned=True,
        requested_at=uow.now,
        requested_by=uow.actor.user_id,
    )
    uow.session.add(reservation)
    data = {"part_id": claim.part_id, "quantity": quantity, "location_id": claim.location_id}
    uow.record(reservation, "units_reserved", None, row.to, reason="planned", data=data)
