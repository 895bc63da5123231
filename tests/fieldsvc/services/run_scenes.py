"""Scenes for the table of optimization runs."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fieldsvc.domain.run_states import RunState
from fieldsvc.models import Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services import run_claims
from fieldsvc.services.applications import ApplyOptions, apply_run
from fieldsvc.services.reversals import revert_run
from fieldsvc.services.run_claims import Claim
from fieldsvc.services.runs import RunRequest, cancel_run, discard_run, request_run
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import busy_day, planner
from tests.fieldsvc.services.scenes import Scene, UseCase
from tests.fieldsvc.services.visit_scenes import planners_of

_S = RunState
_LEASE_S = 60


def run_scene(database: Database, action: str, start: RunState | None) -> Scene:
    """Somebody about to take a row of the table of runs."""
    world = DayWorld(database)
    busy_day(world)
    stands: dict[RunState | None, Callable[[], Any]] = {
        None: lambda: None,
        _S.QUEUED: lambda: _queued(world),
        _S.SOLVING: lambda: _solving(world),
        _S.PROPOSED: lambda: world.propose(plan=planner(Ana="V2", Bia="V4")),
        _S.APPLIED: lambda: _applied(world),
        _S.PARTLY_APPLIED: lambda: _applied(world, "V2"),
    }
    act = _act(world, action, stands[start]())
    return Scene(database, "optimization_run", planners_of(world), lambda _: act).begin()


def _act(world: DayWorld, action: str, standing: Any) -> UseCase:
    if action in ("apply", "apply_partly", "go_stale"):
        for number in {"apply_partly": ("V2",), "go_stale": ("V2", "V4")}.get(action, ()):
            world.change(Visit, world.visits[number], service_s=1200)
        return lambda uow: apply_run(uow, standing, ApplyOptions())
    if action == "supersede":
        newer = world.propose(plan=planner(Ana="V4", Bia="V2"))
        return lambda uow: apply_run(uow, newer, ApplyOptions())
    if action == "requeue":
        world.clock.pass_by(seconds=_LEASE_S + 1)
    if action == "propose":
        proposal = world.proposal()
        return lambda uow: run_claims.propose(uow, standing, proposal)
    acts: dict[str, UseCase] = {
        "request": lambda uow: request_run(uow, _request(world), max_solve_s=10),
        "claim": lambda uow: run_claims.claim_run(uow, "a worker", _LEASE_S),
        "requeue": run_claims.sweep_runs,
        "fail": lambda uow: run_claims.fail_run(uow, standing, "child_failed", "it broke"),
        "cancel": lambda uow: cancel_run(uow, standing.run_id if isinstance(standing, Claim) else standing),
        "discard": lambda uow: discard_run(uow, standing),
        "revert": lambda uow: revert_run(uow, standing),
    }
    return acts[action]


def _request(world: DayWorld) -> RunRequest:
    return RunRequest(world.team, world.day, time_limit_s=1)


def _queued(world: DayWorld) -> UUID:
    run, _ = world.write(lambda uow: request_run(uow, _request(world), max_solve_s=10), world.dispatcher)
    run_id: UUID = run.id
    return run_id


def _solving(world: DayWorld) -> Claim:
    _queued(world)
    claim = world.write(lambda uow: run_claims.claim_run(uow, "another worker", _LEASE_S))
    assert isinstance(claim, Claim)
    return claim


def _applied(world: DayWorld, *changed: str) -> UUID:
    run_id = world.propose(plan=planner(Ana="V2", Bia="V4"))
    for number in changed:
        world.change(Visit, world.visits[number], service_s=1200)
    world.apply(run_id)
    return run_id
