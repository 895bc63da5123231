"""Whoever counted on somebody who is absent: told by a task for each visit, until it is settled."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.absence_states import AbsenceState
from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.task_states import TaskState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.tasks import Task
from fieldsvc.models.technicians import Absence
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.tasks import finish_tasks, raise_task


def tell_of_absence(uow: UnitOfWork, visits: Iterable[Visit]) -> None:
    """Let somebody at the desk look at visits whose technician will not be there. The visits are locked."""
    for visit in visits:
        raise_task(uow, TaskKind.TECHNICIAN_ABSENT, visit)


def settle_absences(uow: UnitOfWork, visit_ids: Iterable[UUID]) -> None:
    """Finish the tasks of visits that nobody who is absent then has any more. The visits are locked."""
    told = select(Task.visit_id).where(
        Task.kind == TaskKind.TECHNICIAN_ABSENT, Task.state == TaskState.OPEN, Task.visit_id.in_(list(visit_ids))
    )
    waiting = {visit_id for visit_id in uow.session.scalars(told) if visit_id is not None}
    if not waiting:
        return
    still = (
        select(Assignment.visit_id)
        .join(Absence, Absence.technician_id == Assignment.technician_id)
        .where(
            Assignment.visit_id.in_(waiting),
            Assignment.ended_at.is_(None),
            Absence.state == AbsenceState.GRANTED,
            Assignment.planned_start < Absence.ends_at,
            Assignment.planned_end > Absence.starts_at,
        )
    )
    for visit_id in sorted(waiting - set(uow.session.scalars(still))):
        finish_tasks(uow, TaskKind.TECHNICIAN_ABSENT, uow.get(Visit, visit_id))
