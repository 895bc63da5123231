"""Tasks: what somebody at the desk has to look at."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.task_states import TaskState
from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.stock import StockMove
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.types import SealedText, one_of

_RAISED_ONCE = text("state = 'open' AND kind <> 'request'")


class Task(Entity, Base):
    """Something to look at, for a team. visit_id: where it is about one visit of the ticket.

    subject_id: the visit, else the ticket, of a count the part where it is to be counted; the system has one task of a
    kind open for it. note: what a person asks for; outcome: what came of it. unknown_uses: why a count is wanted.
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
    unknown_uses: Mapped[list["UnknownUse"]] = relationship(order_by="UnknownUse.move_id")

    @property
    def part_id(self) -> UUID | None:
        """The part that is to be counted, where that is what is wanted."""
        return self.unknown_uses[0].part_id if self.unknown_uses else None

    @property
    def location_id(self) -> UUID | None:
        """The place where it is to be counted; None also where nobody knows one."""
        return self.unknown_uses[0].location_id if self.unknown_uses else None

    @property
    def unknown_quantity(self) -> int | None:
        """How many units the books knew nothing of."""
        return sum(use.quantity for use in self.unknown_uses) if self.unknown_uses else None


class UnknownUse(Base):
    """Units that were used and that the books knew nothing of, by their move, with the task that asks for a count.

    location_id: the van of whoever used them; null = there is none, and nobody knows where to count.
    """

    __tablename__ = "unknown_uses"

    move_id: Mapped[UUID] = mapped_column(refers_to("stock_moves.id"), primary_key=True)
    task_id: Mapped[UUID] = mapped_column(refers_to("tasks.id"), index=True)
    location_id: Mapped[UUID | None] = mapped_column(refers_to("stock_locations.id"), index=True)

    move: Mapped[StockMove] = relationship(lazy="joined")

    @property
    def part_id(self) -> UUID:
        """The move's."""
        return self.move.part_id

    @property
    def visit_id(self) -> UUID | None:
        """The move's."""
        return self.move.visit_id

    @property
    def quantity(self) -> int:
        """The move's."""
        return self.move.quantity

    @property
    def serial(self) -> str | None:
        """The move's."""
        return self.move.serial

    @property
    def occurred_at(self) -> datetime:
        """The move's."""
        return self.move.occurred_at
