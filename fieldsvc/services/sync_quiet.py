"""Whether what has happened meanwhile can have changed anything on a phone.

Only to spare a look at everything that belongs on it: whatever is not known to be somebody else's is looked into.
"""

from collections.abc import Collection, Set
from uuid import UUID

from sqlalchemy import select

from fieldsvc.models.assignments import Assignment
from fieldsvc.models.evidence import Event
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork

# So many changes are looked through; after more it is as quick to look at what belongs on the phone.
_MOST_CHANGES = 2_000


def may_concern(uow: UnitOfWork, since: int, last: int, held_visits: Collection[UUID]) -> bool:
    """Return whether a change after `since`, up to `last`, can be one of what the actor's phone shows.

    It can't if it was made by others, at a visit that is not among the phone's, or at another one's phone.
    """
    if last - since > _MOST_CHANGES:
        return True
    changed = uow.session.execute(
        select(Event.entity_type, Event.entity_id, Event.actor_id).where(Event.change_no > since)
    ).all()
    if any(one.actor_id == uow.actor.user_id for one in changed):
        return True
    own: dict[str, Set[UUID]] = {"device": frozenset(), **_own_things(uow, held_visits)}
    return any(one.entity_type not in own or one.entity_id in own[one.entity_type] for one in changed)


def _own_things(uow: UnitOfWork, held_visits: Collection[UUID]) -> dict[str, Set[UUID]]:
    """Return visits on the phone or meant for it, with their tickets and everybody's assignments to them."""
    meant = select(Assignment.visit_id).where(
        Assignment.technician_id == uow.actor.technician_id, Assignment.ended_at.is_(None)
    )
    rows = uow.session.execute(
        select(Visit.id, Visit.ticket_id, Assignment.id)
        .outerjoin(Assignment, Assignment.visit_id == Visit.id)
        .where(Visit.id.in_(meant) | Visit.id.in_(held_visits))
    ).all()
    visits, tickets, assignments = (frozenset(column) for column in zip(*rows, strict=True)) if rows else ((),) * 3
    return {"visit": frozenset(visits), "ticket": frozenset(tickets), "assignment": frozenset(assignments)}
