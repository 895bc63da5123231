"""Units that are set aside, handed over and on the van; where parts lie in a warehouse."""

import sqlalchemy as sa
from alembic import op

from fieldsvc.persistence.checks import one_of, replace_check

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_STATES = ("reserved", "backordered", "consumed", "released", "expired")
_MORE_STATES = ("reserved", "picked", "staged", "backordered", "consumed", "released", "expired")
_PLACE = "state <> 'reserved' OR location_id IS NOT NULL"
_MORE_PLACE = "state NOT IN ('reserved', 'picked', 'staged') OR location_id IS NOT NULL"
_ACTIVE = "state IN ('reserved', 'backordered')"
_MORE_ACTIVE = "state IN ('reserved', 'picked', 'staged', 'backordered')"


def upgrade() -> None:
    """Make the table and columns, and the states."""
    _change_states((_STATES, _PLACE, _ACTIVE), (_MORE_STATES, _MORE_PLACE, _MORE_ACTIVE))
    for column in ("destination_id", "transfer_id"):
        op.add_column("reservations", sa.Column(column, sa.Uuid(), nullable=True))
        op.create_index(op.f(f"ix_reservations_{column}"), "reservations", [column], unique=False)
    op.add_column("transfers", sa.Column("technician_id", sa.Uuid(), nullable=True))
    op.add_column("transfers", sa.Column("day", sa.Date(), nullable=True))
    op.add_column("transfer_lines", sa.Column("used_quantity", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "stock_bins",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("bin", sa.String(length=32), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{referred}.id"],
                name=op.f(f"fk_stock_bins_{column}_{referred}"),
                initially="DEFERRED",
                deferrable=True,
            )
            for column, referred in (("location_id", "stock_locations"), ("part_id", "parts"))
        ),
        sa.PrimaryKeyConstraint("location_id", "part_id", name=op.f("pk_stock_bins")),
    )


def downgrade() -> None:
    """Drop them; what is set aside or on a van is reserved there. What is on its way has to arrive first."""
    on_the_way = "SELECT COUNT(*) FROM reservations WHERE destination_id IS NOT NULL AND state IN ('picked', 'reserved')"
    if op.get_bind().exec_driver_sql(on_the_way).scalar_one():
        raise RuntimeError("Units are on their way to vans: receive the hand-overs, or call them off, first.")
    op.drop_table("stock_bins")
    op.drop_column("transfer_lines", "used_quantity")
    op.drop_column("transfers", "day")
    op.drop_column("transfers", "technician_id")
    for column in ("destination_id", "transfer_id"):
        op.drop_index(op.f(f"ix_reservations_{column}"), "reservations")
        op.drop_column("reservations", column)
    op.execute("UPDATE reservations SET state = 'reserved' WHERE state IN ('picked', 'staged')")
    _change_states((_MORE_STATES, _MORE_PLACE, _MORE_ACTIVE), (_STATES, _PLACE, _ACTIVE))


def _change_states(before: tuple[tuple[str, ...], str, str], after: tuple[tuple[str, ...], str, str]) -> None:
    op.drop_index("ix_reservations_active", "reservations")
    connection = op.get_bind()
    replace_check(
        connection, "reservations", "ck_reservations_state", one_of("state", before[0]), one_of("state", after[0])
    )
    replace_check(connection, "reservations", "ck_reservations_place", before[1], after[1])
    active = sa.text(after[2])
    columns = ["part_id", "location_id"]
    op.create_index(
        "ix_reservations_active", "reservations", columns, unique=False, sqlite_where=active, postgresql_where=active
    )
