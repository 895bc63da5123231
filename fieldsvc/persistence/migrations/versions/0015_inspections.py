"""Inspections by a second person, and how a diagnosis was made."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the columns; nothing that was drafted before wants an inspection."""
    op.create_table(
        "inspections",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("inspections", "visit_id", "visits"),
        _reference("inspections", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspections")),
    )
    op.create_index(op.f("ix_inspections_visit_id"), "inspections", ["visit_id"], unique=False)
    for table in ("job_types", "visits"):
        op.add_column(
            table, sa.Column("needs_inspection", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.add_column("diagnoses", sa.Column("methods", sa.JSON(), nullable=True))
    op.add_column("diagnoses", sa.Column("tools", sa.JSON(), nullable=True))
    op.add_column("diagnoses", sa.Column("data_captured", sa.Text(), nullable=True))


def downgrade() -> None:
    """Forget them."""
    for column in ("data_captured", "tools", "methods"):
        op.drop_column("diagnoses", column)
    for table in ("visits", "job_types"):
        op.drop_column(table, "needs_inspection")
    op.drop_table("inspections")


def _reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_{table}_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
