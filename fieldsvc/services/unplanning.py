"""Taking a visit off the published plan: nobody has it any more, and the parts counted on for it are free."""

from collections.abc import Sequence

from sqlalchemy import false, or_, select

from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.models.assignments import Assignment, PlannedRoute
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.overrides import forget_overrides
from fieldsvc.services.scopes import open_assignments, touch
from fieldsvc.services.tasks import finish_tasks


def take_off_plan(uow: UnitOfWork, visit: Visit, reason: str) -> int:
    """End every open assignment of a visit and forget what is published of it; returns the units freed."""
    released = give_up(uow, open_assignments(uow, visit.id), reason)
    forget_overrides(uow, visit.id)
    finish_tasks(uow, TaskKind.TECHNICIAN_ABSENT, visit)
    visit.planned_start = visit.planned_end = visit.published_run_id = None
    visit.locks_technician = visit.locks_start = False
    visit.lock_earliest = visit.lock_latest = visit.lock_sequence_id = None
    return released


def give_up(uow: UnitOfWork, assignments: Sequence[Assignment], reason: str) -> int:
    """End assignments and free what the plan counted on for them; returns the units."""
    touch_routes(uow, assignments)
    for one in assignments:
        one.ended_at, one.end_reason = uow.now, reason
    return sum(release_parts(one) for one in assignments)


def touch_routes(uow: UnitOfWork, assignments: Sequence[Assignment]) -> None:
    """Let the technician-days of assignments have a new version, so that whoever applies a plan sees the change."""
    days = [(PlannedRoute.technician_id == one.technician_id) & (PlannedRoute.day == one.day) for one in assignments]
    # In the order in which an application locks them.
    routes = select(PlannedRoute).where(or_(false(), *days)).order_by(PlannedRoute.id)
    for row in uow.session.scalars(routes.with_for_update(key_share=True).execution_options(populate_existing=True)):
        touch(row)


def release_parts(assignment: Assignment) -> int:
    """Free what the plan counted on for an assignment; returns the units."""
    released = sum(planned.quantity for planned in assignment.planned_parts)
    assignment.planned_parts.clear()
    return released
