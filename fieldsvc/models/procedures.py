"""Procedures of job types by version, and what was answered to their points at visits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.procedures import Point, PointKind, PointResult, Step
from fieldsvc.models.base import Base, Keyed, refers_to
from fieldsvc.models.types import SealedText, one_of


class Procedure(Keyed, Base):
    """One version of what is gone through at visits of a job type; never changed. points: as in `domain.procedures`."""

    __tablename__ = "procedures"
    __table_args__ = (UniqueConstraint("job_type_id", "procedure_version"),)

    job_type_id: Mapped[UUID] = mapped_column(refers_to("job_types.id"))
    procedure_version: Mapped[int]
    points: Mapped[list[Any]]
    published_at: Mapped[datetime]

    @property
    def all_points(self) -> list[Point]:
        """Return the points in their order."""
        return [Point(**{**one, "step": Step(one["step"]), "kind": PointKind(one["kind"])}) for one in self.points]


class ChecklistAnswer(Keyed, Base):
    """What was said to a point at a visit; the newest counts, those before stay."""

    __tablename__ = "checklist_answers"

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"), index=True)
    procedure_id: Mapped[UUID] = mapped_column(refers_to("procedures.id"))
    technician_id: Mapped[UUID | None] = mapped_column(refers_to("technicians.id"))
    point: Mapped[str] = mapped_column(String(64))
    result: Mapped[PointResult] = mapped_column(one_of(PointResult, "result"))
    value: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(SealedText())
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
