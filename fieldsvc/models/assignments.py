"""Assignments: who makes a visit and when, what the published route counts on, and who declined."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.base import Base, Entity, Keyed, refers_to
from fieldsvc.models.technicians import Technician
from fieldsvc.models.types import SealedText, one_of
from fieldsvc.models.visits import Visit

_OPEN = text("ended_at IS NULL")
_STARTED = text("ended_at IS NULL AND state IN ('en_route', 'on_site', 'working', 'paused')")


class PlannedRoute(Entity, Base):
    """What is published of one technician's day beyond its visits; its version is that of the technician-day.

    breaks: [{"starts_at", "ends_at"}], RFC 3339.
    """

    __tablename__ = "planned_routes"
    __table_args__ = (UniqueConstraint("technician_id", "day"),)

    technician_id: Mapped[UUID] = mapped_column(refers_to("technicians.id"))
    day: Mapped[date] = mapped_column(index=True)
    run_id: Mapped[UUID | None] = mapped_column(refers_to("optimization_runs.id"), index=True)
    departs_at: Mapped[datetime]
    returns_at: Mapped[datetime]
    return_travel_s: Mapped[int]
    return_travel_m: Mapped[int]
    breaks: Mapped[list[Any]]


class Assignment(Entity, Base):
    """A technician, a visit and the planned times.

    first_dispatched_at: stays when a new time takes it off the phone. ended_at: set when the pair is given up
    (declined, reassigned, unplanned, cancelled), never by completing.
    The database itself keeps a technician from having two started visits.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        Index(
            "uq_assignments_open",
            "visit_id",
            "technician_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(
            "uq_assignments_started",
            "technician_id",
            unique=True,
            sqlite_where=_STARTED,
            postgresql_where=_STARTED,
        ),
        Index("ix_assignments_technician_day", "technician_id", "day"),
        CheckConstraint("planned_arrival <= planned_start AND planned_start <= planned_end", name="order"),
    )

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"), index=True)
    technician_id: Mapped[UUID] = mapped_column(refers_to("technicians.id"))
    day: Mapped[date] = mapped_column(index=True)
    state: Mapped[VisitState] = mapped_column(one_of(VisitState, "state"))
    position: Mapped[int]
    is_lead: Mapped[bool] = mapped_column(default=True)
    planned_arrival: Mapped[datetime]
    planned_start: Mapped[datetime]
    planned_end: Mapped[datetime]
    travel_s: Mapped[int]
    travel_m: Mapped[int]
    dispatched_at: Mapped[datetime | None]
    first_dispatched_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    departed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    check_in_distance_m: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(32))

    visit: Mapped[Visit] = relationship()
    technician: Mapped[Technician] = relationship()
    planned_parts: Mapped[list["PlannedPart"]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class PlannedPickup(Keyed, Base):
    """A warehouse stop of a published route, before the visit at the given position."""

    __tablename__ = "planned_pickups"
    __table_args__ = (CheckConstraint("planned_arrival <= planned_start", name="order"),)

    technician_id: Mapped[UUID] = mapped_column(refers_to("technicians.id"))
    day: Mapped[date] = mapped_column(index=True)
    location_id: Mapped[UUID] = mapped_column(refers_to("stock_locations.id"), index=True)
    before_position: Mapped[int]
    planned_arrival: Mapped[datetime]
    planned_start: Mapped[datetime]
    planned_end: Mapped[datetime]
    travel_s: Mapped[int]
    travel_m: Mapped[int]


class PlannedPart(Keyed, Base):
    """Units the published plan counts on for a visit; pickup_id is null when they are already in the van."""

    __tablename__ = "planned_parts"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    assignment_id: Mapped[UUID] = mapped_column(refers_to("assignments.id"), index=True)
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), index=True)
    location_id: Mapped[UUID] = mapped_column(refers_to("stock_locations.id"), index=True)
    pickup_id: Mapped[UUID | None] = mapped_column(refers_to("planned_pickups.id"), index=True)
    quantity: Mapped[int]


class Decline(Keyed, Base):
    """A technician who said no to a visit; no run gives it to that one again."""

    __tablename__ = "declines"
    __table_args__ = (UniqueConstraint("visit_id", "technician_id"),)

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"))
    technician_id: Mapped[UUID] = mapped_column(refers_to("technicians.id"), index=True)
    reason: Mapped[str] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(SealedText())
    declined_at: Mapped[datetime]
