"""Tasks: what somebody at the desk has to look at; and ratings."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RAISED_ONCE = sa.text("state = 'open' AND kind <> 'request'")
REFERENCES = {
    "team_id": "teams",
    "ticket_id": "tickets",
    "visit_id": "visits",
    "raised_by": "users",
    "done_by": "users",
}


def upgrade() -> None:
    """Make both tables and their indexes."""
    op.create_table(
        "tasks",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "done", name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_tasks_{column}_{table}"),
                initially="DEFERRED",
                deferrable=True,
            )
            for column, table in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_team_state", "tasks", ["team_id", "state"], unique=False)
    op.create_index(op.f("ix_tasks_ticket_id"), "tasks", ["ticket_id"], unique=False)
    op.create_index(
        "uq_tasks_raised",
        "tasks",
        ["kind", "subject_id"],
        unique=True,
        sqlite_where=RAISED_ONCE,
        postgresql_where=RAISED_ONCE,
    )
    op.create_table(
        "ratings",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_ratings_stars")),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["visits.id"],
            name=op.f("fk_ratings_visit_id_visits"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_ratings_visit_id")),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("ratings")
    op.drop_table("tasks")
