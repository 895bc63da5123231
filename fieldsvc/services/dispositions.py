"""What becomes of units that came back: received into quarantine, inspected, decided about, settled."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.domain.ledger import PHYSICAL, LocationKind
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.rma_states import RMA, UNSETTLED, Disposition, RmaState
from fieldsvc.domain.roles import Role
from fieldsvc.models.purchasing import Supplier
from fieldsvc.models.rmas import Rma
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.persistence.statements import insert_or_leave
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.deliveries import Delivery, book_delivery, delivery_faults
from fieldsvc.services.reserved_units import bump, held_balance, hold_parts
from fieldsvc.services.returned_units import post_return, unit_place
from fieldsvc.services.rmas import load_rma
from fieldsvc.services.scopes import touch
from fieldsvc.services.stock import Units, free_units, locate_serial, special_location
from fieldsvc.services.stock_values import parts_cost_of_ticket


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of units. supplier_id: who has to settle it, or gets them back. claimed_cents: None = under
    warranty what the parts of the ticket have cost, else nothing."""

    disposition: Disposition
    supplier_id: UUID | None = None
    claimed_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the supplier has done. serial: of the unit that was brought. credited_cents: what was paid."""

    serial: str | None = None
    credited_cents: int = 0


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
    rma.quarantine_id = _quarantine_of(uow, uow.get(StockLocation, rma.to_location_id))
    known = None if rma.serial is None else locate_serial(uow.session, rma.part_id, rma.serial)
    source = unit_place(uow, rma) if known is None else known.id  # wherever the books have it, it is here
    if uow.get(StockLocation, source).is_physical:  # somebody may have been promised it
        balance = held_balance(uow, rma.part_id, source)
        bump(uow, balance, rma.quantity - free_units(balance))
    move = post_return(uow, rma, source, rma.quarantine_id)
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
    to_supplier = decision.disposition in (*UNSETTLED, Disposition.RETURN_TO_VENDOR)
    _check_supplier(uow, decision, needs_one=to_supplier)
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
    if rma.disposition is not Disposition.CREDIT:
        assert rma.to_location_id is not None, "authorized with a warehouse"
        hold_parts(uow, [rma.part_id])
        part, serials = uow.get(Part, rma.part_id), () if settlement.serial is None else (settlement.serial,)
        faults = list(delivery_faults(uow, part, Units(part.id, rma.quantity, serials)))
        if faults:
            raise Invalid("This can't be what the supplier brought.", faults=faults)
        worth = rma.value_cents // rma.quantity or part.unit_cost_cents
        book_delivery(uow, Delivery(part.id, rma.to_location_id, rma.quantity, serials), worth)
    rma.credited_cents = settlement.credited_cents
    touch(rma)
    _close(uow, rma)
    return rma


def _close(uow: UnitOfWork, rma: Rma) -> None:
    row = RMA.allowed(rma.state, "close", Role.SYSTEM)
    before, rma.state, rma.closed_at = rma.state, row.to, uow.now
    uow.record(rma, "rma_closed", before, row.to, data={"credited_cents": rma.credited_cents}, source="system")


def _quarantine_of(uow: UnitOfWork, house: StockLocation) -> UUID:
    """The quarantine of a warehouse, made when something comes back for the first time."""
    code = f"{house.code[:52]}-quarantine"
    insert_or_leave(
        uow.session,
        StockLocation,
        ["code"],
        id=uow.new_id(),
        version=1,
        code=code,
        name=f"{house.name[:180]} (quarantine)",
        kind=LocationKind.QUARANTINE,
        is_physical=LocationKind.QUARANTINE in PHYSICAL,
        team_id=house.team_id,
        handling_s=0,
    )
    return uow.session.scalars(select(StockLocation.id).where(StockLocation.code == code)).one()


def _target(uow: UnitOfWork, rma: Rma, disposition: Disposition) -> tuple[UUID, int | None]:
    """Where units go from quarantine, and what they bring into stock."""
    if disposition is Disposition.RESTOCK:
        assert rma.to_location_id is not None, "authorized with a warehouse"
        return rma.to_location_id, rma.value_cents or None
    kinds = {Disposition.SCRAP: LocationKind.SCRAP, Disposition.REJECT: LocationKind.CUSTOMER}
    return special_location(uow, kinds.get(disposition, LocationKind.SUPPLIER)).id, None


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
    return parts_cost_of_ticket(uow.session, rma.ticket_id)
