"""Who brings parts, at what price and how soon, and what was ordered from them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.purchase_order_states import PurchaseOrderState
from fieldsvc.models.base import Base, Entity, Keyed, refers_to
from fieldsvc.models.types import one_of


class Supplier(Entity, Base):
    """Somebody who sells parts. lead_time_days: from the order to the delivery, as a rule; is_active: may be asked."""

    __tablename__ = "suppliers"
    __table_args__ = (CheckConstraint("lead_time_days >= 0", name="lead_time"),)

    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    lead_time_days: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)

    parts: Mapped[list["SupplierPart"]] = relationship(
        lazy="selectin", order_by="SupplierPart.part_id", cascade="all, delete-orphan"
    )


class SupplierPart(Base):
    """A part as a supplier sells it, by its own number. lead_time_days: null = the supplier's."""

    __tablename__ = "supplier_parts"
    __table_args__ = (
        CheckConstraint("unit_cost_cents >= 0", name="money"),
        CheckConstraint("minimum_quantity > 0", name="minimum"),
        CheckConstraint("lead_time_days >= 0", name="lead_time"),
    )

    supplier_id: Mapped[UUID] = mapped_column(refers_to("suppliers.id"), primary_key=True)
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), primary_key=True, index=True)
    number: Mapped[str] = mapped_column(String(64))
    unit_cost_cents: Mapped[int]
    minimum_quantity: Mapped[int]
    lead_time_days: Mapped[int | None]


class PurchaseOrder(Entity, Base):
    """Units of some parts that a supplier is to bring to one place. reference: what the supplier calls it."""

    __tablename__ = "purchase_orders"

    number: Mapped[str] = mapped_column(String(32), unique=True)
    supplier_id: Mapped[UUID] = mapped_column(refers_to("suppliers.id"), index=True)
    location_id: Mapped[UUID] = mapped_column(refers_to("stock_locations.id"), index=True)
    state: Mapped[PurchaseOrderState] = mapped_column(one_of(PurchaseOrderState, "state"))
    drafted_at: Mapped[datetime]
    drafted_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    ordered_at: Mapped[datetime | None]
    reference: Mapped[str | None] = mapped_column(String(64))
    closed_at: Mapped[datetime | None]

    lines: Mapped[list["PurchaseOrderLine"]] = relationship(order_by="PurchaseOrderLine.position", lazy="selectin")


class PurchaseOrderLine(Keyed, Base):
    """Units of one part. expected_on: the day they are to arrive; received_quantity: more may come than was asked.

    cancelled_quantity: units of which somebody has said that they will not come.
    """

    __tablename__ = "purchase_order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "part_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("received_quantity >= 0 AND cancelled_quantity >= 0", name="received"),
        CheckConstraint("unit_cost_cents >= 0", name="money"),
    )

    order_id: Mapped[UUID] = mapped_column(refers_to("purchase_orders.id"))
    position: Mapped[int]
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), index=True)
    quantity: Mapped[int]
    unit_cost_cents: Mapped[int]
    expected_on: Mapped[date | None]
    received_quantity: Mapped[int] = mapped_column(default=0)
    cancelled_quantity: Mapped[int] = mapped_column(default=0, server_default="0")

    @hybrid_property
    def open_quantity(self) -> int:
        """How many units are still to come; less than 0 where more have come than were asked for."""
        return self.quantity - self.cancelled_quantity - self.received_quantity


class PurchaseOrderReceipt(Base):
    """A move by which units of an order have come, also if another has taken it back since."""

    __tablename__ = "purchase_order_receipts"

    move_id: Mapped[UUID] = mapped_column(refers_to("stock_moves.id"), primary_key=True)
    line_id: Mapped[UUID] = mapped_column(refers_to("purchase_order_lines.id"), index=True)
