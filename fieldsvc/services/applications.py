"""Applying a proposal: what still holds is published in one piece, the rest is skipped and named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.crew import version_of
from fieldsvc.dispatching.days import days_of, technicians_of, unplanned_numbers
from fieldsvc.dispatching.restriction import publishable
from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.dispatching.storage import StoredProposal, read_proposal
from fieldsvc.domain.errors import Erased, Fault, Forbidden, Invalid
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RUN, RunState
from fieldsvc.models.assignments import PlannedRoute
from fieldsvc.models.runs import OptimizationRun
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.overtaken import changed_technicians, supersede_overtaken
from fieldsvc.services.publication import publish
from fieldsvc.services.publication_facts import holders, lock_visits, promise_of
from fieldsvc.services.publication_lock import hold_publications
from fieldsvc.services.replaced_plans import note_replaced
from fieldsvc.services.runs import change_run, get_run, move_run
from fieldsvc.services.scopes import scope_of


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How much of a proposal is published, and how.

    technicians: only these days; None = all. dispatches: tell the phones at once, not at the policy's hour.
    most_disrupted: how many visits that somebody was told of a dispatcher may move; None = any number.
    """

    technicians: frozenset[UUID] | None = None
    dispatches: bool = False
    most_disrupted: int | None = None


def apply_run(uow: UnitOfWork, run_id: UUID, options: ApplyOptions, version: int | None = None) -> OptimizationRun:
    """Publish a proposal as far as nothing it rests on has changed.

    Whole technician-days are published or skipped, with every day that shares a visit with a skipped one. The run
    ends applied, partly_applied, or stale where nothing could be published.
    """
    proposal = _read_proposal(uow, run_id)  # before anything is locked: it takes a while
    stored, plan = proposal.snapshot, proposal.plan
    run = change_run(uow, Action.RUN_APPLY, run_id, version)
    RUN.allowed(run.state, "apply", uow.actor.role)
    _check_options(stored, options)
    hold_publications(uow)  # stock that two plans count on is locked by neither
    visits = lock_visits(uow.session, stored.visits.values())
    published = holders(uow.session, stored)
    skipped = _changed_days(uow.session, stored, visits, published, technicians_of(stored, plan))
    skipped |= _unwanted_days(stored, options)
    skipped |= _kept_promises(stored, visits, published, unplanned_numbers(plan))
    current = publishable(uow.session, stored, plan, run.team_id, published, skipped, uow.now)
    skipped = dict(current.skipped)
    days, left_out = days_of(current.snapshot, current.plan), unplanned_numbers(current.plan)
    replaced = note_replaced(uow.session, current.snapshot, visits)
    done = publish(uow, current.snapshot, days, left_out, run, dispatches=options.dispatches)
    _check_disruption(uow, done.disrupted, options)
    uow.flush()
    changed = changed_technicians(done.moved, published, holders(uow.session, stored))
    run.replaced = replaced.to_document(done, changed)
    supersede_overtaken(uow, run, changed)
    _close(uow, run, stored, skipped, done.counts)
    return run


def _check_disruption(uow: UnitOfWork, disrupted: int, options: ApplyOptions) -> None:
    """Leave big changes of what people were told to a supervisor; all that was written is undone with the refusal."""
    most = options.most_disrupted
    if most is not None and disrupted > most and uow.actor.role is Role.DISPATCHER:
        message = (
            f"This would move {disrupted} visits that somebody was told of, and a dispatcher may move {most} at once. "
            "Apply fewer days, or ask a supervisor."
        )
        raise Forbidden(message, code="needs_supervisor")


def _read_proposal(uow: UnitOfWork, run_id: UUID) -> StoredProposal:
    """What a run proposes; it never changes once it is there."""
    scope_of(uow.actor, Action.RUN_APPLY)
    run = get_run(uow.session, uow.actor, run_id)
    RUN.allowed(run.state, "apply", uow.actor.role)
    if not run.snapshot or not run.plan:
        raise Erased(f"What run {run.number} proposed was erased with a customer it planned for.")
    return read_proposal(run.snapshot, run.plan)


def _close(
    uow: UnitOfWork, run: OptimizationRun, stored: Snapshot, skipped: Mapping[str, str], changed: Mapping[str, int]
) -> None:
    routes = sorted(stored.technicians.keys() - skipped.keys())
    if not routes:
        move_run(uow, run, "go_stale", "run_gone_stale", reason="changed_meanwhile")
    elif skipped:
        move_run(uow, run, "apply_partly", "run_partly_applied", data=dict(changed))
    else:
        move_run(uow, run, "apply", "run_applied", data=dict(changed))
    if run.state is not RunState.STALE:
        run.applied_at, run.applied_by = uow.now, uow.actor.user_id
    names = {one.id: one.name for one in stored.problem.technicians}
    run.application = {
        "technicians": routes,
        "skipped": [
            {"technician_id": technician, "technician": names.get(technician, ""), "because": because}
            for technician, because in sorted(skipped.items())
        ],
        **changed,
    }


def _changed_days(
    session: OrmSession,
    stored: Snapshot,
    visits: Mapping[str, Visit],
    published: Mapping[str, frozenset[str]],
    planned: Mapping[str, frozenset[str]],
) -> dict[str, str]:
    """Technician-days that changed since the snapshot, or that have or would get a visit that did."""
    skipped: dict[str, str] = {}
    rows = session.scalars(
        select(PlannedRoute)
        .where(PlannedRoute.technician_id.in_(stored.technicians.values()), PlannedRoute.day == stored.horizon.day)
        .order_by(PlannedRoute.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    versions = {str(route.technician_id): version_of(route) for route in rows}
    for technician, version in stored.route_versions.items():
        if versions.get(technician, "") != version:
            skipped[technician] = "the day was published anew meanwhile"
    for number, seen in stored.visit_versions.items():
        if visits[number].version != seen:
            for technician in {*published.get(number, ()), *planned.get(number, ())} & stored.technicians.keys():
                skipped.setdefault(technician, f"visit {number} has changed meanwhile")
    return skipped


def _check_options(stored: Snapshot, options: ApplyOptions) -> None:
    if options.technicians is None:
        return
    known = set(stored.technicians.values())
    faults = [
        Fault("unknown_reference", "/technicians", f"Technician {technician} is not in this run.")
        for technician in sorted(options.technicians)
        if technician not in known
    ]
    if not options.technicians:
        faults.append(Fault("empty", "/technicians", "Name at least one technician, or leave the field out for all."))
    if faults:
        raise Invalid("The proposal can't be applied as asked.", faults=faults)


def _unwanted_days(stored: Snapshot, options: ApplyOptions) -> dict[str, str]:
    if options.technicians is None:
        return {}
    return {
        technician: "it was not among those to apply"
        for technician, row_id in stored.technicians.items()
        if row_id not in options.technicians
    }


def _kept_promises(
    stored: Snapshot, visits: Mapping[str, Visit], published: Mapping[str, frozenset[str]], left_out: Sequence[str]
) -> dict[str, str]:
    """Days whose accepted or locked visit the plan leaves out: it keeps its place until a dispatcher decides."""
    return {
        technician: f"visit {number} is {promise}, but can't be kept; decide about it first"
        for number in left_out
        for promise in ("shared with others" if number in stored.held else promise_of(visits[number]),)
        if promise is not None
        for technician in published.get(number, ())
        if technician in stored.technicians
    }
