"""Keys of their own for everybody whose data is kept, and personal data bound to the evidence chain by commitments.

What earlier versions sealed can't be read by this one: none of them was released.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the columns for what an event says of a person."""
    op.create_table(
        "sealing_keys",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.Text(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("ck_sealing_keys_destroyed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_keys")),
        sa.UniqueConstraint("owner_id", name=op.f("uq_sealing_keys_owner_id")),
    )
    op.add_column("events", sa.Column("personal", sa.LargeBinary(), nullable=True))
    op.add_column("events", sa.Column("personal_commitment", sa.String(length=64), nullable=True))
    op.drop_column("sign_offs", "place")


def downgrade() -> None:
    """Drop them."""
    op.add_column("sign_offs", sa.Column("place", sa.JSON(), nullable=True))
    op.drop_column("events", "personal_commitment")
    op.drop_column("events", "personal")
    op.drop_table("sealing_keys")
