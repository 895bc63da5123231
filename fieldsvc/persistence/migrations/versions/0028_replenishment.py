"""What should be ordered, and how much depends on a part."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_STATES = ("proposed", "ordered", "dismissed", "superseded")
_CLASSES = ("a", "b", "c")
_REFERENCES = {
    "location_id": "stock_locations",
    "part_id": "parts",
    "supplier_id": "suppliers",
    "decided_by": "users",
    "order_id": "purchase_orders",
}


def upgrade() -> None:
    """Make the table and the column."""
    check = "CONSTRAINT ck_parts_criticality CHECK (criticality BETWEEN 0 AND 2)"
    op.execute(f"ALTER TABLE parts ADD COLUMN criticality INTEGER DEFAULT '0' NOT NULL {check}")
    op.create_table(
        "replenishment_proposals",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("state", _one_of(_STATES, "state"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_cost_cents", sa.Integer(), nullable=False),
        sa.Column("stock_class", _one_of(_CLASSES, "stock_class"), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("weeks", sa.JSON(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("dismissal", sa.String(length=200), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_replenishment_proposals_quantity")),
        sa.CheckConstraint("unit_cost_cents >= 0", name=op.f("ck_replenishment_proposals_money")),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{referred}.id"],
                name=op.f(f"fk_replenishment_proposals_{column}_{referred}"),
                initially="DEFERRED",
                deferrable=True,
            )
            for column, referred in _REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replenishment_proposals")),
    )
    op.create_index(op.f("ix_replenishment_proposals_part_id"), "replenishment_proposals", ["part_id"], unique=False)
    op.create_index(
        "ix_replenishment_proposals_location_state", "replenishment_proposals", ["location_id", "state"], unique=False
    )


def downgrade() -> None:
    """Drop them; what was ordered stays ordered."""
    op.drop_table("replenishment_proposals")
    op.execute("ALTER TABLE parts DROP COLUMN criticality")  # with the CHECK that came with it


def _one_of(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
