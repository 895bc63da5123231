"""The ledger of an RMA: where its units are, and the moves that bring them on."""

from uuid import UUID

from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.lots import draws_document, draws_from
from fieldsvc.domain.rma_states import RmaState
from fieldsvc.models.rmas import Rma
from fieldsvc.models.stock import StockLocation, StockMove
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.lots import lots_of
from fieldsvc.services.overdue import expire_overdue
from fieldsvc.services.reserved_units import held_balance, hold_parts, serve_waiting
from fieldsvc.services.stock import free_units, locate_serial, post_move, special_location


def unit_place(uow: UnitOfWork, rma: Rma) -> UUID:
    """Where the books have the units of an RMA that are not in quarantine: on their way, still there, or outside."""
    if rma.from_location_id is None:
        return special_location(uow, LocationKind.CUSTOMER).id
    if rma.state is RmaState.IN_TRANSIT:
        return special_location(uow, LocationKind.IN_TRANSIT).id
    return rma.from_location_id


def are_there(uow: UnitOfWork, rma: Rma, place_id: UUID) -> bool:
    """Tell whether the books have the units at a place of ours, and free: a fact may have taken them meanwhile."""
    if not uow.get(StockLocation, place_id).is_physical:
        return False
    hold_parts(uow, [rma.part_id])
    if rma.serial is not None:
        place = locate_serial(uow.session, rma.part_id, rma.serial)
        return place is not None and place.id == place_id
    return free_units(held_balance(uow, rma.part_id, place_id)) >= rma.quantity


def post_return(uow: UnitOfWork, rma: Rma, source: UUID, target: UUID, brings_cents: int | None = None) -> StockMove:
    """Move the units of a locked RMA; who waits for them where they arrive is served."""
    hold_parts(uow, [rma.part_id])
    expire_overdue(uow, rma.part_id)
    if rma.serial is not None:
        _check_serial(uow, rma, source)
    move = post_move(
        uow,
        part_id=rma.part_id,
        quantity=rma.quantity,
        from_location_id=source,
        to_location_id=target,
        reason=MoveReason.RETURN,
        serial=rma.serial,
        brings_cents=brings_cents,
        lots=draws_from(rma.lots),
    )
    rma.lots = draws_document(lots_of(uow.session, [move.id]))
    if uow.get(StockLocation, target).kind in (LocationKind.WAREHOUSE, LocationKind.LOCKER):
        serve_waiting(uow, rma.part_id, target)
    return move


def _check_serial(uow: UnitOfWork, rma: Rma, source: UUID) -> None:
    """A known serial leaves where the books have it; the customer's is in no place of ours."""
    assert rma.serial is not None, "looked at for serials only"
    place = locate_serial(uow.session, rma.part_id, rma.serial)
    is_there = place is not None and place.id == source
    is_outside = place is None and not uow.get(StockLocation, source).is_physical
    if not is_there and not is_outside:
        where = "no place of ours" if place is None else place.name
        raise Conflict(f"The books have {rma.serial} at {where}.", code="serial_elsewhere")
