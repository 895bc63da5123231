"""Procedures of job types, and what is answered to their points."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; what was sent out before has no procedure."""
    op.create_table(
        "procedures",
        sa.Column("job_type_id", sa.Uuid(), nullable=False),
        sa.Column("procedure_version", sa.Integer(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("procedures", "job_type_id", "job_types"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedures")),
        sa.UniqueConstraint(
            "job_type_id", "procedure_version", name=op.f("uq_procedures_job_type_id_procedure_version")
        ),
    )
    op.create_table(
        "checklist_answers",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("procedure_id", sa.Uuid(), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=True),
        sa.Column("point", sa.String(length=64), nullable=False),
        sa.Column("result", _one_of("result", "done", "not_done", "not_applicable"), nullable=False),
        sa.Column("value", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("checklist_answers", "visit_id", "visits"),
        _reference("checklist_answers", "procedure_id", "procedures"),
        _reference("checklist_answers", "technician_id", "technicians"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_answers")),
    )
    op.create_index(op.f("ix_checklist_answers_visit_id"), "checklist_answers", ["visit_id"], unique=False)
    op.add_column("visits", sa.Column("procedure_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("visits", "procedure_id")
    op.drop_table("checklist_answers")
    op.drop_table("procedures")


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
