"""Claims of the published plan that follow their units: from the warehouse to the van, and back."""

from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.reservation_states import HOLDING
from fieldsvc.models.assignments import Assignment, PlannedPart, PlannedPickup
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.transfers import Transfer
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import touch


def lock_visits_of(uow: UnitOfWork, transfer: Transfer) -> None:
    """Lock the visits whose units a transfer carries, before their parts are held."""
    query = select(Reservation.visit_id).where(
        Reservation.transfer_id == transfer.id, Reservation.state.in_(HOLDING), Reservation.visit_id.is_not(None)
    )
    for visit_id in sorted({one for one in uow.session.scalars(query) if one is not None}):
        uow.get(Visit, visit_id, lock=True)


def move_claim(
    uow: UnitOfWork, assignment: Assignment, planned: PlannedPart, units: int, place: UUID, pickup_id: UUID | None
) -> None:
    """Let the plan count on another place for units of a claim of a locked visit; the rest stays where it is."""
    if units < planned.quantity:
        planned.quantity -= units
        moved = PlannedPart(
            id=uow.new_id(), part_id=planned.part_id, quantity=units, location_id=place, pickup_id=pickup_id
        )
        assignment.planned_parts.append(moved)
    else:
        planned.location_id, planned.pickup_id = place, pickup_id
    visit = uow.get(Visit, assignment.visit_id)
    touch(visit)
    uow.record(visit, "parts_moved", data={"part_id": planned.part_id, "quantity": units, "location_id": place})


def move_claims_back(uow: UnitOfWork, transfer: Transfer, reservation: Reservation) -> bool:
    """Let the plan count on the technician's stop at the warehouse again for what came back; False if there is none."""
    stop = select(PlannedPickup.id).where(
        PlannedPickup.technician_id == transfer.technician_id,
        PlannedPickup.day == transfer.day,
        PlannedPickup.location_id == transfer.from_location_id,
    )
    pickup_id = uow.session.scalars(stop.order_by(PlannedPickup.planned_arrival).limit(1)).first()
    if pickup_id is None:
        return False
    claims = (
        select(Assignment, PlannedPart)
        .join(PlannedPart, PlannedPart.assignment_id == Assignment.id)
        .where(
            Assignment.visit_id == reservation.visit_id,
            Assignment.technician_id == transfer.technician_id,
            Assignment.ended_at.is_(None),
            PlannedPart.part_id == reservation.part_id,
            PlannedPart.location_id == transfer.to_location_id,
        )
    )
    left = reservation.quantity
    for assignment, planned in uow.session.execute(claims.order_by(PlannedPart.id)).all():
        units = min(left, planned.quantity)
        if units:
            move_claim(uow, assignment, planned, units, transfer.from_location_id, pickup_id)
            left -= units
    return True
