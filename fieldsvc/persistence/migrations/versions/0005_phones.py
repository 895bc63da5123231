"""Phones that work offline, their commands, what they hold; and the epoch of the database."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATES = ("active", "revoked", "lost", "forked", "wiped")
STATUSES = ("applied", "kept", "conflict", "rejected")


def upgrade() -> None:
    """Make the tables; the database begins its first epoch."""
    op.create_table(
        "devices",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("app_version", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("clock_offset_s", sa.BigInteger(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("last_seq >= 0", name=op.f("ck_devices_last_seq")),
        _reference("devices", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_user_id"), "devices", ["user_id"], unique=False)
    op.create_index(op.f("ix_devices_session_id"), "devices", ["session_id"], unique=False)
    op.create_table(
        "phone_commands",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("args", sa.LargeBinary(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(*STATUSES, name="status", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("problem", sa.LargeBinary(), nullable=True),
        sa.Column("visit_before", sa.Integer(), nullable=True),
        sa.Column("visit_after", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("phone_commands", "device_id", "devices"),
        _reference("phone_commands", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_commands")),
        sa.UniqueConstraint("device_id", "seq", name=op.f("uq_phone_commands_device_id_seq")),
    )
    op.create_index(op.f("ix_phone_commands_user_id"), "phone_commands", ["user_id"], unique=False)
    op.create_index("ix_phone_commands_visit", "phone_commands", ["visit_id", "device_id"], unique=False)
    op.create_table(
        "device_holdings",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.JSON(), nullable=False),
        sa.Column("sent_number", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.JSON(), nullable=True),
        sa.Column("quiet_change_no", sa.BigInteger(), nullable=True),
        sa.Column("quiet_day", sa.Date(), nullable=True),
        _reference("device_holdings", "device_id", "devices"),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_holdings")),
    )
    op.add_column("assignments", sa.Column("first_dispatched_at", sa.DateTime(timezone=True), nullable=True))
    sent = sa.table("assignments", sa.column("first_dispatched_at"), sa.column("dispatched_at"))
    op.execute(sent.update().values(first_dispatched_at=sent.c.dispatched_at))
    op.add_column("change_counter", sa.Column("epoch", sa.Uuid(), nullable=True))
    counter = sa.table("change_counter", sa.column("epoch", sa.Uuid()))
    op.execute(counter.update().values(epoch=uuid4()))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("change_counter", "epoch")
    op.drop_column("assignments", "first_dispatched_at")
    op.drop_table("device_holdings")
    op.drop_table("phone_commands")
    op.drop_table("devices")


def _reference(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=op.f(f"fk_{table}_{column}_{referred}"),
        initially="DEFERRED",
        deferrable=True,
    )
