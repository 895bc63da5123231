"""Counts that are asked for: the books knew nothing of units that somebody has used."""

from uuid import UUID, uuid5

from sqlalchemy import func, select

from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.task_states import TaskState
from fieldsvc.models.counts import StockCount
from fieldsvc.models.stock import StockLocation, StockMove
from fieldsvc.models.tasks import Task, UnknownUse
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import touch
from fieldsvc.services.tasks import end_task, task_about


def ask_for_count(uow: UnitOfWork, visit: Visit, move_id: UUID, van_id: UUID | None) -> None:
    """Let the warehouse and the desk find out about units of a held part that were used and known to nobody.

    One task is open for a part on a van, and what is used later is added to it. It is for the van's team. Without a
    van there is one for each part and team, for somebody to finish by hand: no count would tell.
    """
    uow.flush()
    move = uow.get(StockMove, move_id)
    van = None if van_id is None else uow.get(StockLocation, van_id)
    team_id = visit.team_id if van is None or van.team_id is None else van.team_id
    subject_id = uuid5(team_id if van is None else van.id, move.part_id.hex)
    task = task_about(uow, TaskKind.COUNT_WANTED, visit, team_id, subject_id)
    uow.session.add(UnknownUse(move_id=move.id, task_id=task.id, location_id=van_id))
    touch(task)
    data = {"part_id": move.part_id, "quantity": move.quantity, "visit_id": visit.id, "move_id": move.id}
    uow.record(task, "unknown_use_noted", data=data | ({} if van_id is None else {"location_id": van_id}))


def end_count_tasks(uow: UnitOfWork, count: StockCount) -> None:
    """End what a count that is posted has answered: all that was used at its place until it was submitted.

    A whole place was counted with all parts that are not there. What was used since has to be counted again.
    """
    wanted = select(UnknownUse.task_id).where(UnknownUse.location_id == count.location_id)
    if not count.is_whole:
        counted = [line.part_id for line in count.lines]
        wanted = wanted.join(StockMove, StockMove.id == UnknownUse.move_id).where(StockMove.part_id.in_(counted))
    tasks = select(Task).where(Task.kind == TaskKind.COUNT_WANTED, Task.state == TaskState.OPEN, Task.id.in_(wanted))
    uow.flush()
    locked = tasks.order_by(Task.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    for task in uow.session.scalars(locked).all():
        told = select(func.max(StockMove.recorded_at)).join(UnknownUse, UnknownUse.move_id == StockMove.id)
        newest = uow.session.scalar(told.where(UnknownUse.task_id == task.id))
        if newest is not None and count.submitted_at is not None and newest <= count.submitted_at:
            end_task(uow, task)
