"""Absences that somebody asks for."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_STATES = ("requested", "granted", "refused", "withdrawn")


def upgrade() -> None:
    """Make the column; absences that were there before are granted."""
    state = sa.Enum(*_STATES, name="state", native_enum=False, create_constraint=True, length=32)
    with op.batch_alter_table("absences") as batch:
        batch.add_column(sa.Column("state", state, server_default="granted", nullable=False))
    with op.batch_alter_table("absences") as batch:
        batch.alter_column("state", server_default=None, existing_type=state)


def downgrade() -> None:
    """Forget it, and what was never granted: without a state it would be planned around."""
    op.execute("DELETE FROM absences WHERE state <> 'granted'")
    with op.batch_alter_table("absences") as batch:
        batch.drop_constraint(op.f("ck_absences_state"), type_="check")
        batch.drop_column("state")
