"""The warehouse stops of published days, and the parts that their visits count on."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select

from fieldsvc.dispatching.days import PartClaim, PickupPlan
from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.models.assignments import Assignment, PlannedPart, PlannedPickup, PlannedRoute
from fieldsvc.persistence.unit_of_work import UnitOfWork


def clear_pickups(uow: UnitOfWork, snapshot: Snapshot, assignments: Iterable[Assignment]) -> None:
    """Forget the warehouse stops of these days; parts already counted on are written anew with the routes."""
    own = list(assignments)
    uow.session.execute(delete(PlannedPart).where(PlannedPart.assignment_id.in_([one.id for one in own])))
    kept = select(PlannedPart.pickup_id).where(PlannedPart.pickup_id.is_not(None))
    uow.session.execute(
        delete(PlannedPickup).where(
            PlannedPickup.technician_id.in_(snapshot.technicians.values()),
            PlannedPickup.day == snapshot.horizon.day,
            PlannedPickup.id.not_in(kept),
        )
    )
    for one in own:
        uow.session.expire(one, ["planned_parts"])


def clear_left_day(uow: UnitOfWork, technician_id: UUID, day: date) -> None:
    """Take from a day that a visit has left what stood there for it alone: its warehouse stop, or the whole route."""
    used = select(PlannedPart.pickup_id).where(PlannedPart.pickup_id.is_not(None))
    own = (PlannedPickup.technician_id == technician_id, PlannedPickup.day == day)
    uow.session.execute(delete(PlannedPickup).where(*own, PlannedPickup.id.not_in(used)))
    left = select(Assignment.id).where(
        Assignment.technician_id == technician_id, Assignment.day == day, Assignment.ended_at.is_(None)
    )
    if uow.session.scalar(left.limit(1)) is None:
        route = select(PlannedRoute).where(PlannedRoute.technician_id == technician_id, PlannedRoute.day == day)
        for row in uow.session.scalars(route):
            uow.session.delete(row)


def add_pickup(uow: UnitOfWork, snapshot: Snapshot, technician: UUID, first_position: int, stop: PickupPlan) -> UUID:
    """Write a warehouse stop; first_position: where what is left of the day begins."""
    pickup = PlannedPickup(
        id=uow.new_id(),
        technician_id=technician,
        day=snapshot.horizon.day,
        location_id=stop.location_id,
        before_position=first_position + stop.before_position,
        planned_arrival=stop.arrival,
        planned_start=stop.start,
        planned_end=stop.end,
        travel_s=stop.travel_s,
        travel_m=stop.travel_m,
    )
    uow.session.add(pickup)
    return pickup.id


def count_on(uow: UnitOfWork, assignment: Assignment, parts: Iterable[PartClaim], pickups: Mapping[int, UUID]) -> None:
    """Write the units that a visit counts on, and where they come from."""
    for claim in parts:
        uow.session.add(
            PlannedPart(
                id=uow.new_id(),
                assignment_id=assignment.id,
                part_id=claim.part_id,
                location_id=claim.location_id,
                pickup_id=pickups[claim.pickup] if claim.pickup is not None else None,
                quantity=claim.quantity,
            )
        )
