"""Suppliers and purchase orders, and what stock is worth."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_STATES = ("draft", "approved", "ordered", "part_received", "received", "cancelled")


def upgrade() -> None:
    """Make the tables; what is there is worth the catalogue's cost, as every move before was."""
    _make_suppliers()
    _make_orders()
    op.add_column("stock_moves", sa.Column("value_cents", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "stock_values",
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("value_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("value_cents >= 0", name=op.f("ck_stock_values_value")),
        _reference("stock_values", "part_id", "parts"),
        sa.PrimaryKeyConstraint("part_id", name=op.f("pk_stock_values")),
    )
    _value_what_is_there()


def downgrade() -> None:
    """Drop them; units that came by an order stay in the ledger."""
    op.drop_table("stock_values")
    op.drop_column("stock_moves", "value_cents")
    for table in ("purchase_order_lines", "purchase_orders", "supplier_parts", "suppliers"):
        op.drop_table(table)


def _make_suppliers() -> None:
    op.create_table(
        "suppliers",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("lead_time_days", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("lead_time_days >= 0", name=op.f("ck_suppliers_lead_time")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppliers")),
        sa.UniqueConstraint("code", name=op.f("uq_suppliers_code")),
    )
    op.create_table(
        "supplier_parts",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("unit_cost_cents", sa.Integer(), nullable=False),
        sa.Column("minimum_quantity", sa.Integer(), nullable=False),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.CheckConstraint("unit_cost_cents >= 0", name=op.f("ck_supplier_parts_money")),
        sa.CheckConstraint("minimum_quantity > 0", name=op.f("ck_supplier_parts_minimum")),
        sa.CheckConstraint("lead_time_days >= 0", name=op.f("ck_supplier_parts_lead_time")),
        _reference("supplier_parts", "supplier_id", "suppliers"),
        _reference("supplier_parts", "part_id", "parts"),
        sa.PrimaryKeyConstraint("supplier_id", "part_id", name=op.f("pk_supplier_parts")),
    )
    op.create_index(op.f("ix_supplier_parts_part_id"), "supplier_parts", ["part_id"], unique=False)


def _make_orders() -> None:
    op.create_table(
        "purchase_orders",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*_STATES, name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("purchase_orders", "supplier_id", "suppliers"),
        _reference("purchase_orders", "location_id", "stock_locations"),
        _reference("purchase_orders", "drafted_by", "users"),
        _reference("purchase_orders", "approved_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_purchase_orders_number")),
    )
    for column in ("supplier_id", "location_id"):
        op.create_index(op.f(f"ix_purchase_orders_{column}"), "purchase_orders", [column], unique=False)
    op.create_table(
        "purchase_order_lines",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_cost_cents", sa.Integer(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("received_quantity", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_purchase_order_lines_quantity")),
        sa.CheckConstraint("received_quantity >= 0", name=op.f("ck_purchase_order_lines_received")),
        sa.CheckConstraint("unit_cost_cents >= 0", name=op.f("ck_purchase_order_lines_money")),
        _reference("purchase_order_lines", "order_id", "purchase_orders"),
        _reference("purchase_order_lines", "part_id", "parts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order_lines")),
        sa.UniqueConstraint("order_id", "part_id", name=op.f("uq_purchase_order_lines_order_id_part_id")),
    )
    op.create_index(op.f("ix_purchase_order_lines_part_id"), "purchase_order_lines", ["part_id"], unique=False)


def _value_what_is_there() -> None:
    """The ledger may not be written over but by this: its rows get a column they never had."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        op.execute("ALTER TABLE stock_moves DISABLE TRIGGER stock_moves_append_only")
    else:
        op.execute("DROP TRIGGER stock_moves_no_update")
    within = "(SELECT id FROM stock_locations WHERE is_physical AND kind <> 'quarantine')"
    for end, other, sign in (("to", "from", ""), ("from", "to", "-")):
        op.execute(
            f"UPDATE stock_moves SET value_cents = {sign}quantity * "
            "(SELECT unit_cost_cents FROM parts WHERE parts.id = stock_moves.part_id) "
            f"WHERE {end}_location_id IN {within} AND {other}_location_id NOT IN {within}"
        )
    if is_postgresql:
        op.execute("ALTER TABLE stock_moves ENABLE TRIGGER stock_moves_append_only")
    else:
        refuse = "BEGIN SELECT RAISE(ABORT, 'stock_moves is append-only'); END"
        op.execute(f"CREATE TRIGGER stock_moves_no_update BEFORE UPDATE ON stock_moves {refuse}")
    op.execute(
        "INSERT INTO stock_values (part_id, value_cents) SELECT part_id, SUM(value_cents) FROM stock_moves GROUP BY part_id"
    )


def _reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_{table}_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
