"""Units that come back, and the serial that a new unit has taken the place of."""

import sqlalchemy as sa
from alembic import op

from fieldsvc.persistence.checks import one_of, replace_check

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_STATES = (
    "requested",
    "authorized",
    "in_transit",
    "received",
    "inspected",
    "dispositioned",
    "closed",
    "refused",
    "lost",
)
_REASONS = ("swapped_out", "defective_on_arrival", "wrong_part", "unused", "customer_return")
_DISPOSITIONS = ("restock", "repair", "replace", "credit", "return_to_vendor", "scrap", "reject")
_REFERENCES = {
    "ticket_id": "tickets",
    "visit_id": "visits",
    "part_id": "parts",
    "from_location_id": "stock_locations",
    "to_location_id": "stock_locations",
    "quarantine_id": "stock_locations",
    "requested_by": "users",
    "decided_by": "users",
    "supplier_id": "suppliers",
}
_MOVE_REASONS = ("receipt", "transfer", "consumption", "count", "correction")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "rmas",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(length=80), nullable=True),
        sa.Column("is_good", sa.Boolean(), nullable=False),
        sa.Column("reason", _one_of(_REASONS, "reason"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("from_location_id", sa.Uuid(), nullable=True),
        sa.Column("to_location_id", sa.Uuid(), nullable=True),
        sa.Column("quarantine_id", sa.Uuid(), nullable=True),
        sa.Column("state", _one_of(_STATES, "state"), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tracking_number", sa.String(length=64), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("is_under_warranty", sa.Boolean(), nullable=True),
        sa.Column("disposition", _one_of(_DISPOSITIONS, "disposition"), nullable=True),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("value_cents", sa.BigInteger(), nullable=False),
        sa.Column("claimed_cents", sa.BigInteger(), nullable=False),
        sa.Column("credited_cents", sa.BigInteger(), nullable=False),
        sa.Column("refusal", sa.String(length=200), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_rmas_quantity")),
        sa.CheckConstraint("serial IS NULL OR quantity = 1", name=op.f("ck_rmas_serial")),
        sa.CheckConstraint(
            "claimed_cents >= 0 AND credited_cents >= 0 AND value_cents >= 0", name=op.f("ck_rmas_money")
        ),
        *(_reference("rmas", column, referred) for column, referred in _REFERENCES.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rmas")),
        sa.UniqueConstraint("number", name=op.f("uq_rmas_number")),
    )
    for column in ("ticket_id", "visit_id", "part_id", "to_location_id", "state"):
        op.create_index(op.f(f"ix_rmas_{column}"), "rmas", [column], unique=False)
    op.add_column("consumptions", sa.Column("swapped_serial", sa.String(length=80), nullable=True))
    before, after = (one_of("reason", reasons) for reasons in (_MOVE_REASONS, (*_MOVE_REASONS, "return")))
    replace_check(op.get_bind(), "stock_moves", "ck_stock_moves_reason", before, after)


def downgrade() -> None:
    """Drop it; what has moved stays in the ledger, so that the one more reason stays too."""
    op.drop_column("consumptions", "swapped_serial")
    op.drop_table("rmas")


def _one_of(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_{table}_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
