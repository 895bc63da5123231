"""Uses that the books knew nothing of, with the task that asks for a count."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
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


def downgrade() -> None:
    """Drop it; tasks that ask for a count stay."""
    op.drop_table("unknown_uses")


def _reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_{table}_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
