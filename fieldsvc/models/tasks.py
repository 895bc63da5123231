"""Tasks: what somebody at the desk has to look at."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.task_states import TaskState
from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.types import SealedText, one_of

_RAISED_ONCE = text("state = 'open' AND kind <> 'request'")


class Task(Entity, Base):
    """Something to look at, for a team. visit_id: where it is about one visit of the ticket.

    subject_id: the visit, else the ticket; the system has one task of a kind open for it. note: what a person asks
    for; outcome: what came of it.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_team_state", "team_id", "state"),
        Index(
            "uq_tasks_raised",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=_RAISED_ONCE,
            postgresql_where=_RAISED_ONCE,
        ),
    )

    kind: Mapped[str] = mapped_column(String(32))
    team_id: Mapped[UUID] = mapped_column(refers_to("teams.id"))
    ticket_id: Mapped[UUID] = mapped_column(refers_to("tickets.id"), index=True)
    visit_id: Mapped[UUID | None] = mapped_column(refers_to("visits.id"))
    subject_id: Mapped[UUID]
    state: Mapped[TaskState] = mapped_column(one_of(TaskState, "state"))
    note: Mapped[str | None] = mapped_column(SealedText())
    outcome: Mapped[str | None] = mapped_column(SealedText())
    due_at: Mapped[datetime | None]
    raised_at: Mapped[datetime]
    raised_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))

    ticket: Mapped[Ticket] = relationship()
