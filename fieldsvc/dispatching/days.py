"""A plan in the words of the database: rows to write for each technician-day, in instants and row ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.dispatching.sources import PartSource, part_sources
from solver.itinerary import Itinerary
from solver.plan import Plan, Route, StopKind
from solver.problem import VehicleShift


@dataclass(frozen=True, slots=True)
class PartClaim:
    """Units a visit counts on. pickup: which warehouse stop of the day loads them; None = they are on the van."""

    part_id: UUID
    quantity: int
    location_id: UUID
    pickup: int | None


@dataclass(frozen=True, slots=True)
class PickupPlan:
    """A warehouse stop before the visit at a position. index: its number within the day, from 0."""

    index: int
    location_id: UUID
    before_position: int
    arrival: datetime
    start: datetime
    end: datetime
    travel_s: int
    travel_m: int


@dataclass(frozen=True, slots=True)
class VisitPlan:
    """One visit of the day. team: everybody who comes. is_lead: brings the parts and completes."""

    number: str
    position: int
    team: frozenset[UUID]
    is_lead: bool
    arrival: datetime
    start: datetime
    end: datetime
    travel_s: int
    travel_m: int
    parts: tuple[PartClaim, ...]


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What one technician does on the day."""

    technician_id: UUID
    departs_at: datetime
    returns_at: datetime
    return_travel_s: int
    return_travel_m: int
    breaks: tuple[tuple[datetime, datetime], ...]
    pickups: tuple[PickupPlan, ...]
    visits: tuple[VisitPlan, ...]


def days_of(snapshot: Snapshot, plan: Plan) -> tuple[DayPlan, ...]:
    """Every route of a plan without violations."""
    itinerary = Itinerary(snapshot.problem, plan)
    sources = part_sources(snapshot.problem, plan)
    return tuple(_day(snapshot, itinerary, sources, shift, route) for shift, route in itinerary.routes)


def unplanned_numbers(plan: Plan) -> tuple[str, ...]:
    """Numbers of the visits a plan leaves out."""
    return tuple(left.job for left in plan.unplanned)


def technicians_of(snapshot: Snapshot, plan: Plan) -> dict[str, frozenset[str]]:
    """Visit number to the solver ids of the technicians the plan sends."""
    placements = Itinerary(snapshot.problem, plan).placements
    return {number: frozenset(one.shift.technician for one in stops) for number, stops in placements.items()}


def _day(
    snapshot: Snapshot,
    itinerary: Itinerary,
    sources: Mapping[tuple[str, str], tuple[PartSource, ...]],
    shift: VehicleShift,
    route: Route,
) -> DayPlan:
    moment = snapshot.horizon.moment
    legs = list(itinerary.legs(shift, route))
    travel = {id(leg.to): leg for leg in legs if leg.to is not None}
    pickups: dict[int, PickupPlan] = {}
    visits: list[VisitPlan] = []
    driven_s = driven_m = 0
    for index, stop in enumerate(route.stops):
        leg = travel.get(id(stop))
        driven_s += max(0, leg.seconds) if leg else 0  # without a road there is no drive to tell
        driven_m += max(0, leg.metres) if leg else 0
        if stop.kind is StopKind.BREAK:
            continue  # a drive that ends at a break belongs to the stop after it
        times = (moment(stop.arrival_s), moment(stop.start_s), moment(stop.end_s), driven_s, driven_m)
        if stop.kind is StopKind.WAREHOUSE:
            location = snapshot.locations[stop.id]
            pickups[index] = PickupPlan(len(pickups), location, len(visits), *times)
        else:
            team = frozenset(snapshot.technicians[one.shift.technician] for one in itinerary.placements[stop.id])
            own = sources.get((shift.id, stop.id), ())
            parts = tuple(_claim(snapshot, shift, source, pickups) for source in own)
            visits.append(VisitPlan(stop.id, len(visits), team, stop.supplies, *times, parts))
        driven_s = driven_m = 0
    return DayPlan(
        technician_id=snapshot.technicians[shift.technician],
        departs_at=moment(route.departure_s),
        returns_at=moment(route.return_s),
        return_travel_s=max(0, legs[-1].seconds),
        return_travel_m=max(0, legs[-1].metres),
        breaks=tuple((moment(stop.start_s), moment(stop.end_s)) for stop in route.stops if stop.kind is StopKind.BREAK),
        pickups=tuple(pickups.values()),
        visits=tuple(visits),
    )


def _claim(snapshot: Snapshot, shift: VehicleShift, source: PartSource, pickups: Mapping[int, PickupPlan]) -> PartClaim:
    part = snapshot.parts[source.part]
    if source.pickup is None:
        return PartClaim(part, source.quantity, snapshot.vans[shift.technician], None)
    pickup = pickups[source.pickup[1]]
    return PartClaim(part, source.quantity, pickup.location_id, pickup.index)
