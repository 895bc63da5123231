"""The published day as a plan of the solver: the start of a run, and what a question is asked about."""

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.models.assignments import Assignment, PlannedPickup
from solver.plan import Plan, StopKind
from solver.repair import repaired
from solver.schedule import Visit
from solver.supply import Tour


def published_plan(session: OrmSession, snapshot: Snapshot) -> Plan:
    """What is published of the snapshot's technician-days, under the snapshot's facts.

    Times are computed anew; visits that no longer hold where they are published are unplanned in it.
    """
    return repaired(snapshot.problem, published_tours(session, snapshot))


def published_tours(session: OrmSession, snapshot: Snapshot) -> dict[str, Tour]:
    """Shift id to published stops in order: open visits of the snapshot, and the warehouse stops before them."""
    day = snapshot.horizon.day
    numbers = {visit_id: number for number, visit_id in snapshot.visits.items()}
    houses = {row_id: code for code, row_id in snapshot.locations.items()}
    stops: dict[str, list[tuple[int, int, Visit]]] = {}
    assignments = select(Assignment).where(
        Assignment.day == day,
        Assignment.ended_at.is_(None),
        Assignment.technician_id.in_(snapshot.technicians.values()),
        Assignment.visit_id.in_(numbers),
    )
    for one in session.scalars(assignments):
        shift = f"{one.technician_id}/{day.isoformat()}"
        stops.setdefault(shift, []).append((one.position, 1, Visit(StopKind.JOB, numbers[one.visit_id])))
    pickups = select(PlannedPickup).where(
        PlannedPickup.day == day, PlannedPickup.technician_id.in_(snapshot.technicians.values())
    )
    for pickup in session.scalars(pickups):
        shift = f"{pickup.technician_id}/{day.isoformat()}"
        if pickup.location_id in houses:
            place = Visit(StopKind.WAREHOUSE, houses[pickup.location_id])
            stops.setdefault(shift, []).append((pickup.before_position, 0, place))
    return {
        shift: tuple(visit for _, _, visit in sorted(own, key=lambda stop: stop[:2])) for shift, own in stops.items()
    }
