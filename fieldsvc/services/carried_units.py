"""Reservations whose units go from a warehouse to a van: they move with their units, in the same transaction."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.lots import draws_document, draws_from, without
from fieldsvc.domain.reservation_states import HOLDING, ReservationState
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.transfers import Transfer, TransferLine
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.lots import lots_of
from fieldsvc.services.moved_claims import move_claims_back
from fieldsvc.services.reserved_units import held_balance, move_reservation, split_off
from fieldsvc.services.stock import free_units


def pick_up(uow: UnitOfWork, reservation: Reservation) -> None:
    """Let units of a held part be free for the move that brings them on; `load` reserves them again where they are."""
    assert reservation.location_id is not None, "what is reserved is somewhere"
    held_balance(uow, reservation.part_id, reservation.location_id).reserved -= reservation.quantity


def load(uow: UnitOfWork, reservation: Reservation, transfer: Transfer, transit: UUID) -> None:
    """Reserve units that were picked up where they are now: on the way to the van."""
    if reservation.state is ReservationState.RESERVED:
        move_reservation(uow, reservation, "pick", "reservation_picked", role=uow.actor.role)
    held_balance(uow, reservation.part_id, transit).reserved += reservation.quantity
    reservation.location_id, reservation.destination_id = transit, transfer.to_location_id
    reservation.transfer_id = transfer.id


def set_down(uow: UnitOfWork, transfer_id: UUID, part_id: UUID) -> Sequence[Reservation]:
    """Return what a transfer carries of a held part, in the order of its requests; its units are free for a move."""
    query = select(Reservation).where(
        Reservation.transfer_id == transfer_id,
        Reservation.part_id == part_id,
        Reservation.state.in_(HOLDING),
        Reservation.destination_id.is_not(None),
    )
    carried = uow.session.scalars(query.order_by(Reservation.requested_at, Reservation.id)).all()
    for reservation in carried:
        pick_up(uow, reservation)
    return carried


def stage(uow: UnitOfWork, carried: Sequence[Reservation], van_id: UUID, arrived: int) -> None:
    """Reserve on the van what has arrived; who was to have what has not arrived waits for it there."""
    for reservation in carried:
        balance = held_balance(uow, reservation.part_id, van_id)
        units = min(arrived, reservation.quantity, free_units(balance))
        arrived -= units
        if units < reservation.quantity:
            _wait(uow, split_off(uow, reservation, reservation.quantity - units), van_id)
        if units:
            balance.reserved += units
            reservation.location_id, reservation.destination_id = van_id, None
            if reservation.state is ReservationState.PICKED:
                move_reservation(uow, reservation, "stage", "reservation_staged", location_id=van_id)


def take_back(uow: UnitOfWork, carried: Sequence[Reservation], transfer: Transfer) -> None:
    """Reserve in the warehouse again what a transfer that was called off has brought back. Its visits are locked.

    A plan that has no stop there any more can't fetch it: its visit waits for the units on the van.
    """
    house_id = transfer.from_location_id
    for reservation in carried:
        if reservation.is_planned and not move_claims_back(uow, transfer, reservation):
            _wait(uow, reservation, transfer.to_location_id)
            continue
        balance = held_balance(uow, reservation.part_id, house_id)
        units = min(reservation.quantity, free_units(balance))
        if units < reservation.quantity:  # another one of them was used, or found somewhere else
            _wait(uow, split_off(uow, reservation, reservation.quantity - units), house_id)
        if not units:
            continue
        balance.reserved += units
        reservation.location_id, reservation.destination_id, reservation.transfer_id = house_id, None, None


def _wait(uow: UnitOfWork, lost: Reservation, place_id: UUID) -> None:
    """Let units that did not come be waited for: a plan's where it has them, staff's wherever there are some."""
    lost.location_id = place_id if lost.is_planned else None
    lost.destination_id = lost.transfer_id = None
    move_reservation(uow, lost, "bump", "reservation_bumped", reason="not_arrived", location_id=place_id)


def note_used_on_the_way(uow: UnitOfWork, reservation: Reservation, units: int, move_id: UUID) -> None:
    """Note in its transfer that units were used, by a move, before anybody had said that they arrived."""
    if reservation.destination_id is None or reservation.transfer_id is None:
        return
    query = select(TransferLine).where(
        TransferLine.transfer_id == reservation.transfer_id, TransferLine.part_id == reservation.part_id
    )
    line = uow.session.scalars(query).one()
    line.used_quantity += units
    line.lots = draws_document(without(draws_from(line.lots), lots_of(uow.session, [move_id])))
