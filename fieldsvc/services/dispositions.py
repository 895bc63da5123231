"""What becomes of units that came back: received into quarantine, inspected, decided about, settled."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.domain.ledger import LocationKind, value_leaving
from fieldsvc.domain.lots import LotUnits, draws_from, is_expired
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.rma_states import FOR_EXPIRED, RMA, UNSETTLED, Disposition, RmaReason, RmaState
from fieldsvc.domain.roles import Role
from fieldsvc.models.lots import Lot
from fieldsvc.models.purchasing import Supplier
from fieldsvc.models.rmas import Rma
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.deliveries import Delivery, book_delivery, delivery_faults
from fieldsvc.services.lots import local_day
from fieldsvc.services.overdue import expire_overdue
from fieldsvc.services.quarantines import quarantine_of
from fieldsvc.services.reserved_units import bump, held_balance, hold_parts, serve_anywhere
from fieldsvc.services.returned_units import post_return, unit_place
from fieldsvc.services.rmas import load_rma
from fieldsvc.services.scopes import touch
from fieldsvc.services.stock import Units, free_units, locate_serial, special_location
from fieldsvc.services.stock_values import parts_cost_of_ticket


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of units. supplier_id: who has to settle it, or gets them back. claimed_cents: None = under
    warranty what the parts of the ticket have cost, less what was claimed for it before; else nothing."""

    disposition: Disposition
    supplier_id: UUID | None = None
    claimed_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the supplier has done. brought: of the units that were to come, None = all; credited_cents: what was paid.

    serial: of the unit that was brought; lots: of units of a part that has them.
    """

    serial: str | None = None
    credited_cents: int = 0
    brought: int | None = None
    lots: tuple[LotUnits, ...] = ()


def receive_rma(uow: UnitOfWork, rma_id: UUID, serial: str | None = None, version: int | None = None) -> Rma:
    """Take units into quarantine. serial: as it is read off a unit that nobody has named the serial of."""
    rma = load_rma(uow, rma_id, version, Action.RMA_HANDLE)
    row = RMA.allowed(rma.state, "receive", uow.actor.role)
    if serial is not None and rma.serial is not None and serial != rma.serial:
        fault = Fault("wrong_serial", "/serial", f"{rma.serial} was to come back, not {serial}.")
        raise Invalid("This is another unit.", faults=[fault])
    hold_parts(uow, [rma.part_id])
    part = uow.get(Part, rma.part_id)
    if part.is_serialised and rma.serial is None:
        if serial is None or rma.quantity != 1:
            fault = Fault("serial_needed", "/serial", "This part is serialised: give the serial of the one unit.")
            raise Invalid("Its serial is missing.", faults=[fault])
        rma.serial = serial
    assert rma.to_location_id is not None, "authorized with a warehouse"
    rma.quarantine_id = quarantine_of(uow, uow.get(StockLocation, rma.to_location_id))
    _refuse_second_return(uow, rma)
    expire_overdue(uow, rma.part_id)
    known = None if rma.serial is None else locate_serial(uow.session, rma.part_id, rma.serial)
    lost = 0
    source = unit_place(uow, rma) if known is None else known.id  # wherever the books have it, it is here
    if uow.get(StockLocation, source).is_physical:  # somebody may have been promised it
        balance = held_balance(uow, rma.part_id, source)
        lost = bump(uow, balance, rma.quantity - free_units(balance))
    move = post_return(uow, rma, source, rma.quarantine_id)
    if lost:
        serve_anywhere(uow, rma.part_id)
    rma.value_cents = max(0, -move.value_cents)
    before, rma.state, rma.received_at = rma.state, row.to, uow.occurred_at
    uow.record(rma, "rma_received", before, row.to, data={"move_id": move.id})
    return rma


def inspect_rma(
    uow: UnitOfWork, rma_id: UUID, finding: str, *, is_under_warranty: bool, version: int | None = None
) -> Rma:
    """Write down what was found, and whether the supplier has to stand for it."""
    rma = load_rma(uow, rma_id, version, Action.RMA_HANDLE)
    row = RMA.allowed(rma.state, "inspect", uow.actor.role)
    rma.finding, rma.is_under_warranty = finding, is_under_warranty
    before, rma.state = rma.state, row.to
    uow.record(rma, "rma_inspected", before, row.to, data={"is_under_warranty": is_under_warranty})
    return rma


def dispose_rma(uow: UnitOfWork, rma_id: UUID, decision: Decision, version: int | None = None) -> Rma:
    """Decide what becomes of units, and move them there. What the supplier has to settle stays open until then."""
    rma = load_rma(uow, rma_id, version, Action.RMA_DECIDE)
    row = RMA.allowed(rma.state, "disposition", uow.actor.role)
    if rma.reason is RmaReason.EXPIRED and decision.disposition not in FOR_EXPIRED:
        message = "Expired units are scrapped, or go back to the supplier, for money or for nothing."
        raise Invalid("This can't become of the units.", faults=[Fault("expired", "/disposition", message)])
    to_supplier = decision.disposition in (*UNSETTLED, Disposition.RETURN_TO_VENDOR)
    _check_supplier(uow, decision, needs_one=to_supplier)
    if decision.disposition is Disposition.REJECT and rma.from_location_id is not None:
        fault = Fault("nobody_to_reject", "/disposition", "These are our own units: nobody else gets them back.")
        raise Invalid("This can't become of the units.", faults=[fault])
    if decision.disposition is Disposition.RESTOCK:
        _refuse_expired(uow, rma)
    assert rma.quarantine_id is not None, "received into quarantine"
    target, brings = _target(uow, rma, decision.disposition)
    move = post_return(uow, rma, rma.quarantine_id, target, brings)
    rma.disposition, rma.supplier_id = decision.disposition, decision.supplier_id
    rma.claimed_cents = _claim(uow, rma, decision)
    rma.decided_by = uow.actor.user_id
    before, rma.state = rma.state, row.to
    data = {"move_id": move.id, "claimed_cents": rma.claimed_cents}
    uow.record(rma, "rma_dispositioned", before, row.to, reason=decision.disposition.value, data=data)
    if decision.disposition not in UNSETTLED:
        _close(uow, rma)
    return rma


def settle_rma(uow: UnitOfWork, rma_id: UUID, settlement: Settlement, version: int | None = None) -> Rma:
    """Book in what the supplier brought or paid for units that it has got, and close the RMA."""
    rma = load_rma(uow, rma_id, version, Action.RMA_HANDLE)
    if rma.state is not RmaState.DISPOSITIONED or rma.disposition not in UNSETTLED:
        raise Conflict("There is nothing that the supplier has still to settle.", code="nothing_to_settle")
    brought = rma.quantity if settlement.brought is None else settlement.brought
    if rma.disposition is not Disposition.CREDIT and brought:
        _book_brought(uow, rma, brought, settlement)
    rma.credited_cents = settlement.credited_cents
    touch(rma)
    _close(uow, rma)
    return rma


def _book_brought(uow: UnitOfWork, rma: Rma, brought: int, settlement: Settlement) -> None:
    """Put repaired or new units on the shelf, worth what the old ones were, or the catalogue's cost."""
    assert rma.to_location_id is not None, "authorized with a warehouse"
    hold_parts(uow, [rma.part_id])
    part, house = uow.get(Part, rma.part_id), uow.get(StockLocation, rma.to_location_id)
    serials = () if settlement.serial is None else (settlement.serial,)
    faults = list(delivery_faults(uow, part, Units(part.id, brought, serials, settlement.lots), house))
    if brought > rma.quantity:
        faults.append(Fault("too_many", "/brought", f"{rma.quantity} went to the supplier."))
    if faults:
        raise Invalid("This can't be what the supplier brought.", faults=faults)
    worth = value_leaving(rma.value_cents, rma.quantity, brought) or brought * part.unit_cost_cents
    book_delivery(uow, Delivery(part.id, rma.to_location_id, brought, serials, settlement.lots), worth)


