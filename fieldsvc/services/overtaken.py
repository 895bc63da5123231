"""Proposals that another publication leaves nothing of."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import exists, select

from fieldsvc.domain.run_states import RunState
from fieldsvc.models.runs import OptimizationRun, RunScope
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.runs import move_run


def supersede_overtaken(uow: UnitOfWork, run: OptimizationRun, changed: Iterable[UUID]) -> None:
    """End the proposals all of whose technician-days a run has just published anew.

    changed: the technicians whose day is another one now. A proposal that somebody is applying at this moment is left
    to him: he will find it stale.
    """
    days = frozenset(changed)
    if not days:
        return
    touched = exists().where(RunScope.run_id == OptimizationRun.id, RunScope.technician_id.in_(days))
    untouched = exists().where(RunScope.run_id == OptimizationRun.id, RunScope.technician_id.not_in(days))
    overtaken = (
        select(OptimizationRun)
        .where(
            OptimizationRun.state == RunState.PROPOSED,
            OptimizationRun.day == run.day,
            OptimizationRun.id != run.id,
            touched,
            ~untouched,
        )
        .order_by(OptimizationRun.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    for one in uow.session.scalars(overtaken).all():
        move_run(uow, one, "supersede", "run_superseded", data={"by_run_id": run.id})


def changed_technicians(
    moved: Iterable[str], before: Mapping[str, frozenset[str]], after: Mapping[str, frozenset[str]]
) -> frozenset[UUID]:
    """Everybody who had or has one of the visits that moved; before and after: visit number to solver ids."""
    return frozenset(UUID(one) for number in moved for one in (*before.get(number, ()), *after.get(number, ())))
