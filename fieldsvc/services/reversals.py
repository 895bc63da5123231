"""Taking an applied run back: what was published before is published again, as far as it still holds."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import aliased, undefer

from fieldsvc.dispatching.restoration import Restored, restored
from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.dispatching.storage import snapshot_from_bytes
from fieldsvc.domain.errors import Conflict, Erased, Fault
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.run_states import RUN, RunState
from fieldsvc.domain.visit_states import CLOSED, PUBLISHED, STARTED, VisitState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.base import entity_type
from fieldsvc.models.evidence import Event
from fieldsvc.models.runs import OptimizationRun, RunScope
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.overtaken import changed_technicians, supersede_overtaken
from fieldsvc.services.publication import publish
from fieldsvc.services.publication_facts import holders, lock_visits, promise_of
from fieldsvc.services.publication_lock import hold_publications
from fieldsvc.services.replaced_plans import ReplacedPlan
from fieldsvc.services.runs import change_run, get_run, move_run
from fieldsvc.services.scopes import scope_of

_APPLIED = (RunState.APPLIED, RunState.PARTLY_APPLIED)
_BEGUN = frozenset({*STARTED, *CLOSED} - {VisitState.CANCELLED})


def revert_run(
    uow: UnitOfWork, run_id: UUID, *, dispatches: bool = False, version: int | None = None
) -> OptimizationRun:
    """Publish anew what a run replaced, while nothing it moved has started.

    The tours of before are timed and judged under the facts of now; visits that no longer hold there are taken out
    and named in the run's `reversal`. A second call changes nothing.
    """
    stored = _read_snapshot(uow, run_id)  # before anything is locked: it takes a while
    run = change_run(uow, Action.RUN_APPLY, run_id, version)
    if run.state is RunState.REVERTED or stored is None:
        return run
    RUN.allowed(run.state, "revert", uow.actor.role)
    hold_publications(uow)
    if run.replaced is None:
        raise Conflict(f"What run {run.number} replaced was not kept.", code="nothing_to_restore")
    before, visits = ReplacedPlan.from_document(run.replaced), lock_visits(uow.session, stored.visits.values())
    _refuse_later_runs(uow, run)
    _refuse_begun(run, before, visits)
    _refuse_plans_by_hand(uow, run, before, visits)
    free = _left_as_published(before, visits)
    now = restored(uow.session, stored, run.team_id, _technicians_of(run), before.published.only(free), uow.now)
    _refuse_obstacles(run, visits, now)
    for number in free & before.windows.keys() & now.snapshot.visits.keys():
        visits[number].arrival_window_start, visits[number].arrival_window_end = before.windows[number] or (None, None)
    had = holders(uow.session, stored)
    done = publish(uow, now.snapshot, now.days, now.left_out, run, dispatches=dispatches)
    uow.flush()
    supersede_overtaken(uow, run, changed_technicians(done.moved, had, holders(uow.session, stored)))
    move_run(uow, run, "revert", "run_reverted", data=dict(done.counts))
    run.reverted_at = uow.now
    run.reversal = {"left_out": sorted(before.published.numbers & {*now.left_out}), **done.counts}
    return run


def _read_snapshot(uow: UnitOfWork, run_id: UUID) -> Snapshot | None:
    """What the run planned from; None where it is taken back already."""
    scope_of(uow.actor, Action.RUN_APPLY)
    run = get_run(uow.session, uow.actor, run_id)
    if run.state is RunState.REVERTED:
        return None
    RUN.allowed(run.state, "revert", uow.actor.role)
    if not run.snapshot:
        raise Erased(f"What run {run.number} planned from was erased with a customer it planned for.")
    return snapshot_from_bytes(run.snapshot)


def _refuse_later_runs(uow: UnitOfWork, run: OptimizationRun) -> None:
    """The newest publication of a technician-day goes back first."""
    own, theirs = aliased(RunScope), _applied_no(OptimizationRun.id)
    runs = uow.session.scalars(
        select(OptimizationRun)
        .join(RunScope, RunScope.run_id == OptimizationRun.id)
        .join(own, (own.technician_id == RunScope.technician_id) & (own.day == RunScope.day))
        .where(own.run_id == run.id, OptimizationRun.state.in_(_APPLIED), theirs > _applied_no(run.id))
        .options(undefer(OptimizationRun.replaced))
        .order_by(theirs.desc())
    )
    later = next((one.number for one in runs.unique() if _changed_by(one) & _changed_by(run)), None)
    if later is not None:
        message = f"Run {later} has published some of the same days after run {run.number}. Take that one back first."
        raise Conflict(message, code="run_overtaken")


def _changed_by(run: OptimizationRun) -> frozenset[UUID]:
    """Whose day a run has made another one."""
    return frozenset() if run.replaced is None else ReplacedPlan.from_document(run.replaced).changed


def _technicians_of(run: OptimizationRun) -> frozenset[UUID]:
    """Whose days a run has published."""
    return frozenset(UUID(one) for one in (run.application or {})["technicians"])


def _refuse_plans_by_hand(
    uow: UnitOfWork, run: OptimizationRun, before: ReplacedPlan, visits: Mapping[str, Visit]
) -> None:
    """What somebody has put on these days since is neither lost nor planned over."""
    taken_back = select(OptimizationRun.id).where(
        OptimizationRun.state == RunState.REVERTED, OptimizationRun.day == run.day
    )
    ours = {run.id, *uow.session.scalars(taken_back)}
    moved = [visits[number] for number in before.windows if visits[number].state in PUBLISHED]
    placed = [visit.number for visit in moved if visit.published_run_id not in ours]
    on_these_days = (
        select(Visit.number)
        .join(Assignment, Assignment.visit_id == Visit.id)
        .where(
            Assignment.technician_id.in_(_technicians_of(run)),
            Assignment.day == run.day,
            Assignment.ended_at.is_(None),
            Visit.state.in_((*PUBLISHED, *STARTED)),
        )
    )
    known = before.published.numbers | before.windows.keys()
    found = sorted({*placed, *(set(uow.session.scalars(on_these_days)) - known)})
    if found:
        faults = [Fault("planned_by_hand", "", f"Visit {number} was planned since.") for number in found]
        message = f"Somebody has planned on these days after run {run.number}. Ask for a new run instead."
        raise Conflict(message, code="run_overtaken", faults=faults)


def _applied_no(run_id: Any) -> ScalarSelect[int]:
    """The number of the change by which a run was applied: clocks may show the same moment twice, or go back."""
    query = select(Event.change_no).where(Event.entity_type == entity_type(OptimizationRun))
    return query.where(Event.entity_id == run_id, Event.to_state.in_(_APPLIED)).scalar_subquery()


def _refuse_begun(run: OptimizationRun, before: ReplacedPlan, visits: Mapping[str, Visit]) -> None:
    faults = [
        Fault("visit_started", "", f"Visit {number} is {visits[number].state}.")
        for number in before.windows
        if visits[number].state in _BEGUN
    ]
    if faults:
        message = f"What run {run.number} planned has begun. Ask for a new run instead."
        raise Conflict(message, code="visit_started", faults=faults)


def _left_as_published(before: ReplacedPlan, visits: Mapping[str, Visit]) -> frozenset[str]:
    """Numbers of the visits that nobody has taken off the plan since, or called off."""
    return frozenset(
        number
        for number, visit in visits.items()
        if visit.state in (*PUBLISHED, *STARTED) or (visit.state is VisitState.UNSCHEDULED and number in before.dropped)
    )


def _refuse_obstacles(run: OptimizationRun, visits: Mapping[str, Visit], now: Restored) -> None:
    """What was promised meanwhile, who is not there any more, and whatever else the checker has against it."""
    faults = [
        Fault("promise_in_the_way", "", f"Visit {number} is {promise}, and has no place in the plan of before.")
        for number in now.left_out
        for promise in (promise_of(visits[number]),)
        if promise is not None
    ]
    faults += [Fault("no_shift", "", f"{name} has no shift on that day any more.") for name in now.absent.values()]
    faults += [Fault("violation", "", sentence) for sentence in now.violations]
    if faults:
        message = f"Run {run.number} can't be taken back as things are. See to these first, or ask for a new run."
        raise Conflict(message, code="not_restorable", faults=faults)
