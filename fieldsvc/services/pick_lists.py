"""Pick lists: what a warehouse has to bring together for each technician's day.

That is what the published plan counts on for the visits of the day and has to be fetched there: what must be on the van
less what is on it already.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.lots import LotUnits
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.reservation_states import ACTIVE, ReservationState
from fieldsvc.domain.visit_states import PUBLISHED, STARTED
from fieldsvc.models.assignments import Assignment, PlannedPart, PlannedPickup
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import Part, StockBin, StockLocation
from fieldsvc.models.technicians import Technician
from fieldsvc.models.visits import Visit
from fieldsvc.services.pick_lots import LotShelf
from fieldsvc.services.scopes import locations_in_scope, scope_of

# Where somebody is on his way already: what he still needs from there.
OPEN_STATES = (*PUBLISHED, *STARTED)


@dataclass(frozen=True, slots=True)
class PickLine:
    """Units of a part for a visit. reserved, picked, waiting: of how many the warehouse has so much done.

    lots: which of them were picked, and which to take for the rest: the first to expire.
    """

    part_id: UUID
    part_number: str
    name_en: str
    name_zh: str
    is_serialised: bool
    bin: str | None
    visit_id: UUID
    visit_number: str
    quantity: int
    reserved: int
    picked: int
    waiting: int
    lots: Sequence[LotUnits] = ()


@dataclass(frozen=True, slots=True)
class PickList:
    """What one technician's day needs. fetched_at: when the plan has him there; None = it names no time."""

    technician_id: UUID
    technician: str
    fetched_at: datetime | None
    lines: Sequence[PickLine]


@dataclass(frozen=True, slots=True)
class WaveLine:
    """All units of one part that are still to be picked, for everybody: one walk past its bin."""

    part_id: UUID
    part_number: str
    bin: str | None
    quantity: int
    technicians: int


@dataclass(frozen=True, slots=True)
class PickDay:
    """A warehouse's lists for a day, by when technicians come, and the same by bin."""

    location_id: UUID
    day: date
    lists: Sequence[PickList]
    wave: Sequence[WaveLine]


def read_pick_lists(
    session: OrmSession,
    actor: Actor,
    location_id: UUID,
    day: date,
    technician_id: UUID | None = None,
    *,
    now: datetime,
) -> PickDay:
    """What has to be picked for the visits of a day at a warehouse that the actor may see."""
    houses = locations_in_scope(actor, Action.STOCK_READ) & (StockLocation.kind == LocationKind.WAREHOUSE)
    if session.scalar(select(StockLocation.id).where(StockLocation.id == location_id, houses)) is None:
        return PickDay(location_id, day, (), ())
    scope = scope_of(actor, Action.STOCK_READ)
    if scope is Scope.OWN:
        technician_id = actor.technician_id
    teams = None if scope is Scope.ALL else actor.team_ids  # a warehouse of no team serves others as well
    claims = _claims(session, location_id, day, technician_id, teams)
    progress = _progress(session, location_id, {claim.visit_id for claim in claims})
    fetched = _fetched(session, location_id, day)
    lines: dict[tuple[UUID, str], list[PickLine]] = {}
    for claim in claims:
        done = progress.get((claim.visit_id, claim.part_id), {})
        line = _line(claim, done)
        lines.setdefault((claim.technician_id, claim.technician), []).append(line)
    lists = [PickList(technician, name, fetched.get(technician), own) for (technician, name), own in lines.items()]
    lists.sort(key=lambda one: (one.fetched_at is None, str(one.fetched_at), one.technician))
    lists = _with_lots(session, location_id, now, lists)
    return PickDay(location_id, day, lists, _wave(lists))


@dataclass(frozen=True, slots=True)
class _Claim:
    technician_id: UUID
    technician: str
    visit_id: UUID
    visit_number: str
    part_id: UUID
    part_number: str
    name_en: str
    name_zh: str
    is_serialised: bool
    bin: str | None
    quantity: int


def is_for_day(day: date, technician_id: UUID | None) -> ColumnElement[bool]:
    """The condition for assignments of a day that stand, and may still need parts."""
    mine = Assignment.technician_id == technician_id if technician_id is not None else Assignment.id.is_not(None)
    return (Assignment.day == day) & Assignment.ended_at.is_(None) & Visit.state.in_(OPEN_STATES) & mine


