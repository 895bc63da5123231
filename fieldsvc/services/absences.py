"""Absences of technicians: said by those who are sick, asked for by others, decided about by planners."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.absence_states import ABSENCE, NOBODY_IS_ASKED, AbsenceReason, AbsenceState
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.roles import Role
from fieldsvc.domain.visit_states import PUBLISHED
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.technicians import Absence, Technician
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.absence_tasks import settle_absences, tell_of_absence
from fieldsvc.services.publication_lock import hold_publications
from fieldsvc.services.scopes import technicians_in_scope

LONGEST = FURTHEST = timedelta(days=366)
_ACTIVE = (AbsenceState.REQUESTED, AbsenceState.GRANTED)


@dataclass(frozen=True, slots=True)
class AbsenceWish:
    """From when until when somebody does not work, and why; half-open."""

    starts_at: datetime
    ends_at: datetime
    reason: AbsenceReason


def report_absence(uow: UnitOfWork, technician_id: UUID, wish: AbsenceWish) -> Absence:
    """Note that a technician does not work, or asks not to; the same said twice is one absence."""
    _check(uow, wish)
    hold_publications(uow)  # nobody is planned into it meanwhile
    affected = _published_then(uow, technician_id, wish.starts_at, wish.ends_at)  # locked before the technician
    in_scope = technicians_in_scope(uow.actor, Action.ABSENCE_REPORT)
    found = uow.find(Technician, technician_id, lock=True)
    if found is None or uow.session.scalar(select(Technician.id).where(Technician.id == found.id, in_scope)) is None:
        raise NotFound(f"There is no technician {technician_id}.")
    known = uow.session.scalars(
        select(Absence).where(
            Absence.technician_id == technician_id,
            Absence.starts_at == wish.starts_at,
            Absence.ends_at == wish.ends_at,
            Absence.reason == wish.reason,
            Absence.state.in_(_ACTIVE),
        )
    ).first()
    if known is not None:
        return known
    asks = uow.actor.role is Role.TECHNICIAN and wish.reason not in NOBODY_IS_ASKED
    row = ABSENCE.allowed_at_birth("request" if asks else "report", uow.actor.role)
    absence = Absence(
        id=uow.new_id(),
        technician_id=technician_id,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        reason=wish.reason,
        state=row.to,
    )
    uow.session.add(absence)
    kind = "absence_requested" if asks else "absence_reported"
    uow.record(absence, kind, None, row.to, data={"technician_id": technician_id})  # why is nobody's for ever
    if row.to is AbsenceState.GRANTED:
        tell_of_absence(uow, affected)
    return absence


def decide_absence(uow: UnitOfWork, absence_id: UUID, *, is_granted: bool, version: int | None = None) -> Absence:
    """Grant an absence that was asked for, or refuse it."""
    hold_publications(uow)
    absence, affected = _load(uow, absence_id, Action.ABSENCE_DECIDE, version)
    row = ABSENCE.allowed(absence.state, "grant" if is_granted else "refuse", uow.actor.role)
    if is_granted:
        _refuse_over(uow, absence)
    before, absence.state = absence.state, row.to
    uow.record(absence, f"absence_{row.to.value}", before, row.to)
    if is_granted:
        tell_of_absence(uow, affected)
    return absence


def withdraw_absence(uow: UnitOfWork, absence_id: UUID, version: int | None = None) -> Absence:
    """Take an absence back before it begins; one that has begun ends now."""
    absence, affected = _load(uow, absence_id, Action.ABSENCE_REPORT, version)
    row = ABSENCE.allowed(absence.state, "withdraw", uow.actor.role)
    _refuse_over(uow, absence)
    if absence.state is AbsenceState.GRANTED and absence.starts_at < uow.now:
        absence.ends_at = uow.now
        uow.record(absence, "absence_ended", absence.state, absence.state)
    else:
        before, absence.state = absence.state, row.to
        uow.record(absence, "absence_withdrawn", before, row.to)
    uow.flush()
    settle_absences(uow, [visit.id for visit in affected])
    return absence


def list_absences(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: AbsenceState | None = None,
    technician_id: UUID | None = None,
    ends_after: datetime | None = None,
) -> Page[Absence]:
    """One page of the absences the actor may see, by when they begin."""
    own = select(Technician.id).where(technicians_in_scope(actor, Action.ABSENCE_READ))
    query = select(Absence).where(Absence.technician_id.in_(own))
    if state is not None:
        query = query.where(Absence.state == state)
    if technician_id is not None:
        query = query.where(Absence.technician_id == technician_id)
    if ends_after is not None:
        query = query.where(Absence.ends_at > ends_after)
    return fetch_page(session, query, (Absence.starts_at, Absence.id), page)


def _load(uow: UnitOfWork, absence_id: UUID, action: Action, version: int | None) -> tuple[Absence, Sequence[Visit]]:
    """An absence of somebody in the actor's scope, and the visits planned meanwhile, all locked."""
    own = select(Technician.id).where(technicians_in_scope(uow.actor, action))
    query = select(Absence).where(Absence.id == absence_id, Absence.technician_id.in_(own))
    found = uow.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no absence {absence_id}.")
    affected = _published_then(uow, found.technician_id, found.starts_at, found.ends_at)
    return uow.get(Absence, absence_id, version=version, lock=True), affected


def _published_then(uow: UnitOfWork, technician_id: UUID, starts_at: datetime, ends_at: datetime) -> Sequence[Visit]:
    """Visits that a technician is to make in a time, locked in one order."""
    planned = select(Assignment.visit_id).where(
        Assignment.technician_id == technician_id,
        Assignment.ended_at.is_(None),
        Assignment.state.in_(PUBLISHED),
        Assignment.planned_start < ends_at,
        Assignment.planned_end > starts_at,
    )
    query = select(Visit).where(Visit.id.in_(planned), Visit.state.in_(PUBLISHED)).order_by(Visit.id)
    return uow.session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def _refuse_over(uow: UnitOfWork, absence: Absence) -> None:
    if absence.ends_at <= uow.now:
        raise Conflict("This absence is over.", code="absence_over")


def _check(uow: UnitOfWork, wish: AbsenceWish) -> None:
    """Refuse what can't be; who was out of reach tells late that he was sick."""
    said_at = uow.occurred_at if wish.reason in NOBODY_IS_ASKED else uow.now
    faults = []
    if wish.ends_at <= wish.starts_at:
        faults.append(Fault("times_inverted", "/ends_at", "The absence ends before it begins."))
    elif wish.ends_at <= said_at:
        faults.append(Fault("time_over", "/ends_at", "This time has passed."))
    elif wish.ends_at - wish.starts_at > LONGEST:
        faults.append(Fault("too_long", "/ends_at", f"An absence lasts {LONGEST.days} days at most."))
    if wish.starts_at > uow.now + FURTHEST:
        message = f"An absence begins within {FURTHEST.days} days."
        faults.append(Fault("out_of_range", "/starts_at", message))
    if faults:
        raise Invalid("The absence can't be noted like this.", faults=faults)
