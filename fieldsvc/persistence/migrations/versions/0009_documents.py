"""Documents that were issued of sign-offs."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OUTCOMES = (
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
    """Make the table; what was signed before has no document until it is answered again."""
    op.create_table(
        "service_documents",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("sign_off_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", _one_of("outcome", *OUTCOMES), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("service_documents", "visit_id", "visits"),
        _reference("service_documents", "sign_off_id", "sign_offs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_documents")),
        sa.UniqueConstraint("sha256", name=op.f("uq_service_documents_sha256")),
    )
    for column in ("visit_id", "sign_off_id"):
        op.create_index(op.f(f"ix_service_documents_{column}"), "service_documents", [column], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("service_documents")


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
