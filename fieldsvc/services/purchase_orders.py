"""Purchase orders: what a supplier is to bring, until when, and what of it has come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Fault, Invalid, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.purchase_order_states import PURCHASE_ORDER, PurchaseOrderState
from fieldsvc.models.purchasing import PurchaseOrder, PurchaseOrderLine, Supplier, SupplierPart
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.deliveries import TAKES_GOODS, Delivery, book_delivery, delivery_faults
from fieldsvc.services.numbers import new_number
from fieldsvc.services.order_receipts import note_receipt
from fieldsvc.services.reserved_units import hold_parts
from fieldsvc.services.scopes import locations_in_scope, scope_of, touch
from fieldsvc.services.stock import Units


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Units of one part. unit_cost_cents, expected_on: None = as the supplier sells it, and as soon as it can."""

    part_id: UUID
    quantity: int
    unit_cost_cents: int | None = None
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class OrderWish:
    """From whom, to which place, and what: each part once."""

    supplier_id: UUID
    location_id: UUID
    lines: tuple[OrderLine, ...]


def draft_order(uow: UnitOfWork, wish: OrderWish) -> PurchaseOrder:
    """Write down what is wanted; nothing is expected before it is ordered."""
    scope_of(uow.actor, Action.PURCHASE_MANAGE)
    row = PURCHASE_ORDER.allowed_at_birth("draft", uow.actor.role)
    supplier = uow.find(Supplier, wish.supplier_id)
    sold = {} if supplier is None else {offer.part_id: offer for offer in supplier.parts}
    faults = list(_faults(uow, wish, supplier, sold))
    if faults:
        raise Invalid("The order can't be made like this.", faults=faults)
    order = PurchaseOrder(
        id=uow.new_id(),
        number=new_number(uow, "P"),
        supplier_id=wish.supplier_id,
        location_id=wish.location_id,
        state=row.to,
        drafted_at=uow.now,
        drafted_by=uow.actor.user_id,
        lines=[
            PurchaseOrderLine(
                id=uow.new_id(),
                position=position,
                part_id=line.part_id,
                quantity=line.quantity,
                unit_cost_cents=_cost(uow, line, sold.get(line.part_id)),
                expected_on=line.expected_on,
                received_quantity=0,
            )
            for position, line in enumerate(wish.lines)
        ],
    )
    uow.session.add(order)
    uow.record(order, "purchase_order_drafted", None, row.to, data={"number": order.number})
    return order


def approve_order(uow: UnitOfWork, order_id: UUID, version: int | None = None) -> PurchaseOrder:
    """Say that it may be ordered. Approved twice is approved."""
    order = _load(uow, order_id, version, Action.PURCHASE_APPROVE)
    if order.state is PurchaseOrderState.APPROVED:
        return order
    row = PURCHASE_ORDER.allowed(order.state, "approve", uow.actor.role)
    before, order.state = order.state, row.to
    order.approved_at, order.approved_by = uow.now, uow.actor.user_id
    uow.record(order, "purchase_order_approved", before, row.to)
    return order


def place_order(
    uow: UnitOfWork, order_id: UUID, reference: str | None = None, version: int | None = None
) -> PurchaseOrder:
    """Note that the supplier has the order; what has no day yet is expected after the supplier's lead time."""
    order = _load(uow, order_id, version, Action.PURCHASE_MANAGE)
    row = PURCHASE_ORDER.allowed(order.state, "order", uow.actor.role)
    supplier = uow.get(Supplier, order.supplier_id)
    sold = {offer.part_id: offer for offer in supplier.parts}
    for line in order.lines:
        if line.expected_on is None:
            own = sold[line.part_id].lead_time_days if line.part_id in sold else None
            days = supplier.lead_time_days if own is None else own
            line.expected_on = uow.now.date() + timedelta(days=days)
    before, order.state = order.state, row.to
    order.ordered_at, order.reference = uow.now, reference
    uow.record(order, "purchase_order_ordered", before, row.to, data={"reference": reference})
    return order


def receive_order(
    uow: UnitOfWork,
    order_id: UUID,
    counted: Sequence[Units],
    *,
    closes: bool = False,
    version: int | None = None,
) -> PurchaseOrder:
    """Book in what has come of an order, and serve who waits for it.

    More than was ordered is booked in as well: it is there. closes: the rest will not come, also if a receipt is
    taken back later.
    """
    order = _load(uow, order_id, version, Action.PURCHASE_MANAGE)
    ordered = {line.part_id: line for line in order.lines}
    PURCHASE_ORDER.allowed(order.state, "receive", uow.actor.role)
    hold_parts(uow, [units.part_id for units in counted if units.part_id in ordered])
    faults = list(_count_faults(uow, order, counted, closes=closes))
    if faults:
        raise Invalid("This can't be what has come.", faults=faults)
    moves = []
    for units in sorted(counted, key=lambda one: one.part_id):
        line = ordered[units.part_id]
        delivery = Delivery(units.part_id, order.location_id, units.quantity, units.serials, units.lots)
        booked = book_delivery(uow, delivery, units.quantity * line.unit_cost_cents)
        note_receipt(uow, line, booked)
        moves += [move.id for move in booked]
    if closes:
        for line in order.lines:
            line.cancelled_quantity = max(0, line.quantity - line.received_quantity)
    is_all_there = all(line.open_quantity <= 0 for line in order.lines)
    row = PURCHASE_ORDER.allowed(order.state, "receive" if is_all_there else "receive_some", uow.actor.role)
    before, order.state = order.state, row.to
    touch(order)
    if is_all_there:
        order.closed_at = uow.now
    uow.record(order, "purchase_order_received", before, row.to, data={"moves": moves, "closes": closes})
    return order


