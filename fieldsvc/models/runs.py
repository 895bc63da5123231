"""Optimization runs, and the technician-days each one covers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.domain.run_states import RunState
from fieldsvc.models.base import Base, Entity, refers_to
from fieldsvc.models.types import SealedBytes, SealedJSON, one_of


class OptimizationRun(Entity, Base):
    """One solver execution, from the request to what became of its proposal.

    snapshot, plan: compressed JSON of the solver's codec, sealed as it tells where people live; loaded only when
    asked for. result: score terms, KPIs before and after, reasons. replaced: the tours whose place it took.
    fencing_token: raised by every claim; a writer with an older one is late and changes nothing.
    """

    __tablename__ = "optimization_runs"
    __table_args__ = (
        Index("ix_optimization_runs_state_lease", "state", "lease_until"),
        CheckConstraint("attempts >= 0 AND fencing_token >= 0", name="counts"),
    )

    number: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[RunState] = mapped_column(one_of(RunState, "state"))
    team_id: Mapped[UUID] = mapped_column(refers_to("teams.id"), index=True)
    requested_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    requested_at: Mapped[datetime] = mapped_column(index=True)
    day: Mapped[date] = mapped_column(index=True)
    scope: Mapped[dict[str, Any]]
    params: Mapped[dict[str, Any]]
    request_hash: Mapped[str] = mapped_column(String(64), index=True)

    snapshot_hash: Mapped[str | None] = mapped_column(String(64))
    snapshot: Mapped[bytes | None] = mapped_column(SealedBytes(), deferred=True)
    plan: Mapped[bytes | None] = mapped_column(SealedBytes(), deferred=True)
    result: Mapped[dict[str, Any] | None] = mapped_column(SealedJSON(), deferred=True)
    progress: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]

    lease_owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    fencing_token: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    application: Mapped[dict[str, Any] | None]
    replaced: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    reverted_at: Mapped[datetime | None]
    reversal: Mapped[dict[str, Any] | None]

    covers: Mapped[list["RunScope"]] = relationship(cascade="all, delete-orphan")


class RunScope(Base):
    """One technician-day a run may change; two runs overlap when they share one."""

    __tablename__ = "run_scopes"
    __table_args__ = (Index("ix_run_scopes_technician_day", "technician_id", "day"),)

    run_id: Mapped[UUID] = mapped_column(refers_to("optimization_runs.id"), primary_key=True)
    technician_id: Mapped[UUID] = mapped_column(refers_to("technicians.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)


class RunCustomer(Base):
    """A customer whom the documents of a run tell of; they go with the first of them who is erased."""

    __tablename__ = "run_customers"

    run_id: Mapped[UUID] = mapped_column(refers_to("optimization_runs.id"), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(refers_to("customers.id"), primary_key=True, index=True)
