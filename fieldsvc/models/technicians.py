"""Teams and technicians: what they can do, and when and from where they work."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.absence_states import AbsenceState
from fieldsvc.models.base import Base, Entity, Keyed, refers_to
from fieldsvc.models.types import one_of


class Team(Entity, Base):
    """Who owns things and may see them; its zone says when its day begins."""

    __tablename__ = "teams"

    name: Mapped[str] = mapped_column(unique=True)
    zone: Mapped[str] = mapped_column(String(64))


class Technician(Entity, Base):
    """Somebody who visits sites. tools, territories: lists of codes; territories null = everywhere."""

    __tablename__ = "technicians"

    team_id: Mapped[UUID] = mapped_column(refers_to("teams.id"), index=True)
    name: Mapped[str]
    home_latitude: Mapped[float]
    home_longitude: Mapped[float]
    tools: Mapped[list[Any]]
    territories: Mapped[list[Any] | None]
    cost_cents_per_hour: Mapped[int]
    cost_cents_per_km: Mapped[int]
    fixed_cost_cents: Mapped[int] = mapped_column(default=0)
    overtime_cents_per_hour: Mapped[int] = mapped_column(default=0)
    max_pickups: Mapped[int] = mapped_column(default=1)
    load_target_s: Mapped[int | None]
    travel_profile: Mapped[str] = mapped_column(String(40), default="car")
    van_location_id: Mapped[UUID | None] = mapped_column(refers_to("stock_locations.id"), unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)

    skills: Mapped[list["TechnicianSkill"]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class TechnicianSkill(Keyed, Base):
    """A skill at a level, for as long as the certificate holds; both days included."""

    __tablename__ = "technician_skills"
    __table_args__ = (
        UniqueConstraint("technician_id", "skill", "valid_from"),
        CheckConstraint("level >= 1", name="level"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
    )

    technician_id: Mapped[UUID] = mapped_column(refers_to("technicians.id"))
    skill: Mapped[str] = mapped_column(String(64))
    level: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Shift(Entity, Base):
    """One technician on one day.

    day: local date. breaks: [{"earliest_s", "latest_s", "duration_s", "is_paid"}] with seconds from local
    midnight of the day, closed at both ends.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        UniqueConstraint("technician_id", "day"),
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("overtime_limit_s >= 0", name="overtime"),
    )

    technician_id: Mapped[UUID] = mapped_column(refers_to("technicians.id"))
    day: Mapped[date] = mapped_column(index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    breaks: Mapped[list[Any]]
    overtime_limit_s: Mapped[int] = mapped_column(default=0)
    max_jobs: Mapped[int | None]
    start_latitude: Mapped[float | None]
    start_longitude: Mapped[float | None]
    end_latitude: Mapped[float | None]
    end_longitude: Mapped[float | None]

    technician: Mapped[Technician] = relationship()


class Absence(Entity, Base):
    """A time in which a technician does not work, or asks not to; half-open."""

    __tablename__ = "absences"
    __table_args__ = (CheckConstraint("starts_at < ends_at", name="order"),)

    technician_id: Mapped[UUID] = mapped_column(refers_to("technicians.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(40))
    state: Mapped[AbsenceState] = mapped_column(one_of(AbsenceState, "state"))


class Loan(Entity, Base):
    """A second team for a technician, for some days; both included."""

    __tablename__ = "loans"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="order"),)

    technician_id: Mapped[UUID] = mapped_column(refers_to("technicians.id"), index=True)
    team_id: Mapped[UUID] = mapped_column(refers_to("teams.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
