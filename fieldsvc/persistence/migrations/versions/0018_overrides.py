"""Rules that somebody has planned against."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_REASONS = ("customer_wish", "emergency", "agreed_with_technician", "facts_outdated", "other")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "overrides",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(*_REASONS, name="reason", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("visit_id", "visits"),
        _reference("accepted_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
        sa.UniqueConstraint("visit_id", "rule", name=op.f("uq_overrides_visit_id_rule")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("overrides")


def _reference(column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_overrides_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
