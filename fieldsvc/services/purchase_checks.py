"""What has to hold of purchase orders, checked from the rows alone."""

from collections.abc import Callable, Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.purchase_order_states import EXPECTED, PurchaseOrderState
from fieldsvc.models.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderReceipt
from fieldsvc.models.stock import StockMove


def received_is_what_has_come(session: OrmSession) -> Iterator[str]:
    """What a line has received is what its receipts brought, without those that were taken back."""
    taken_back = select(StockMove.reverses_id).where(StockMove.reverses_id.is_not(None))
    came = (
        select(PurchaseOrderReceipt.line_id, func.sum(StockMove.quantity).label("units"))
        .join(StockMove, StockMove.id == PurchaseOrderReceipt.move_id)
        .where(StockMove.id.not_in(taken_back))
        .group_by(PurchaseOrderReceipt.line_id)
        .subquery()
    )
    units = func.coalesce(came.c.units, 0)
    query = (
        select(PurchaseOrder.number, PurchaseOrderLine.part_id, PurchaseOrderLine.received_quantity, units)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.order_id)
        .outerjoin(came, came.c.line_id == PurchaseOrderLine.id)
        .where(PurchaseOrderLine.received_quantity != units)
    )
    for number, part, said, found in session.execute(query):
        yield f"Order {number}: it says {said} units of part {part} have come, its receipts brought {found}."


def orders_stand_as_their_lines(session: OrmSession) -> Iterator[str]:
    """Of an order that is expected something is open, and nothing of one that is received."""
    is_open = PurchaseOrder.id.in_(select(PurchaseOrderLine.order_id).where(PurchaseOrderLine.open_quantity > 0))
    received = (PurchaseOrder.state == PurchaseOrderState.RECEIVED) & is_open
    expected = PurchaseOrder.state.in_(EXPECTED) & ~is_open
    for number, state in session.execute(select(PurchaseOrder.number, PurchaseOrder.state).where(received | expected)):
        what = "something is" if state is PurchaseOrderState.RECEIVED else "nothing is"
        yield f"Order {number} is {state}, but {what} expected of it."


PURCHASE_CHECKS: tuple[tuple[str, Callable[[OrmSession], Iterator[str]]], ...] = (
    ("orders", received_is_what_has_come),
    ("orders", orders_stand_as_their_lines),
)
