"""Exploded drawings, whose numbered positions lead to parts."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "drawings",
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("media_type", sa.String(length=32), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drawings")),
    )
    op.create_index(op.f("ix_drawings_model"), "drawings", ["model"], unique=False)
    op.create_table(
        "drawing_positions",
        sa.Column("drawing_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.CheckConstraint("x BETWEEN 0 AND 1000 AND y BETWEEN 0 AND 1000", name=op.f("ck_drawing_positions_inside")),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{referred}.id"],
                name=op.f(f"fk_drawing_positions_{column}_{referred}"),
                initially="DEFERRED",
                deferrable=True,
            )
            for column, referred in (("drawing_id", "drawings"), ("part_id", "parts"))
        ),
        sa.PrimaryKeyConstraint("drawing_id", "number", name=op.f("pk_drawing_positions")),
    )
    op.create_index(op.f("ix_drawing_positions_part_id"), "drawing_positions", ["part_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("drawing_positions")
    op.drop_table("drawings")
