"""The count that a task asks for, opened from the task."""

from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.count_states import CountState
from fieldsvc.domain.errors import Conflict, NotFound
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.task_states import TaskState
from fieldsvc.models.counts import StockCount, StockCountLine
from fieldsvc.models.stock import StockLocation
from fieldsvc.models.tasks import Task
from fieldsvc.models.technicians import Technician
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.counts import CountWish, open_count
from fieldsvc.services.scopes import locations_in_scope, scope_of


def open_wanted_count(uow: UnitOfWork, task_id: UUID) -> StockCount:
    """Open a count of the part at the place that a task names; one that is open there already is that count."""
    scope_of(uow.actor, Action.COUNT)
    task = uow.find(Task, task_id, lock=True)
    if task is None or not _may_count(uow, task.location_id):
        raise NotFound(f"There is no count that task {task_id} asks for.")
    if task.state is not TaskState.OPEN:
        raise Conflict("This has been counted, or somebody has said what came of it.", code="count_not_wanted")
    assert task.location_id is not None, "only what has a place may be counted"
    assert task.part_id is not None, "what has a place has a part"
    lines = select(StockCountLine.count_id).where(StockCountLine.part_id == task.part_id)
    same = select(StockCount).where(
        StockCount.location_id == task.location_id, StockCount.state == CountState.OPEN, StockCount.id.in_(lines)
    )
    opened = uow.session.scalars(same.order_by(StockCount.opened_at, StockCount.id).limit(1)).first()
    return opened or open_count(uow, CountWish(task.location_id, (task.part_id,)))


def _may_count(uow: UnitOfWork, location_id: UUID | None) -> bool:
    """Tell whether the actor counts there; a technician does on the own van alone."""
    if location_id is None:
        return False
    if scope_of(uow.actor, Action.COUNT) is Scope.OWN:
        own_van = select(Technician.van_location_id).where(Technician.id == uow.actor.technician_id)
        return uow.session.scalar(own_van) == location_id
    here = select(StockLocation.id).where(StockLocation.id == location_id, locations_in_scope(uow.actor, Action.COUNT))
    return uow.session.scalar(here) is not None
