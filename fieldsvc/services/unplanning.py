"""Taking a visit off the published plan: nobody has it any more, and the parts counted on for it are free."""

from sqlalchemy import select

from fieldsvc.models.assignments import Assignment, PlannedRoute
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import open_assignments, touch


def take_off_plan(uow: UnitOfWork, visit: Visit, reason: str) -> int:
    """End every open assignment of a visit and forget what is published of it; returns the units freed."""
    released = sum(give_up(uow, one, reason) for one in open_assignments(uow, visit.id))
    visit.planned_start = visit.planned_end = visit.published_run_id = None
    visit.locks_technician = visit.locks_start = False
    visit.lock_earliest = visit.lock_latest = None
    return released


def give_up(uow: UnitOfWork, assignment: Assignment, reason: str) -> int:
    """End an assignment and free what the plan counted on for it; returns the units."""
    assignment.ended_at, assignment.end_reason = uow.now, reason
    route = select(PlannedRoute).where(
        PlannedRoute.technician_id == assignment.technician_id, PlannedRoute.day == assignment.day
    )
    for row in uow.session.scalars(route.with_for_update(key_share=True).execution_options(populate_existing=True)):
        touch(row)
    return release_parts(assignment)


def release_parts(assignment: Assignment) -> int:
    """Free what the plan counted on for an assignment; returns the units."""
    released = sum(planned.quantity for planned in assignment.planned_parts)
    assignment.planned_parts.clear()
    return released
