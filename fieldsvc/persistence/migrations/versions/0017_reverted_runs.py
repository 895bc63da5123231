"""What a run replaced when it was applied, and what taking it back did."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns; what was applied before can't be taken back."""
    op.add_column("optimization_runs", sa.Column("replaced", sa.JSON(), nullable=True))
    op.add_column("optimization_runs", sa.Column("reverted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("optimization_runs", sa.Column("reversal", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Forget them."""
    for column in ("reversal", "reverted_at", "replaced"):
        op.drop_column("optimization_runs", column)
