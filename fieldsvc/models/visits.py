"""Visits: one trip to a site for a ticket, what it needs, and what is published of its plan."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.base import Base, Entity, Keyed, refers_to
from fieldsvc.models.customers import Site
from fieldsvc.models.job_types import JobType
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.types import SealedText, one_of


class TechnicianRuleKind(StrEnum):
    """How a visit feels about a technician."""

    REQUIRED = "required"
    PREFERRED = "preferred"
    EXCLUDED = "excluded"


class Visit(Entity, Base):
    """A visit. priority: 1 is the most urgent.

    locks_technician, locks_start: what a run may not change of the published plan; lock_earliest, lock_latest:
    the start stays within them. A sequence lock keeps the order of the visits that share its id. procedure_id: what is
    gone through at it, as of its last dispatch. succeeds_id: a visit that was left incomplete, or did not hold.
    """

    __tablename__ = "visits"
    __table_args__ = (
        Index("ix_visits_team_state", "team_id", "state"),
        CheckConstraint("service_s >= 0", name="service"),
        CheckConstraint("crew_size >= 1", name="crew"),
        CheckConstraint("(planned_start IS NULL) = (planned_end IS NULL)", name="planned_pair"),
    )

    number: Mapped[str] = mapped_column(String(32), unique=True)
    ticket_id: Mapped[UUID] = mapped_column(refers_to("tickets.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(refers_to("sites.id"), index=True)
    team_id: Mapped[UUID] = mapped_column(refers_to("teams.id"))
    job_type_id: Mapped[UUID] = mapped_column(refers_to("job_types.id"), index=True)
    state: Mapped[VisitState] = mapped_column(one_of(VisitState, "state"))
    priority: Mapped[int] = mapped_column(default=3)
    service_s: Mapped[int]
    service_s_by_level: Mapped[dict[str, Any] | None]
    tools: Mapped[list[Any]]
    territory: Mapped[str | None] = mapped_column(String(64))
    crew_size: Mapped[int] = mapped_column(default=1)
    needs_inspection: Mapped[bool] = mapped_column(default=False, server_default=false())
    due_at: Mapped[datetime | None]
    lateness_cents_per_minute: Mapped[int] = mapped_column(default=0)
    unplanned_penalty_cents: Mapped[int]

    locks_technician: Mapped[bool] = mapped_column(default=False)
    locks_start: Mapped[bool] = mapped_column(default=False)
    lock_earliest: Mapped[datetime | None]
    lock_latest: Mapped[datetime | None]
    lock_sequence_id: Mapped[UUID | None]

    planned_start: Mapped[datetime | None] = mapped_column(index=True)
    planned_end: Mapped[datetime | None]
    arrival_window_start: Mapped[datetime | None]
    arrival_window_end: Mapped[datetime | None]
    published_run_id: Mapped[UUID | None] = mapped_column(refers_to("optimization_runs.id"), index=True)
    procedure_id: Mapped[UUID | None]

    solution: Mapped[str | None] = mapped_column(SealedText())
    verification_passed: Mapped[bool | None]
    verification_reason: Mapped[str | None] = mapped_column(SealedText())
    states_no_parts: Mapped[bool] = mapped_column(default=False)
    incomplete_reason: Mapped[str | None] = mapped_column(String(32))
    succeeds_id: Mapped[UUID | None]
    cancel_reason: Mapped[str | None] = mapped_column(String(32))
    is_late_cancel: Mapped[bool] = mapped_column(default=False, server_default=false())
    completed_hash: Mapped[str | None] = mapped_column(String(64))

    ticket: Mapped[Ticket] = relationship()
    site: Mapped[Site] = relationship()
    job_type: Mapped[JobType] = relationship()
    windows: Mapped[list["VisitWindow"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="VisitWindow.earliest"
    )
    skills: Mapped[list["VisitSkill"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="VisitSkill.skill"
    )
    parts: Mapped[list["VisitPart"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="VisitPart.part_id"
    )
    technician_rules: Mapped[list["VisitTechnicianRule"]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    predecessors: Mapped[list["VisitPredecessor"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", foreign_keys="VisitPredecessor.visit_id"
    )


class VisitWindow(Keyed, Base):
    """A time in which the service may start; closed at both ends."""

    __tablename__ = "visit_windows"
    __table_args__ = (CheckConstraint("earliest <= latest", name="order"),)

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"), index=True)
    earliest: Mapped[datetime]
    latest: Mapped[datetime]


class VisitSkill(Keyed, Base):
    """A skill the visit needs, at this level or above."""

    __tablename__ = "visit_skills"
    __table_args__ = (UniqueConstraint("visit_id", "skill"), CheckConstraint("level >= 1", name="level"))

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"))
    skill: Mapped[str] = mapped_column(String(64))
    level: Mapped[int]


class VisitPart(Keyed, Base):
    """A part requirement."""

    __tablename__ = "visit_parts"
    __table_args__ = (UniqueConstraint("visit_id", "part_id"), CheckConstraint("quantity > 0", name="quantity"))

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"))
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), index=True)
    quantity: Mapped[int]


class VisitTechnicianRule(Keyed, Base):
    """A technician who has to come, should come or must not come."""

    __tablename__ = "visit_technician_rules"
    __table_args__ = (UniqueConstraint("visit_id", "technician_id", "kind"),)

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"))
    technician_id: Mapped[UUID] = mapped_column(refers_to("technicians.id"), index=True)
    kind: Mapped[TechnicianRuleKind] = mapped_column(one_of(TechnicianRuleKind, "kind"))


class VisitPredecessor(Keyed, Base):
    """A visit that has to have ended, and a lag gone by, before this one starts."""

    __tablename__ = "visit_predecessors"
    __table_args__ = (
        UniqueConstraint("visit_id", "predecessor_id"),
        CheckConstraint("visit_id <> predecessor_id", name="not_itself"),
        CheckConstraint("lag_s >= 0", name="lag"),
    )

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"))
    predecessor_id: Mapped[UUID] = mapped_column(refers_to("visits.id"), index=True)
    lag_s: Mapped[int] = mapped_column(default=0)
