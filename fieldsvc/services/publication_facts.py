"""What a publication looks at before it writes: the visits as they are now, who has them, and what was promised."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.domain.promises import arrival_window
from fieldsvc.domain.visit_states import PUBLISHED, VisitState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.visits import Visit


def lock_visits(session: OrmSession, ids: Iterable[UUID]) -> dict[str, Visit]:
    """Visits by number as they are now, locked in one order."""
    rows = session.scalars(
        select(Visit)
        .where(Visit.id.in_(ids))
        .order_by(Visit.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {visit.number: visit for visit in rows}


def holders(session: OrmSession, stored: Snapshot) -> dict[str, frozenset[str]]:
    """Visit number to the technicians (solver ids) who have it now."""
    numbers = {visit_id: number for number, visit_id in stored.visits.items()}
    found: dict[str, set[str]] = {}
    rows = session.execute(
        select(Assignment.visit_id, Assignment.technician_id).where(
            Assignment.visit_id.in_(numbers), Assignment.ended_at.is_(None)
        )
    )
    for visit_id, technician_id in rows:
        found.setdefault(numbers[visit_id], set()).add(str(technician_id))
    return {number: frozenset(technicians) for number, technicians in found.items()}


def promise_of(visit: Visit) -> str | None:
    """What keeps a published visit from being taken out by a plan: a technician's word or a lock; None = nothing."""
    if visit.state not in PUBLISHED:
        return None
    if visit.state is VisitState.ACCEPTED:
        return "accepted"
    is_locked = visit.locks_technician or visit.locks_start or visit.lock_earliest is not None
    return "locked" if is_locked else None


def promise_arrival(visit: Visit, start: datetime) -> None:
    """Keep the promised arrival window while a start lies in it, else promise another."""
    first, last = visit.arrival_window_start, visit.arrival_window_end
    promised = (first, last) if first is not None and last is not None else None
    agreed = [(window.earliest, window.latest) for window in visit.windows]
    visit.arrival_window_start, visit.arrival_window_end = arrival_window(start, promised, agreed)
