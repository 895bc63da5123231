"""Counts of what is at a place."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_STATES = ("open", "submitted", "posted", "cancelled")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "stock_counts",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*_STATES, name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("differing_cents", sa.BigInteger(), nullable=False),
        sa.Column("recount_reason", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("differing_cents >= 0", name=op.f("ck_stock_counts_money")),
        _reference("stock_counts", "location_id", "stock_locations"),
        *(_reference("stock_counts", column, "users") for column in ("opened_by", "submitted_by", "decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_counts")),
        sa.UniqueConstraint("number", name=op.f("uq_stock_counts_number")),
    )
    op.create_index(op.f("ix_stock_counts_location_id"), "stock_counts", ["location_id"], unique=False)
    op.create_table(
        "stock_count_lines",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("counted_quantity", sa.Integer(), nullable=True),
        sa.Column("counted_serials", sa.JSON(), nullable=True),
        sa.Column("expected_quantity", sa.Integer(), nullable=True),
        sa.Column("expected_serials", sa.JSON(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("counted_quantity >= 0", name=op.f("ck_stock_count_lines_counted")),
        _reference("stock_count_lines", "count_id", "stock_counts"),
        _reference("stock_count_lines", "part_id", "parts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count_lines")),
        sa.UniqueConstraint("count_id", "part_id", name=op.f("uq_stock_count_lines_count_id_part_id")),
    )
    op.create_index(op.f("ix_stock_count_lines_part_id"), "stock_count_lines", ["part_id"], unique=False)


def downgrade() -> None:
    """Drop them; what was posted stays in the ledger."""
    op.drop_table("stock_count_lines")
    op.drop_table("stock_counts")


def _reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_{table}_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
