"""ID tokens that somebody has signed in with."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "used_id_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_used_id_tokens")),
    )
    op.create_index(op.f("ix_used_id_tokens_expires_at"), "used_id_tokens", ["expires_at"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("used_id_tokens")
