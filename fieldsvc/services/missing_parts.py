"""Planned visits whose parts were taken by somebody, or did not come: the desk is told, once for each visit."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.expected_parts import coming_units
from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.domain.task_states import TaskState
from fieldsvc.domain.visit_states import PUBLISHED, STARTED
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.tasks import Task
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import zone_of
from fieldsvc.services.tasks import finish_tasks, has_open_task, raise_task


def visits_to_look_at(session: OrmSession) -> Sequence[UUID]:
    """Visits that wait for a part of their plan, or of which the desk was told that they do."""
    waiting = select(Reservation.visit_id).where(
        Reservation.state == ReservationState.BACKORDERED, Reservation.is_planned
    )
    told = select(Task.visit_id).where(Task.kind == TaskKind.PART_MISSING, Task.state == TaskState.OPEN)
    query = select(Visit.id).where(Visit.id.in_(waiting) | Visit.id.in_(told))
    return session.scalars(query.order_by(Visit.id)).all()


def tell_of_missing_parts(uow: UnitOfWork, visit_id: UUID) -> bool:
    """Raise a task for a visit whose parts are neither there nor to come in time, or end it; tells whether it did."""
    visit = uow.get(Visit, visit_id, lock=True)
    is_told = has_open_task(uow.session, TaskKind.PART_MISSING, visit.id)
    is_missing = visit.state in (*PUBLISHED, *STARTED) and _misses_parts(uow.session, visit, uow.now)
    if is_missing == is_told:
        return False
    if is_missing:
        raise_task(uow, TaskKind.PART_MISSING, visit)
    else:
        finish_tasks(uow, TaskKind.PART_MISSING, visit)
    return True


def _misses_parts(session: OrmSession, visit: Visit, now: datetime) -> bool:
    day = session.scalar(
        select(Assignment.day).where(Assignment.visit_id == visit.id, Assignment.ended_at.is_(None)).limit(1)
    )
    if day is None:
        return False
    today = now.astimezone(ZoneInfo(zone_of(session, visit.team_id))).date()
    waiting = select(Reservation).where(
        Reservation.visit_id == visit.id,
        Reservation.state == ReservationState.BACKORDERED,
        Reservation.is_planned,
    )
    for one in session.scalars(waiting):
        assert one.location_id is not None, "a plan waits at a place"
        place = one.location_id
        coming = coming_units(session, [place], today, day, passed_over=[visit.id], part_id=one.part_id)
        if coming[place, one.part_id] < one.quantity:
            return True
    return False
