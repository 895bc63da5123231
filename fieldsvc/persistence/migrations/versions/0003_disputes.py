"""What a customer objected to, what was decided about it, and which visit makes up for another."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS: dict[str, Any] = {
    "objection": sa.Text(),
    "disputed_at": sa.DateTime(timezone=True),
    "decision": sa.Text(),
    "decided_at": sa.DateTime(timezone=True),
    "state_since": sa.DateTime(timezone=True),
}


def upgrade() -> None:
    """Add the columns, empty."""
    for name, kind in COLUMNS.items():
        op.add_column("sign_offs", sa.Column(name, kind, nullable=True))
    op.add_column("visits", sa.Column("succeeds_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("visits", "succeeds_id")
    for name in reversed(COLUMNS):
        op.drop_column("sign_offs", name)