def _claims(
    session: OrmSession, location_id: UUID, day: date, technician_id: UUID | None, teams: Collection[UUID] | None
) -> list[_Claim]:
    query = (
        select(
            Assignment.technician_id,
            Technician.name,
            Visit.id,
            Visit.number,
            Part.id,
            Part.number,
            Part.name_en,
            Part.name_zh,
            Part.is_serialised,
            StockBin.bin,
            func.sum(PlannedPart.quantity),
        )
        .join(Assignment, Assignment.id == PlannedPart.assignment_id)
        .join(Visit, Visit.id == Assignment.visit_id)
        .join(Technician, Technician.id == Assignment.technician_id)
        .join(Part, Part.id == PlannedPart.part_id)
        .outerjoin(StockBin, (StockBin.location_id == PlannedPart.location_id) & (StockBin.part_id == Part.id))
        .where(PlannedPart.location_id == location_id, is_for_day(day, technician_id))
        .group_by(
            Assignment.technician_id,
            Technician.name,
            Visit.id,
            Visit.number,
            Part.id,
            Part.number,
            Part.name_en,
            Part.name_zh,
            Part.is_serialised,
            StockBin.bin,
        )
    )
    if teams is not None:
        query = query.where(Visit.team_id.in_(teams))
    found = [_Claim(*row) for row in session.execute(query)]
    return sorted(found, key=lambda one: (one.technician, one.bin or "", one.part_number, one.visit_number))


def _progress(
    session: OrmSession, location_id: UUID, visits: set[UUID]
) -> dict[tuple[UUID, UUID], dict[ReservationState, int]]:
    """By visit and part: how many units are in which state at the warehouse."""
    query = (
        select(Reservation.visit_id, Reservation.part_id, Reservation.state, func.sum(Reservation.quantity))
        .where(Reservation.location_id == location_id, Reservation.is_planned, Reservation.state.in_(ACTIVE))
        .group_by(Reservation.visit_id, Reservation.part_id, Reservation.state)
    )
    found: dict[tuple[UUID, UUID], dict[ReservationState, int]] = {}
    for visit_id, part_id, state, units in session.execute(query):
        if visit_id in visits:
            found.setdefault((visit_id, part_id), {})[state] = units
    return found


def _fetched(session: OrmSession, location_id: UUID, day: date) -> dict[UUID, datetime]:
    query = (
        select(PlannedPickup.technician_id, func.min(PlannedPickup.planned_arrival))
        .where(PlannedPickup.location_id == location_id, PlannedPickup.day == day)
        .group_by(PlannedPickup.technician_id)
    )
    return dict(session.execute(query).all())


def _line(claim: _Claim, done: dict[ReservationState, int]) -> PickLine:
    return PickLine(
        part_id=claim.part_id,
        part_number=claim.part_number,
        name_en=claim.name_en,
        name_zh=claim.name_zh,
        is_serialised=claim.is_serialised,
        bin=claim.bin,
        visit_id=claim.visit_id,
        visit_number=claim.visit_number,
        quantity=claim.quantity,
        reserved=done.get(ReservationState.RESERVED, 0),
        picked=done.get(ReservationState.PICKED, 0),
        waiting=done.get(ReservationState.BACKORDERED, 0),
    )


def _with_lots(session: OrmSession, location_id: UUID, now: datetime, lists: Sequence[PickList]) -> list[PickList]:
    shelf = LotShelf(session, location_id, {line.part_id for one in lists for line in one.lines}, now)
    return [
        replace(
            one,
            lines=[
                replace(line, lots=shelf.take(line.visit_id, line.part_id, min(line.reserved, line.quantity)))
                for line in one.lines
            ],
        )
        for one in lists
    ]


def _wave(lists: Sequence[PickList]) -> list[WaveLine]:
    by_part: dict[tuple[str, str], list[tuple[UUID, PickLine]]] = {}
    for one in lists:
        for line in one.lines:
            if line.reserved:
                by_part.setdefault((line.bin or "", line.part_number), []).append((one.technician_id, line))
    return [
        WaveLine(
            part_id=own[0][1].part_id,
            part_number=number,
            bin=own[0][1].bin,
            quantity=sum(line.reserved for _, line in own),
            technicians=len({technician for technician, _ in own}),
        )
        for (_, number), own in sorted(by_part.items())
    ]
