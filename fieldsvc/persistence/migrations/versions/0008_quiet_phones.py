"""When what was sent to a phone was all that belonged on it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leave it open for what was sent before: such a phone is looked through once more."""
    op.add_column("device_holdings", sa.Column("sent_change_no", sa.BigInteger(), nullable=True))
    op.add_column("device_holdings", sa.Column("sent_day", sa.Date(), nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("device_holdings", "sent_day")
    op.drop_column("device_holdings", "sent_change_no")
