"""What was solved without a visit."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATES = (
    "pending",
    "presented",
    "signed",
    "confirmed_remote",
    "refused",
    "absent",
    "waived",
    "expired",
    "disputed",
    "upheld",
    "dismissed",
)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "remote_solutions",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("state", _one_of("state", *STATES), nullable=False),
        sa.Column("resolution", sa.String(length=32), nullable=False),
        sa.Column("symptom", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.Column("verification_passed", sa.Boolean(), nullable=False),
        sa.Column("verification_reason", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("report_sha256", sa.String(length=64), nullable=False),
        sa.Column("signer_name", sa.Text(), nullable=True),
        sa.Column("method", sa.String(length=24), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objection", sa.Text(), nullable=True),
        sa.Column("disputed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("remote_solutions", "ticket_id", "tickets"),
        _reference("remote_solutions", "recorded_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_solutions")),
    )
    op.create_index(op.f("ix_remote_solutions_ticket_id"), "remote_solutions", ["ticket_id"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("remote_solutions")


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_{table}_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
