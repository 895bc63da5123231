"""What a part is counted in, its barcode, what it fits, and what can take its place."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns and tables."""
    op.add_column("parts", sa.Column("unit", sa.String(length=16), server_default="piece", nullable=False))
    op.add_column("parts", sa.Column("barcode", sa.String(length=64), nullable=True))
    op.create_index(op.f("uq_parts_barcode"), "parts", ["barcode"], unique=True)
    op.create_table(
        "part_models",
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        _part("part_models", "part_id"),
        sa.PrimaryKeyConstraint("part_id", "model", name=op.f("pk_part_models")),
    )
    op.create_index(op.f("ix_part_models_model"), "part_models", ["model"], unique=False)
    op.create_table(
        "part_substitutes",
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("substitute_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("part_id <> substitute_id", name=op.f("ck_part_substitutes_another")),
        _part("part_substitutes", "part_id"),
        _part("part_substitutes", "substitute_id"),
        sa.PrimaryKeyConstraint("part_id", "substitute_id", name=op.f("pk_part_substitutes")),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("part_substitutes")
    op.drop_table("part_models")
    op.drop_index(op.f("uq_parts_barcode"), table_name="parts")
    op.drop_column("parts", "barcode")
    op.drop_column("parts", "unit")


def _part(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        ["parts.id"],
        name=op.f(f"fk_{table}_{column}_parts"),
        initially="DEFERRED",
        deferrable=True,
    )
