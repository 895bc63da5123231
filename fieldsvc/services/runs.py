"""Optimization runs: asked for, claimed by a worker through a lease, finished with a proposal or an error."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, true
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import undefer

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Erased, Fault, Invalid, NotFound
from fieldsvc.domain.evidence import canonical_json
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.run_states import RUN, UNFINISHED, RunState
from fieldsvc.domain.visit_states import PUBLISHED, VisitState
from fieldsvc.models.runs import OptimizationRun, RunScope
from fieldsvc.models.technicians import Loan, Shift, Team, Technician
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import scope_of


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to plan: a team's day, all technicians or some; how long and how to solve."""

    team_id: UUID
    day: date
    technicians: tuple[UUID, ...] | None = None
    time_limit_s: int = 10
    seed: int = 1
    engine: str = "ruin"

    @property
    def hash(self) -> str:
        """Equal for requests that ask for the same thing."""
        named = None if self.technicians is None else sorted(map(str, self.technicians))
        content = canonical_json(
            {
                "team_id": self.team_id,
                "day": self.day.isoformat(),
                "technicians": named,
                "time_limit_s": self.time_limit_s,
                "seed": self.seed,
                "engine": self.engine,
            }
        )
        return hashlib.sha256(content.encode()).hexdigest()


def request_run(
    uow: UnitOfWork, request: RunRequest, *, max_solve_s: int, max_visits: int | None = None
) -> tuple[OptimizationRun, bool]:
    """Queue a run, or join the unfinished one that was asked for in the same words. True = joined.

    max_visits: refuse a team with more visits that wait or are published; None = no limit.
    """
    _check_team(uow.actor, request.team_id)
    uow.get(Team, request.team_id, lock=True)  # two identical requests at once: the second one sees the first
    technicians = _covered(uow.session, request)
    _check_request(request, technicians, max_solve_s)
    _check_size(uow.session, request, max_visits)
    twin = uow.session.scalars(
        select(OptimizationRun).where(
            OptimizationRun.request_hash == request.hash, OptimizationRun.state.in_(UNFINISHED)
        )
    ).first()
    if twin is not None:
        return twin, True
    run_id = uow.new_id()
    run = OptimizationRun(
        id=run_id,
        number=f"run-{run_id.hex[-10:]}",
        state=RunState.QUEUED,
        team_id=request.team_id,
        requested_by=uow.actor.user_id,
        requested_at=uow.now,
        day=request.day,
        scope={"technicians": None if request.technicians is None else [str(one) for one in request.technicians]},
        params={"time_limit_s": request.time_limit_s, "seed": request.seed, "engine": request.engine},
        request_hash=request.hash,
        covers=[RunScope(technician_id=technician, day=request.day) for technician in sorted(technicians)],
    )
    uow.session.add(run)
    uow.record(run, "run_requested", None, RunState.QUEUED)
    return run, False


def list_runs(session: OrmSession, actor: Actor, page: PageRequest, day: date | None = None) -> Page[OptimizationRun]:
    """One page of the runs the actor may see, the newest first."""
    query = select(OptimizationRun).where(_runs_in_scope(actor, Action.RUN_READ))
    if day is not None:
        query = query.where(OptimizationRun.day == day)
    keys = (OptimizationRun.requested_at, OptimizationRun.id)
    return fetch_page(session, query, keys, page, is_descending=True)


def get_run(session: OrmSession, actor: Actor, run_id: UUID, *, with_result: bool = False) -> OptimizationRun:
    """One run the actor may see; with_result also loads the proposal."""
    query = select(OptimizationRun).where(OptimizationRun.id == run_id, _runs_in_scope(actor, Action.RUN_READ))
    if with_result:
        query = query.options(undefer(OptimizationRun.result))
    run = session.scalars(query).one_or_none()
    if run is None:
        raise NotFound(f"There is no optimization run {run_id}.")
    if with_result and run.result is None:
        if run.snapshot_hash is not None:
            raise Erased(f"What run {run.number} proposed was erased with a customer it planned for.")
        raise NotFound(f"Run {run.number} is {run.state} and has no proposal.", code="no_proposal")
    return run