def cancel_order(uow: UnitOfWork, order_id: UUID, reason: str, version: int | None = None) -> PurchaseOrder:
    """Call an order off before anything of it has come. Called off twice is called off."""
    order = _load(uow, order_id, version, Action.PURCHASE_APPROVE)
    if order.state is PurchaseOrderState.CANCELLED:
        return order
    row = PURCHASE_ORDER.allowed(order.state, "cancel", uow.actor.role)
    before, order.state, order.closed_at = order.state, row.to, uow.now
    uow.record(order, "purchase_order_cancelled", before, row.to, reason=reason)
    return order


def get_order(
    session: OrmSession, actor: Actor, order_id: UUID, action: Action = Action.PURCHASE_READ
) -> PurchaseOrder:
    """Return one order for a place of the actor's scope."""
    query = select(PurchaseOrder).where(PurchaseOrder.id == order_id, orders_in_scope(actor, action))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no purchase order {order_id}.")
    return found


def list_orders(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: PurchaseOrderState | None = None,
    supplier_id: UUID | None = None,
    location_id: UUID | None = None,
    part_id: UUID | None = None,
) -> Page[PurchaseOrder]:
    """One page of the orders for places of the actor's scope, the newest first."""
    query = select(PurchaseOrder).where(orders_in_scope(actor, Action.PURCHASE_READ))
    if state is not None:
        query = query.where(PurchaseOrder.state == state)
    if supplier_id is not None:
        query = query.where(PurchaseOrder.supplier_id == supplier_id)
    if location_id is not None:
        query = query.where(PurchaseOrder.location_id == location_id)
    if part_id is not None:
        having = select(PurchaseOrderLine.order_id).where(PurchaseOrderLine.part_id == part_id)
        query = query.where(PurchaseOrder.id.in_(having))
    return fetch_page(session, query, (PurchaseOrder.drafted_at, PurchaseOrder.id), page, is_descending=True)


def orders_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Return the condition for those the actor may do this to."""
    return PurchaseOrder.location_id.in_(select(StockLocation.id).where(locations_in_scope(actor, action)))


def _load(uow: UnitOfWork, order_id: UUID, version: int | None, action: Action) -> PurchaseOrder:
    get_order(uow.session, uow.actor, order_id, action)
    return uow.get(PurchaseOrder, order_id, version=version, lock=True)


def _cost(uow: UnitOfWork, line: OrderLine, offer: SupplierPart | None) -> int:
    if line.unit_cost_cents is not None:
        return line.unit_cost_cents
    return uow.get(Part, line.part_id).unit_cost_cents if offer is None else offer.unit_cost_cents


def _faults(
    uow: UnitOfWork, wish: OrderWish, supplier: Supplier | None, sold: dict[UUID, SupplierPart]
) -> Iterator[Fault]:
    if supplier is None:
        yield Fault("unknown_supplier", "/supplier_id", f"There is no supplier {wish.supplier_id}.")
    elif not supplier.is_active:
        yield Fault("supplier_inactive", "/supplier_id", f"Nothing is ordered from {supplier.name} any more.")
    usable = locations_in_scope(uow.actor, Action.PURCHASE_MANAGE) & StockLocation.kind.in_(TAKES_GOODS)
    if uow.session.scalar(select(StockLocation.id).where(StockLocation.id == wish.location_id, usable)) is None:
        yield Fault("unknown_location", "/location_id", f"There is no place {wish.location_id}.")
    if not wish.lines:
        yield Fault("empty", "/lines", "Name at least one part.")
    seen: set[UUID] = set()
    for index, line in enumerate(wish.lines):
        pointer = f"/lines/{index}"
        if uow.find(Part, line.part_id) is None:
            yield Fault("unknown_part", f"{pointer}/part_id", f"There is no part {line.part_id}.")
        elif line.part_id in seen:
            yield Fault("duplicate", f"{pointer}/part_id", "This part is named twice: put the units together.")
        elif line.part_id in sold and line.quantity < sold[line.part_id].minimum_quantity:
            least = sold[line.part_id].minimum_quantity
            yield Fault("below_minimum", f"{pointer}/quantity", f"The supplier sells {least} or more at a time.")
        seen.add(line.part_id)


def _count_faults(uow: UnitOfWork, order: PurchaseOrder, counted: Sequence[Units], *, closes: bool) -> Iterator[Fault]:
    if not counted and not closes:
        yield Fault("empty", "/counted", "Name what has come, or say that the rest will not.")
    ordered, place = {line.part_id for line in order.lines}, uow.get(StockLocation, order.location_id)
    seen: set[UUID] = set()
    for index, units in enumerate(counted):
        pointer = f"/counted/{index}"
        if units.part_id not in ordered:
            message = f"Part {units.part_id} is not in this order: book it in as a delivery of its own."
            yield Fault("unknown_part", f"{pointer}/part_id", message)
        elif units.part_id in seen:
            yield Fault("duplicate", f"{pointer}/part_id", "This part is counted twice.")
        else:
            yield from delivery_faults(uow, uow.get(Part, units.part_id), units, place, pointer)
        seen.add(units.part_id)
