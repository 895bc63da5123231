"""Goods that a supplier brought, booked in one part at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.domain.ledger import LocationKind, MoveReason, value_leaving
from fieldsvc.domain.lots import LotUnits
from fieldsvc.domain.permissions import Action
from fieldsvc.models.stock import Part, StockLocation, StockMove
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.lots import day_faults, local_day, lot_faults, named_lots
from fieldsvc.services.reserved_units import serve_waiting
from fieldsvc.services.scopes import locations_in_scope
from fieldsvc.services.serials import serial_faults
from fieldsvc.services.stock import Units, locate_serial, lock_balances, post_move, special_location

# What is good comes here; quarantine gets what comes back, and nobody delivers to the way.
TAKES_GOODS = (LocationKind.WAREHOUSE, LocationKind.VAN, LocationKind.LOCKER)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Units of one part that a supplier brought to a place; serials: one for each unit of a serialised part.

    lots: of a part that has them; one without a day expires after the part's shelf life.
    """

    part_id: UUID
    location_id: UUID
    quantity: int
    serials: tuple[str, ...] = ()
    lots: tuple[LotUnits, ...] = ()


def receive_units(uow: UnitOfWork, delivery: Delivery, unit_cost_cents: int | None = None) -> Sequence[StockMove]:
    """Book in what a supplier brought without an order. unit_cost_cents: None = the catalogue's."""
    part, location = uow.find(Part, delivery.part_id, lock=True), _place(uow, delivery.location_id)
    faults = []
    if part is None:
        faults.append(Fault("unknown_part", "/part_id", f"There is no part {delivery.part_id}."))
    if location is None:
        faults.append(Fault("unknown_location", "/location_id", f"There is no place {delivery.location_id}."))
    if part is not None:
        units = Units(part.id, delivery.quantity, delivery.serials, delivery.lots)
        faults += delivery_faults(uow, part, units, location)
    if part is None or location is None or faults:
        raise Invalid("This delivery can't be booked.", faults=faults)
    cost = part.unit_cost_cents if unit_cost_cents is None else unit_cost_cents
    return book_delivery(uow, delivery, delivery.quantity * cost)


def delivery_faults(
    uow: UnitOfWork, part: Part, units: Units, location: StockLocation | None, pointer: str = ""
) -> Iterator[Fault]:
    """Say what is wrong with units of a held part that have come: no serial is in stock already, no lot is too old.

    location: whose day it is; None = there is no such place, which is another fault.
    """
    wrong = list(serial_faults(part, units, pointer))
    yield from wrong
    yield from lot_faults(part, units.quantity, units.lots, pointer)
    today = uow.now.date() if location is None else local_day(uow.session, location, uow.now)
    yield from day_faults(uow, part, units.lots, today, pointer, teaches=True)
    for index, serial in enumerate(units.serials if not wrong else ()):
        place = locate_serial(uow.session, part.id, serial)
        if place is not None:
            message = f"The books have {serial} at {place.name} already."
            yield Fault("serial_in_stock", f"{pointer}/serials/{index}", message)


def book_delivery(uow: UnitOfWork, delivery: Delivery, brings_cents: int) -> list[StockMove]:
    """Book in units of a held part that were looked at, and serve who waits: one move, or one for each serial.

    brings_cents: what all of them cost together.
    """
    supplier = special_location(uow, LocationKind.SUPPLIER)
    lock_balances(uow, [(delivery.part_id, supplier.id), (delivery.part_id, delivery.location_id)])
    part, location = uow.get(Part, delivery.part_id), uow.get(StockLocation, delivery.location_id)
    lasts = timedelta(days=part.shelf_life_days) if part.shelf_life_days is not None else None
    expires_on = None if lasts is None else local_day(uow.session, location, uow.now) + lasts
    lots = named_lots(uow, part, delivery.lots, expires_on, teaches=True)
    units: list[tuple[int, str | None]] = [(1, serial) for serial in delivery.serials]
    moves = [
        post_move(
            uow,
            part_id=delivery.part_id,
            quantity=quantity,
            from_location_id=supplier.id,
            to_location_id=delivery.location_id,
            reason=MoveReason.RECEIPT,
            serial=serial,
            brings_cents=value_leaving(brings_cents, delivery.quantity, quantity),
            lots=lots,
        )
        for quantity, serial in units or [(delivery.quantity, None)]
    ]
    serve_waiting(uow, delivery.part_id, delivery.location_id)
    return moves


def _place(uow: UnitOfWork, location_id: UUID) -> StockLocation | None:
    """A physical place of the actor's scope."""
    in_scope = locations_in_scope(uow.actor, Action.STOCK_MOVE)
    query = select(StockLocation).where(StockLocation.id == location_id, StockLocation.kind.in_(TAKES_GOODS), in_scope)
    return uow.session.scalars(query).one_or_none()