def _close(uow: UnitOfWork, rma: Rma) -> None:
    row = RMA.allowed(rma.state, "close", Role.SYSTEM)
    before, rma.state, rma.closed_at = rma.state, row.to, uow.now
    uow.record(rma, "rma_closed", before, row.to, data={"credited_cents": rma.credited_cents}, source="system")


def _refuse_second_return(uow: UnitOfWork, rma: Rma) -> None:
    """A unit comes back once: another RMA may have it in quarantine already."""
    query = select(Rma.number).where(
        Rma.part_id == rma.part_id,
        Rma.serial == rma.serial,
        Rma.id != rma.id,
        Rma.state.in_((RmaState.RECEIVED, RmaState.INSPECTED)),
    )
    other = None if rma.serial is None else uow.session.scalars(query.limit(1)).first()
    if other is not None:
        raise Conflict(f"{rma.serial} is in quarantine by {other} already.", code="serial_in_return")


def _target(uow: UnitOfWork, rma: Rma, disposition: Disposition) -> tuple[UUID, int | None]:
    """Where units go from quarantine, and what they bring into stock."""
    if disposition is Disposition.RESTOCK:
        assert rma.to_location_id is not None, "authorized with a warehouse"
        return rma.to_location_id, None if rma.from_location_id is None else rma.value_cents
    kinds = {Disposition.SCRAP: LocationKind.SCRAP, Disposition.REJECT: LocationKind.CUSTOMER}
    return special_location(uow, kinds.get(disposition, LocationKind.SUPPLIER)).id, None


def _refuse_expired(uow: UnitOfWork, rma: Rma) -> None:
    assert rma.to_location_id is not None, "authorized with a warehouse"
    today = local_day(uow.session, uow.get(StockLocation, rma.to_location_id), uow.now)
    for lot_id, _ in draws_from(rma.lots):
        lot = uow.get(Lot, lot_id)
        if is_expired(lot.expires_on, today):
            message = f"Lot {lot.code} has expired on {lot.expires_on} and may not be used any more."
            raise Invalid("This can't become of the units.", faults=[Fault("lot_expired", "/disposition", message)])


def _check_supplier(uow: UnitOfWork, decision: Decision, *, needs_one: bool) -> None:
    faults = []
    if decision.supplier_id is not None and uow.find(Supplier, decision.supplier_id) is None:
        faults.append(Fault("unknown_supplier", "/supplier_id", f"There is no supplier {decision.supplier_id}."))
    elif needs_one and decision.supplier_id is None:
        faults.append(Fault("supplier_needed", "/supplier_id", "Name the supplier that gets the units."))
    elif not needs_one and (decision.supplier_id is not None or decision.claimed_cents):
        faults.append(Fault("no_supplier", "/supplier_id", "No supplier has anything to do with this."))
    if faults:
        raise Invalid("This can't become of the units.", faults=faults)


def _claim(uow: UnitOfWork, rma: Rma, decision: Decision) -> int:
    if decision.claimed_cents is not None:
        return decision.claimed_cents
    if not rma.is_under_warranty or decision.supplier_id is None or rma.ticket_id is None:
        return 0
    claimed = select(func.sum(Rma.claimed_cents)).where(Rma.ticket_id == rma.ticket_id, Rma.id != rma.id)
    return max(0, parts_cost_of_ticket(uow.session, rma.ticket_id) - int(uow.session.scalar(claimed) or 0))
