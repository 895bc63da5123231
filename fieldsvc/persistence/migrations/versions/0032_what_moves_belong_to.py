"""What moves belong to: uses that the books knew nothing of, with the task that asks for a count; orders' receipts."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from fieldsvc.persistence.checks import replace_check

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_RECEIVED = "received_quantity >= 0"
_RECEIVED_OR_NOT = "received_quantity >= 0 AND cancelled_quantity >= 0"


def upgrade() -> None:
    """Make the tables, and tell of each receipt of an order which line it is of."""
    op.create_table(
        "unknown_uses",
        sa.Column("move_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        _reference("unknown_uses", "move_id", "stock_moves"),
        _reference("unknown_uses", "task_id", "tasks"),
        _reference("unknown_uses", "location_id", "stock_locations"),
        sa.PrimaryKeyConstraint("move_id", name=op.f("pk_unknown_uses")),
    )
    for column in ("task_id", "location_id"):
        op.create_index(op.f(f"ix_unknown_uses_{column}"), "unknown_uses", [column], unique=False)
    op.create_table(
        "purchase_order_receipts",
        sa.Column("move_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        _reference("purchase_order_receipts", "move_id", "stock_moves"),
        _reference("purchase_order_receipts", "line_id", "purchase_order_lines"),
        sa.PrimaryKeyConstraint("move_id", name=op.f("pk_purchase_order_receipts")),
    )
    op.create_index(op.f("ix_purchase_order_receipts_line_id"), "purchase_order_receipts", ["line_id"], unique=False)
    op.add_column(
        "purchase_order_lines", sa.Column("cancelled_quantity", sa.Integer(), server_default="0", nullable=False)
    )
    name = "ck_purchase_order_lines_received"
    replace_check(op.get_bind(), "purchase_order_lines", name, _RECEIVED, _RECEIVED_OR_NOT)
    note_receipts(op.get_bind())


def note_receipts(connection: sa.Connection) -> None:
    """Say of what was received before which line it is of, by the events; what was taken back is not received.

    An order that was said to be complete stays so: what is missing of it will not come.
    """
    moves, lines = _table("stock_moves"), _table("purchase_order_lines")
    events, receipts = _table("events"), _table("purchase_order_receipts")
    told = sa.select(events.c.entity_id, events.c.data).where(events.c.kind == "purchase_order_received")
    for order_id, data in connection.execute(told).all():
        for move_id in data["moves"]:
            line = sa.select(moves.c.id, lines.c.id).join(lines, lines.c.part_id == moves.c.part_id)
            line = line.where(moves.c.id == UUID(move_id), lines.c.order_id == order_id)
            connection.execute(receipts.insert().from_select(["move_id", "line_id"], line))
    taken_back = sa.select(moves.c.reverses_id).where(moves.c.reverses_id.is_not(None))
    units = (
        sa.select(sa.func.sum(moves.c.quantity))
        .join(receipts, receipts.c.move_id == moves.c.id)
        .where(receipts.c.line_id == lines.c.id, moves.c.id.not_in(taken_back))
    )
    wrong = sa.select(receipts.c.line_id).where(receipts.c.move_id.in_(taken_back))
    left = sa.func.coalesce(units.scalar_subquery(), 0)
    connection.execute(lines.update().where(lines.c.id.in_(wrong)).values(received_quantity=left))
    orders = _table("purchase_orders")
    complete = sa.select(orders.c.id).where(orders.c.state == "received")
    missing = lines.c.quantity - lines.c.received_quantity
    short = lines.update().where(lines.c.order_id.in_(complete), missing > 0)
    connection.execute(short.values(cancelled_quantity=missing))


def downgrade() -> None:
    """Forget it; tasks that ask for a count stay."""
    name = "ck_purchase_order_lines_received"
    replace_check(op.get_bind(), "purchase_order_lines", name, _RECEIVED_OR_NOT, _RECEIVED)
    op.drop_column("purchase_order_lines", "cancelled_quantity")
    op.drop_table("purchase_order_receipts")
    op.drop_table("unknown_uses")


def _table(name: str) -> sa.TableClause:
    """What of a table is read and written here."""
    columns: dict[str, dict[str, Any]] = {
        "events": {"entity_id": sa.Uuid(), "kind": sa.String(), "data": sa.JSON()},
        "stock_moves": {"id": sa.Uuid(), "part_id": sa.Uuid(), "quantity": sa.Integer(), "reverses_id": sa.Uuid()},
        "purchase_orders": {"id": sa.Uuid(), "state": sa.String()},
        "purchase_order_lines": {
            "id": sa.Uuid(),
            "order_id": sa.Uuid(),
            "part_id": sa.Uuid(),
            "quantity": sa.Integer(),
            "received_quantity": sa.Integer(),
            "cancelled_quantity": sa.Integer(),
        },
        "purchase_order_receipts": {"move_id": sa.Uuid(), "line_id": sa.Uuid()},
    }
    return sa.table(name, *(sa.column(column, kind) for column, kind in columns[name].items()))


def _reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_{table}_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
