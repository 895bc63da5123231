"""Files that were brought in."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "imported_files",
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("encoding", sa.String(length=32), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("lines", "added", "changed", "unchanged")),
        sa.Column("counts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("what IN ('parts', 'counts')", name=op.f("ck_imported_files_what")),
        sa.CheckConstraint("encoding IN ('utf-8', 'utf-16', 'gb18030')", name=op.f("ck_imported_files_encoding")),
        sa.CheckConstraint(
            "lines >= 0 AND added >= 0 AND changed >= 0 AND unchanged >= 0", name=op.f("ck_imported_files_figures")
        ),
        sa.ForeignKeyConstraint(
            ["imported_by"],
            ["users.id"],
            name=op.f("fk_imported_files_imported_by_users"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_files")),
        sa.UniqueConstraint("what", "sha256", name=op.f("uq_imported_files_what_sha256")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("imported_files")
