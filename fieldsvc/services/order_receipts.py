"""Which line of a purchase order a receipt is of, and the order when the receipt is taken back."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.purchase_order_states import EXPECTED, PURCHASE_ORDER
from fieldsvc.models.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderReceipt
from fieldsvc.models.stock import StockMove
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import touch


def note_receipt(uow: UnitOfWork, line: PurchaseOrderLine, moves: Sequence[StockMove]) -> None:
    """Count units that have come to a line of a locked order."""
    uow.session.add_all(PurchaseOrderReceipt(move_id=move.id, line_id=line.id) for move in moves)
    line.received_quantity += sum(move.quantity for move in moves)


def order_received_by(uow: UnitOfWork, move_id: UUID) -> PurchaseOrder | None:
    """The order that a move is a receipt of, locked; before any part, as everywhere."""
    order = (
        select(PurchaseOrderLine.order_id)
        .join(PurchaseOrderReceipt, PurchaseOrderReceipt.line_id == PurchaseOrderLine.id)
        .where(PurchaseOrderReceipt.move_id == move_id)
    )
    order_id = uow.session.scalar(order)
    return None if order_id is None else uow.get(PurchaseOrder, order_id, lock=True)


def take_back_receipt(uow: UnitOfWork, order: PurchaseOrder, move: StockMove, correction: StockMove) -> None:
    """Expect the units of a locked order again whose receipt was taken back.

    That the rest will not come is a word of its own, and stands: of an order that was closed by it, no more is
    expected again than the receipt had brought. Whoever learns that the rest comes after all books it in as ever.
    """
    receipt = uow.session.get_one(PurchaseOrderReceipt, move.id)
    line = next(line for line in order.lines if line.id == receipt.line_id)
    line.received_quantity -= move.quantity
    action = "take_back_surplus"
    if any(line.open_quantity > 0 for line in order.lines):
        action = "take_back_some" if any(line.received_quantity for line in order.lines) else "take_back_all"
    row = PURCHASE_ORDER.allowed(order.state, action, uow.actor.role)
    before, order.state = order.state, row.to
    touch(order)
    if row.to in EXPECTED:
        order.closed_at = None
    data = {"move_id": move.id, "correction_id": correction.id, "part_id": move.part_id, "quantity": move.quantity}
    uow.record(order, "purchase_order_receipt_taken_back", before, row.to, data=data)
