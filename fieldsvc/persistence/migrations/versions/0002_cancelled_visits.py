"""Why a visit was cancelled, and whether that was late."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; what was cancelled before counts as in time."""
    op.add_column("visits", sa.Column("cancel_reason", sa.String(length=32), nullable=True))
    op.add_column("visits", sa.Column("is_late_cancel", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Forget both."""
    op.drop_column("visits", "is_late_cancel")
    op.drop_column("visits", "cancel_reason")
