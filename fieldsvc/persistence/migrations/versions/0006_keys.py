"""Keys of their own for everybody whose data is kept, data bound to the chain by commitments, privacy requests.

What earlier versions sealed can't be read by this one: none of them was released.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'requested'")


def upgrade() -> None:
    """Make the tables, and the columns for what an event says of a person."""
    customers = sa.select(sa.func.count()).select_from(sa.table("customers"))
    if op.get_bind().scalar(customers):
        raise RuntimeError("this database was sealed by an unreleased version, in a way that can't be read any more")
    op.create_table(
        "sealing_keys",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.Text(), nullable=True),
        sa.Column("shared_by", sa.JSON(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("ck_sealing_keys_destroyed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_keys")),
        sa.UniqueConstraint("owner_id", name=op.f("uq_sealing_keys_owner_id")),
    )
    op.create_index(op.f("ix_sealing_keys_destroyed_at"), "sealing_keys", ["destroyed_at"], unique=False)
    op.add_column("events", sa.Column("personal", sa.LargeBinary(), nullable=True))
    op.add_column("events", sa.Column("personal_commitment", sa.String(length=64), nullable=True))
    op.drop_column("sign_offs", "place")
    for name in ("signer_role", "device_id"):
        op.drop_column("sign_offs", name)
        op.add_column("sign_offs", sa.Column(name, sa.Text(), nullable=True))
    op.create_table(
        "run_customers",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["optimization_runs.id"],
            name=op.f("fk_run_customers_run_id_optimization_runs"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_run_customers_customer_id_customers"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("run_id", "customer_id", name=op.f("pk_run_customers")),
    )
    op.create_index(op.f("ix_run_customers_customer_id"), "run_customers", ["customer_id"], unique=False)
    op.add_column("customers", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "privacy_requests",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _one_of("kind", "export", "erasure"), nullable=False),
        sa.Column("state", _one_of("state", "requested", "approved", "withdrawn"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("customer_id", "customers"),
        _reference("requested_by", "users"),
        _reference("decided_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_requests")),
    )
    op.create_index(
        "uq_privacy_requests_open",
        "privacy_requests",
        ["customer_id", "kind"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _reference(column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_privacy_requests_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("privacy_requests")
    op.drop_column("customers", "erased_at")
    op.drop_table("run_customers")
    for name, length in (("signer_role", 40), ("device_id", 80)):
        op.drop_column("sign_offs", name)
        op.add_column("sign_offs", sa.Column(name, sa.String(length=length), nullable=True))
    op.add_column("sign_offs", sa.Column("place", sa.JSON(), nullable=True))
    op.drop_column("events", "personal_commitment")
    op.drop_column("events", "personal")
    op.drop_table("sealing_keys")
