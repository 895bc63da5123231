"""Lots of parts, with the day on which they expire."""

import sqlalchemy as sa
from alembic import op

from fieldsvc.persistence.checks import one_of, replace_check

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_REASONS = ("swapped_out", "defective_on_arrival", "wrong_part", "unused", "customer_return")
_LISTED = ("reservations", "transfer_lines", "rmas")


def upgrade() -> None:
    """Make the tables and columns; no part has lots before somebody says so."""
    for column, check in (
        ("has_lots BOOLEAN DEFAULT false NOT NULL", "ck_parts_lots CHECK (NOT (has_lots AND is_serialised))"),
        ("shelf_life_days INTEGER", "ck_parts_shelf_life CHECK (shelf_life_days > 0)"),
    ):
        op.execute(f"ALTER TABLE parts ADD COLUMN {_plain(column)} CONSTRAINT {check}")
    for table in _LISTED:
        op.add_column(table, sa.Column("lots", sa.JSON(none_as_null=True), nullable=True))
    for column in ("counted_lots", "expected_lots"):
        op.add_column("stock_count_lines", sa.Column(column, sa.JSON(none_as_null=True), nullable=True))
    _make_lots()
    before, after = (one_of("reason", reasons) for reasons in (_REASONS, (*_REASONS, "expired")))
    replace_check(op.get_bind(), "rmas", "ck_rmas_reason", before, after)


def downgrade() -> None:
    """Drop them; units stay in the ledger, and the one more reason stays with the RMAs that have it."""
    for table in ("stock_move_lots", "lot_balances", "lots"):
        op.drop_table(table)
    for column in ("expected_lots", "counted_lots"):
        op.drop_column("stock_count_lines", column)
    for table in _LISTED:
        op.drop_column(table, "lots")
    for column in ("shelf_life_days", "has_lots"):  # with the CHECK that came with it
        op.execute(f"ALTER TABLE parts DROP COLUMN {column}")


def _make_lots() -> None:
    op.create_table(
        "lots",
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("lots", "part_id", "parts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
        sa.UniqueConstraint("part_id", "code", name=op.f("uq_lots_part_id_code")),
    )
    op.create_index("ix_lots_expires_on", "lots", ["expires_on"], unique=False)
    op.create_table(
        "lot_balances",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("is_physical", sa.Boolean(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.CheckConstraint("NOT is_physical OR on_hand >= 0", name=op.f("ck_lot_balances_physical")),
        sa.ForeignKeyConstraint(
            ["location_id", "is_physical"],
            ["stock_locations.id", "stock_locations.is_physical"],
            name=op.f("fk_lot_balances_location_id_is_physical_stock_locations"),
            initially="DEFERRED",
            deferrable=True,
        ),
        _reference("lot_balances", "lot_id", "lots"),
        sa.PrimaryKeyConstraint("lot_id", "location_id", name=op.f("pk_lot_balances")),
    )
    op.create_index(op.f("ix_lot_balances_location_id"), "lot_balances", ["location_id"], unique=False)
    op.create_table(
        "stock_move_lots",
        sa.Column("move_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_move_lots_quantity")),
        _reference("stock_move_lots", "lot_id", "lots"),
        _reference("stock_move_lots", "move_id", "stock_moves"),
        sa.PrimaryKeyConstraint("move_id", "lot_id", name=op.f("pk_stock_move_lots")),
    )
    op.create_index(op.f("ix_stock_move_lots_lot_id"), "stock_move_lots", ["lot_id"], unique=False)
    _keep("stock_move_lots")


def _keep(table: str) -> None:
    """Refuse every change of what was written, as of the moves."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    is_there = f"EXISTS (SELECT 1 FROM {table} WHERE move_id = NEW.move_id AND lot_id = NEW.lot_id)"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {is_there} {refuse}")


def _plain(column: str) -> str:
    return column.replace("false", "0") if op.get_bind().dialect.name == "sqlite" else column


def _reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_{table}_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
