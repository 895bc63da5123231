"""Stock that a run may count on: what is on hand, less what is promised to visits it may not move."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.expected_parts import coming_units
from fieldsvc.dispatching.horizon import Horizon
from fieldsvc.dispatching.places import Places
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.reservation_states import HOLDING
from fieldsvc.models.lots import Lot, LotBalance
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import Part, StockBalance, StockLocation
from fieldsvc.models.technicians import Technician
from fieldsvc.models.visits import Visit
from solver.problem import Earmark, Receipt, Warehouse, Window


@dataclass(frozen=True, slots=True)
class Held:
    """Units that are reserved for a ticket; visit_id: for this visit of it, None = for any."""

    ticket_id: UUID
    visit_id: UUID | None
    part_id: UUID
    location_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class FreeStock:
    """Free units per (location, part), never negative, and the warehouses a route may stop at.

    held: what is reserved for whom. It is in no free units.
    """

    units: Mapping[tuple[UUID, UUID], int]
    warehouses: tuple[StockLocation, ...]
    held: tuple[Held, ...] = ()

    @property
    def places(self) -> list[UUID]:
        """The warehouses' row ids."""
        return [house.id for house in self.warehouses]

    def on_van(self, technician: Technician, parts: Mapping[UUID, str]) -> dict[str, int]:
        """Free van stock by part number."""
        return self._at(technician.van_location_id, parts)

    def at_warehouse(self, warehouse: StockLocation, parts: Mapping[UUID, str]) -> dict[str, int]:
        """Free warehouse stock by part number."""
        return self._at(warehouse.id, parts)

    def _at(self, location: UUID | None, parts: Mapping[UUID, str]) -> dict[str, int]:
        found = {parts[part]: units for (where, part), units in self.units.items() if where == location and units > 0}
        return dict(sorted(found.items()))


def read_free_stock(
    session: OrmSession,
    movable: Collection[UUID],
    kept: Collection[UUID],
    team_id: UUID,
    now: datetime,
    horizon: Horizon,
) -> FreeStock:
    """On hand, less what is reserved: by staff, and by the published plan for visits that stay where they are.

    Lots that expire before the day are not counted on.

    What suppliers are to bring to a warehouse before the day counts as being there.

    movable: visits whose claims are given up, since the run places them anew. kept: those whose claims stay.
    team_id: routes stop at its warehouses, and at those that belong to no team.
    """
    units: Counter[tuple[UUID, UUID]] = Counter()
    for balance in session.scalars(select(StockBalance).where(StockBalance.is_physical)):
        units[balance.location_id, balance.part_id] += balance.on_hand - balance.reserved
    held, given_up = _held(session, movable, kept, now)
    units.update(given_up)
    houses = tuple(
        session.scalars(
            select(StockLocation)
            .where(
                StockLocation.kind == LocationKind.WAREHOUSE,
                StockLocation.latitude.is_not(None),
                or_(StockLocation.team_id == team_id, StockLocation.team_id.is_(None)),
            )
            .order_by(StockLocation.code)
        )
    )
    expiring = _expiring(session, horizon.day)
    free = Counter({key: max(0, left - expiring.get(key, 0)) for key, left in units.items()})
    today = now.astimezone(ZoneInfo(horizon.zone)).date()
    free.update(coming_units(session, [house.id for house in houses], today, horizon.day, passed_over=movable))
    return FreeStock(free, houses, tuple(held))


def _expiring(session: OrmSession, day: date) -> dict[tuple[UUID, UUID], int]:
    """(location, part) where lots expire before a day: how many units; who is promised some then gets the others."""
    query = (
        select(LotBalance.location_id, Lot.part_id, func.sum(LotBalance.on_hand))
        .join(Lot, Lot.id == LotBalance.lot_id)
        .where(Lot.expires_on < day, LotBalance.on_hand > 0, LotBalance.is_physical)
        .group_by(LotBalance.location_id, Lot.part_id)
    )
    return {(place, part): int(units) for place, part, units in session.execute(query)}


def earmarks_of(
    free: FreeStock, visits: Collection[Visit], vans: Mapping[UUID, str], parts: Mapping[UUID, str]
) -> dict[UUID, tuple[Earmark, ...]]:
    """What visits have reserved, by visit: on the van of a technician who is looked at, or at a warehouse.

    vans: location to technician. What a ticket has reserved for any of its visits goes to the first one that needs it.
    No visit is given more than it needs.
    """
    houses = {house.id: house.code for house in free.warehouses}
    needs = Counter({(visit.id, part.part_id): part.quantity for visit in visits for part in visit.parts})
    found: dict[UUID, list[Earmark]] = {}
    for one in free.held:
        left = one.quantity
        for visit in sorted(visits, key=lambda each: each.number):
            is_for_it = one.visit_id == visit.id or (one.visit_id is None and one.ticket_id == visit.ticket_id)
            units = min(left, needs[visit.id, one.part_id]) if is_for_it else 0
            if not units or (one.location_id not in houses and one.location_id not in vans):
                continue
            needs[visit.id, one.part_id] -= units
            left -= units
            place = vans.get(one.location_id), houses.get(one.location_id)
            found.setdefault(visit.id, []).append(Earmark(parts[one.part_id], units, *place))
    return {visit_id: tuple(own) for visit_id, own in found.items()}


def _held(
    session: OrmSession, movable: Collection[UUID], kept: Collection[UUID], now: datetime
) -> tuple[list[Held], Counter[tuple[UUID, UUID]]]:
    """What is reserved for whom, and which reserved units are free all the same at each place.

    Free are the plan's own for visits that it may move, and those whose time is over though nobody has swept them.
    What the plan counts on for visits that are not looked at is neither.
    """
    held: list[Held] = []
    free: Counter[tuple[UUID, UUID]] = Counter()
    query = select(Reservation).where(Reservation.state.in_(HOLDING))
    for one in session.scalars(query.order_by(Reservation.for_any_visit, Reservation.id)):
        place = one.place_id
        assert place is not None, "what is reserved is somewhere"
        if one.is_planned and one.visit_id not in movable:
            if one.visit_id in kept:
                held.append(Held(one.ticket_id, one.visit_id, one.part_id, place, one.quantity))
            continue
        if one.destination_id is not None:  # on the way to a van: nobody else can have it yet
            held.append(Held(one.ticket_id, one.visit_id, one.part_id, place, one.quantity))
            continue
        is_over = one.hold_until is not None and one.hold_until <= now
        if is_over or not one.is_asked_for:
            free[place, one.part_id] += one.quantity
        else:
            whose = None if one.for_any_visit else one.visit_id
            held.append(Held(one.ticket_id, whose, one.part_id, place, one.quantity))
    return held, free


def read_part_numbers(session: OrmSession) -> dict[UUID, str]:
    """Part row id to number, in the order of numbers."""
    return dict(session.execute(select(Part.id, Part.number).order_by(Part.number)).all())


def warehouse_of(location: StockLocation, free: FreeStock, parts: Mapping[UUID, str], places: Places) -> Warehouse:
    """A warehouse as the solver knows it; all it has is there from the start."""
    assert location.latitude is not None, "read_free_stock leaves out warehouses without a place"
    assert location.longitude is not None, "a place has both coordinates"
    return Warehouse(
        id=location.code,
        location=places.index((location.latitude, location.longitude), location.name),
        windows=tuple(Window(start, end) for start, end in location.opening_windows or ()),
        handling_s=location.handling_s,
        stock={part: (Receipt(0, units),) for part, units in free.at_warehouse(location, parts).items()},
        tools=frozenset(location.lent_tools or ()),
    )
