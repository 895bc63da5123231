"""A second person looks at what was done, where the job type wants it: another one than who worked there."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.inspections import Inspection
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import load_visit, touch
from fieldsvc.services.tasks import finish_tasks, raise_task
from fieldsvc.services.tickets import follow_visits


def inspect_visit(
    uow: UnitOfWork, visit_id: UUID, *, passed: bool, note: str | None, version: int | None = None
) -> Visit:
    """Note what a second person found; the newest counts. What does not pass is for the desk to decide about."""
    assert uow.actor.user_id is not None, "only users inspect"
    visit = load_visit(uow, visit_id, Action.VISIT_INSPECT, version)
    if visit.state is not VisitState.COMPLETED:
        raise Conflict(f"The visit is {visit.state}: there is nothing to inspect.", code="nothing_to_inspect")
    if uow.actor.technician_id is not None and uow.actor.technician_id in _sent_there(uow, visit_id):
        raise Conflict("Another person than who worked there has to inspect it.", code="needs_other_person")
    if not passed and not note:
        raise Invalid(
            "What does not pass needs a note.", faults=[Fault("note_needed", "/note", "Say what is not right.")]
        )
    inspection = Inspection(
        id=uow.new_id(),
        visit_id=visit.id,
        user_id=uow.actor.user_id,
        passed=passed,
        note=note,
        occurred_at=uow.occurred_at,
        recorded_at=uow.now,
    )
    uow.session.add(inspection)
    touch(visit)
    uow.record(visit, "visit_inspected", data={"inspection_id": inspection.id, "passed": passed})
    finish_tasks(uow, TaskKind.INSPECTION_WANTED, visit)
    if passed:
        finish_tasks(uow, TaskKind.INSPECTION_FAILED, visit)
    else:
        raise_task(uow, TaskKind.INSPECTION_FAILED, visit)
    follow_visits(uow, visit.ticket)
    return visit


def newest_inspections(session: OrmSession, visit_ids: Collection[UUID]) -> dict[UUID, Inspection]:
    """Return by visit the inspection that counts."""
    query = select(Inspection).where(Inspection.visit_id.in_(list(visit_ids))).order_by(Inspection.id)
    return {one.visit_id: one for one in session.scalars(query)}  # the newest is the last


def _sent_there(uow: UnitOfWork, visit_id: UUID) -> set[UUID]:
    """Return the technicians who were there, or may have been."""
    there = select(Assignment.technician_id).where(
        Assignment.visit_id == visit_id, Assignment.ended_at.is_(None) | Assignment.arrived_at.is_not(None)
    )
    return set(uow.session.scalars(there))
