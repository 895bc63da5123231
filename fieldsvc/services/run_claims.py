"""A worker's hold on a run: claimed through a lease, renewed by heartbeats, given back with a result."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import aliased

from fieldsvc.dispatching.proposal import Proposal
from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.dispatching.storage import plan_to_bytes, snapshot_to_bytes
from fieldsvc.domain.run_states import RunState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.customers import Customer
from fieldsvc.models.runs import OptimizationRun, RunCustomer, RunScope
from fieldsvc.models.technicians import Team
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.runs import RunRequest, move_run, request_of

MOST_ATTEMPTS = 2
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on a run: whoever writes with an older token is late."""

    run_id: UUID
    fencing_token: int
    request: RunRequest


def claim_run(uow: UnitOfWork, owner: str, lease_s: int) -> Claim | None:
    """Take the oldest queued run that shares nothing with one being solved; None where there is none.

    Two runs share a technician-day, or the visits that a team has for a day.
    """
    # One claim at a time: two workers must not take two runs that overlap.
    uow.session.execute(select(Team.id).order_by(Team.id).with_for_update(key_share=True)).all()
    own, other = aliased(RunScope), aliased(RunScope)
    solving = (
        select(own.run_id)
        .join(other, (own.technician_id == other.technician_id) & (own.day == other.day))
        .join(OptimizationRun, OptimizationRun.id == other.run_id)
        .where(OptimizationRun.state == RunState.SOLVING)
    )
    at_work = aliased(OptimizationRun)
    same_visits = exists().where(
        at_work.state == RunState.SOLVING,
        at_work.team_id == OptimizationRun.team_id,
        at_work.day == OptimizationRun.day,
    )
    run = uow.session.scalars(
        select(OptimizationRun)
        .where(OptimizationRun.state == RunState.QUEUED, OptimizationRun.id.not_in(solving), ~same_visits)
        .order_by(OptimizationRun.requested_at, OptimizationRun.id)
        .limit(1)
        .with_for_update(key_share=True)
    ).one_or_none()
    if run is None:
        return None
    move_run(uow, run, "claim", "run_claimed")
    run.lease_owner, run.lease_until = owner, uow.now + timedelta(seconds=lease_s)
    run.fencing_token += 1
    run.attempts += 1
    run.started_at = uow.now
    run.progress = {"phase": "reading", "seconds": 0}
    return Claim(run.id, run.fencing_token, request_of(run))


def renew_lease(uow: UnitOfWork, claim: Claim, lease_s: int, progress: Mapping[str, Any]) -> bool:
    """Say that the worker lives and how far it is; False when the run is no longer its own."""
    renewed = uow.session.execute(
        update(OptimizationRun)
        .where(
            OptimizationRun.id == claim.run_id,
            OptimizationRun.fencing_token == claim.fencing_token,
            OptimizationRun.state == RunState.SOLVING,
        )
        .values(
            lease_until=uow.now + timedelta(seconds=lease_s),
            progress=dict(progress),
            version=OptimizationRun.version + 1,
        )
        .returning(OptimizationRun.id)
    ).first()
    return renewed is not None


def sweep_runs(uow: UnitOfWork) -> int:
    """Queue runs whose worker is lost once more, and fail those lost twice; return how many."""
    lost = uow.session.scalars(
        select(OptimizationRun)
        .where(OptimizationRun.state == RunState.SOLVING, OptimizationRun.lease_until < uow.now)
        .with_for_update(skip_locked=True)
    ).all()
    for run in lost:
        if run.attempts < MOST_ATTEMPTS:
            move_run(uow, run, "requeue", "run_requeued", reason="worker_lost")
            run.lease_owner = run.lease_until = None
        else:
            _fail(uow, run, "worker_lost", f"The worker was lost {run.attempts} times.")
    return len(lost)


def propose(uow: UnitOfWork, claim: Claim, proposal: Proposal) -> bool:
    """Store what a worker found. False when it comes too late: somebody else owns the run, or it was cancelled."""
    run = _owned(uow, claim)
    if run is None:
        return False
    snapshot, plan = proposal.snapshot, proposal.plan
    told_of, is_erased = _customers_of(uow, snapshot)
    if is_erased:
        _fail(uow, run, "customer_erased", "A customer it planned for was erased while it was solved; ask anew.")
        return False
    uow.session.add_all(RunCustomer(run_id=run.id, customer_id=one) for one in told_of)
    move_run(uow, run, "propose", "run_proposed", data={"unplanned": len(plan.unplanned), "routes": len(plan.routes)})
    run.snapshot, run.snapshot_hash = snapshot_to_bytes(snapshot), snapshot.hash
    run.plan, run.result = plan_to_bytes(plan), dict(proposal.document)
    run.progress = {"phase": "done"}
    run.lease_owner = run.lease_until = None
    run.finished_at = uow.now
    return True


def _customers_of(uow: UnitOfWork, snapshot: Snapshot) -> tuple[list[UUID], bool]:
    """Whom a snapshot tells of, locked against being erased, and whether one was erased since it was taken.

    Those with a visit in it, and those with one of the same technicians that day: from there the next way begins.
    """
    customer_of = select(Ticket.customer_id).join(Visit, Visit.ticket_id == Ticket.id)
    same_day = customer_of.join(Assignment, Assignment.visit_id == Visit.id).where(
        Assignment.day == snapshot.horizon.day, Assignment.technician_id.in_(list(snapshot.technicians.values()))
    )
    found, visits = set(uow.session.scalars(same_day)), list(snapshot.visits.values())
    for first in range(0, len(visits), _AT_ONCE):
        found.update(uow.session.scalars(customer_of.where(Visit.id.in_(visits[first : first + _AT_ONCE]))))
    customers, living, is_erased = sorted(found), [], False
    for first in range(0, len(customers), _AT_ONCE):
        some = select(Customer.id, Customer.erased_at).where(Customer.id.in_(customers[first : first + _AT_ONCE]))
        for customer_id, erased_at in uow.session.execute(some.order_by(Customer.id).with_for_update(read=True)):
            is_erased = is_erased or (erased_at is not None and erased_at >= snapshot.as_of)
            living += [customer_id] if erased_at is None else []
    return living, is_erased


def fail_run(uow: UnitOfWork, claim: Claim, code: str, detail: str) -> bool:
    """Store why a run gave nothing; False when it is no longer the worker's."""
    run = _owned(uow, claim)
    if run is None:
        return False
    _fail(uow, run, code, detail)
    return True


def _owned(uow: UnitOfWork, claim: Claim) -> OptimizationRun | None:
    """The run if the claim still holds; otherwise it is on record that a result came too late."""
    run = uow.get(OptimizationRun, claim.run_id, lock=True)
    if run.fencing_token == claim.fencing_token and run.state is RunState.SOLVING:
        return run
    uow.record(run, "late_result_superseded", data={"fencing_token": claim.fencing_token, "newer": run.fencing_token})
    return None


def _fail(uow: UnitOfWork, run: OptimizationRun, code: str, detail: str) -> None:
    move_run(uow, run, "fail", "run_failed", reason=code)
    run.error = {"code": code, "detail": detail}
    run.lease_owner = run.lease_until = None
    run.finished_at = uow.now
