"""A technician's own visits as a calendar, under a secret link that other programs poll.

It says when and what, and neither for whom nor where: whoever runs the calendar program reads it too.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import NotFound
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.access import User
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.calendars import CalendarLink
from fieldsvc.models.job_types import JobType
from fieldsvc.models.technicians import Technician
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.users import lock_user

_BACK, _AHEAD = timedelta(days=31), timedelta(days=180)
_NOT_ON_PHONE = (VisitState.UNSCHEDULED, VisitState.PLANNED, VisitState.CANCELLED)
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewCalendar:
    """A link with its token, which is not kept: this is the only time it is seen."""

    link: CalendarLink
    token: str
    public_url: str

    @property
    def url(self) -> str:
        """Return what a calendar program subscribes to."""
        return f"{self.public_url}/calendars/{self.token}.ics"


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit. id: that of the visit, so that a program knows it again when it moves."""

    id: UUID
    title: str
    start: datetime
    end: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class CalendarView:
    """The calendar of somebody."""

    name: str
    entries: Sequence[Entry]


def create_calendar(uow: UnitOfWork, public_url: str) -> NewCalendar:
    """Give the actor a link to the own calendar; one of before opens nothing any more."""
    assert uow.actor.user_id is not None, "only users have calendars"
    _end(uow, uow.actor.user_id)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    link = CalendarLink(id=uow.new_id(), user_id=uow.actor.user_id, token_hash=_hash(token), created_at=uow.now)
    uow.session.add(link)
    uow.record(link, "calendar_link_created", data={"user_id": link.user_id})
    return NewCalendar(link, token, public_url)


def end_calendar(uow: UnitOfWork) -> None:
    """Let the actor's link open nothing any more; without one nothing changes."""
    assert uow.actor.user_id is not None, "only users have calendars"
    _end(uow, uow.actor.user_id)


def read_calendar(session: OrmSession, token: str, now: datetime) -> CalendarView:
    """Return the visits that were sent to whom a link belongs; one that is no link opens nothing."""
    holder = select(User).join(CalendarLink, CalendarLink.user_id == User.id).where(User.is_active)
    user = session.scalar(holder.where(CalendarLink.token_hash == _hash(token), CalendarLink.revoked_at.is_(None)))
    if user is None or user.technician_id is None:
        raise NotFound("This link does not open anything (any more).")
    name = session.get_one(Technician, user.technician_id).name
    kind = JobType.name_zh if user.language.startswith("zh") else JobType.name_en
    rows = session.execute(
        select(Visit.id, Visit.number, kind, Assignment.planned_start, Assignment.planned_end, Assignment.dispatched_at)
        .join(Visit, Visit.id == Assignment.visit_id)
        .join(JobType, JobType.id == Visit.job_type_id)
        .where(
            Assignment.technician_id == user.technician_id,
            Assignment.ended_at.is_(None),
            Assignment.state.not_in(_NOT_ON_PHONE),
            Assignment.planned_start.between(now - _BACK, now + _AHEAD),
        )
        .order_by(Assignment.planned_start, Visit.id)
    )
    return CalendarView(
        name,
        [
            Entry(visit_id, f"{number} {what}", start, end, sent or start)
            for visit_id, number, what, start, end, sent in rows
        ],
    )


def _end(uow: UnitOfWork, user_id: UUID) -> None:
    lock_user(uow, user_id)
    open_ones = select(CalendarLink).where(CalendarLink.user_id == user_id, CalendarLink.revoked_at.is_(None))
    for link in uow.session.scalars(open_ones.with_for_update()):
        link.revoked_at = uow.now
        uow.record(link, "calendar_link_ended", data={"user_id": user_id})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
