"""Units on their way from one place to another."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_STATES = ("draft", "shipped", "received", "cancelled")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "transfers",
        sa.Column("from_location_id", sa.Uuid(), nullable=False),
        sa.Column("to_location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*_STATES, name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("from_location_id <> to_location_id", name=op.f("ck_transfers_two_places")),
        _reference("transfers", "from_location_id", "stock_locations"),
        _reference("transfers", "to_location_id", "stock_locations"),
        _reference("transfers", "drafted_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    for column in ("from_location_id", "to_location_id"):
        op.create_index(op.f(f"ix_transfers_{column}"), "transfers", [column], unique=False)
    op.create_table(
        "transfer_lines",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("serials", sa.JSON(), nullable=False),
        sa.Column("received_quantity", sa.Integer(), nullable=True),
        sa.Column("received_serials", sa.JSON(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_transfer_lines_quantity")),
        sa.CheckConstraint("received_quantity >= 0", name=op.f("ck_transfer_lines_received")),
        _reference("transfer_lines", "transfer_id", "transfers"),
        _reference("transfer_lines", "part_id", "parts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_lines")),
        sa.UniqueConstraint("transfer_id", "part_id", name=op.f("uq_transfer_lines_transfer_id_part_id")),
    )
    op.create_index(op.f("ix_transfer_lines_part_id"), "transfer_lines", ["part_id"], unique=False)


def downgrade() -> None:
    """Drop them; what is in transit stays there in the ledger."""
    op.drop_table("transfer_lines")
    op.drop_table("transfers")


def _reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_{table}_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
