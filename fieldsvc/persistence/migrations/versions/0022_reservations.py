"""Units of parts that are promised to tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_STATES = ("reserved", "backordered", "consumed", "released", "expired")
_ACTIVE = sa.text("state IN ('reserved', 'backordered')")


def upgrade() -> None:
    """Make the table; what balances called reserved before was promised to nobody."""
    op.create_table(
        "reservations",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*_STATES, name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("is_planned", sa.Boolean(), nullable=False),
        sa.Column("is_asked_for", sa.Boolean(), nullable=False),
        sa.Column("for_any_visit", sa.Boolean(), nullable=False),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("move_id", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservations_quantity")),
        sa.CheckConstraint("state <> 'reserved' OR location_id IS NOT NULL", name=op.f("ck_reservations_place")),
        sa.CheckConstraint("NOT is_planned OR visit_id IS NOT NULL", name=op.f("ck_reservations_planned")),
        sa.CheckConstraint("for_any_visit OR visit_id IS NOT NULL", name=op.f("ck_reservations_visit")),
        sa.CheckConstraint("(state = 'consumed') = (move_id IS NOT NULL)", name=op.f("ck_reservations_move")),
        _reference("ticket_id", "tickets"),
        _reference("visit_id", "visits"),
        _reference("part_id", "parts"),
        _reference("location_id", "stock_locations"),
        _reference("requested_by", "users"),
        _reference("move_id", "stock_moves"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
        sa.UniqueConstraint("move_id", name=op.f("uq_reservations_move_id")),
    )
    for column in ("ticket_id", "visit_id", "location_id"):
        op.create_index(op.f(f"ix_reservations_{column}"), "reservations", [column], unique=False)
    op.create_index(
        "ix_reservations_active",
        "reservations",
        ["part_id", "location_id"],
        unique=False,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    )
    op.execute("UPDATE stock_balances SET reserved = 0, version = version + 1 WHERE reserved <> 0")


def downgrade() -> None:
    """Drop it, and promise nothing to anybody."""
    op.drop_table("reservations")
    op.execute("UPDATE stock_balances SET reserved = 0, version = version + 1 WHERE reserved <> 0")


def _reference(column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_reservations_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