def change_run(uow: UnitOfWork, action: Action, run_id: UUID, version: int | None = None) -> OptimizationRun:
    """Load a run in order to change it: out of the actor's scope it does not exist."""
    in_scope = _runs_in_scope(uow.actor, action)
    uow.find(OptimizationRun, run_id, lock=True)
    found = select(OptimizationRun.id).where(OptimizationRun.id == run_id, in_scope)
    if uow.session.scalar(found) is None:
        raise NotFound(f"There is no optimization run {run_id}.")
    return uow.get(OptimizationRun, run_id, version=version)


def cancel_run(uow: UnitOfWork, run_id: UUID, version: int | None = None) -> OptimizationRun:
    """Stop a run that is not finished; a worker that solves it notices with its next heartbeat."""
    run = change_run(uow, Action.RUN_CANCEL, run_id, version)
    if run.state is not RunState.CANCELLED:
        move_run(uow, run, "cancel", "run_cancelled")
        run.finished_at = uow.now
    return run


def discard_run(uow: UnitOfWork, run_id: UUID, version: int | None = None) -> OptimizationRun:
    """Put a proposal away."""
    run = change_run(uow, Action.RUN_CANCEL, run_id, version)
    if run.state is not RunState.DISCARDED:
        move_run(uow, run, "discard", "run_discarded")
    return run


def request_of(run: OptimizationRun) -> RunRequest:
    """What was asked for."""
    named = run.scope["technicians"]
    technicians = None if named is None else tuple(UUID(one) for one in named)
    params = run.params
    return RunRequest(run.team_id, run.day, technicians, params["time_limit_s"], params["seed"], params["engine"])


def move_run(
    uow: UnitOfWork,
    run: OptimizationRun,
    action: str,
    event: str,
    *,
    reason: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Change the state of a run along its table and say so."""
    before = run.state
    run.state = RUN.allowed(before, action, uow.actor.role).to
    uow.record(run, event, before, run.state, reason=reason, data=data)


def _runs_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    is_all = scope_of(actor, action) is Scope.ALL
    return true() if is_all else OptimizationRun.team_id.in_(actor.team_ids)


def _check_team(actor: Actor, team_id: UUID) -> None:
    if scope_of(actor, Action.RUN_CREATE) is Scope.TEAM and team_id not in actor.team_ids:
        raise NotFound(f"There is no team {team_id}.")


def _covered(session: OrmSession, request: RunRequest) -> set[UUID]:
    """Technicians of the team, or on loan to it, who have a shift on the day, less those not asked for."""
    on_loan = exists().where(
        Loan.technician_id == Technician.id,
        Loan.team_id == request.team_id,
        Loan.first_day <= request.day,
        Loan.last_day >= request.day,
    )
    query = (
        select(Shift.technician_id)
        .join(Technician)
        .where(Shift.day == request.day, Technician.is_active, (Technician.team_id == request.team_id) | on_loan)
    )
    found = set(session.scalars(query))
    return found if request.technicians is None else found & set(request.technicians)


def _check_size(session: OrmSession, request: RunRequest, max_visits: int | None) -> None:
    open_states = (VisitState.UNSCHEDULED, *PUBLISHED)
    waiting = select(func.count()).where(Visit.team_id == request.team_id, Visit.state.in_(open_states))
    visits = session.scalar(waiting) or 0
    if max_visits is not None and visits > max_visits:
        message = (
            f"The team has {visits} open visits, a run takes {max_visits} at most. Cancel what is no longer wanted, or "
            "raise FIELDSVC_MAX_VISITS_PER_RUN."
        )
        raise Invalid("The run would be too large.", faults=[Fault("too_many_visits", "/team_id", message)])


def _check_request(request: RunRequest, covered: set[UUID], max_solve_s: int) -> None:
    faults = []
    if not 1 <= request.time_limit_s <= max_solve_s:
        message = f"{request.time_limit_s} s is outside 1 to {max_solve_s} s."
        faults.append(Fault("out_of_range", "/time_limit_s", message))
    for index, technician in enumerate(request.technicians or ()):
        if technician not in covered:
            message = f"Technician {technician} has no shift for this team on {request.day.isoformat()}."
            faults.append(Fault("unknown_reference", f"/technicians/{index}", message))
    if faults:
        raise Invalid("The run can't be queued as asked.", faults=faults)
