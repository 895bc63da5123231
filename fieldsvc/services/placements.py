"""Planning by hand: a dispatcher puts a visit on somebody's day, and the checker says what that breaks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from fieldsvc.adapters.travel import TravelTimes
from fieldsvc.dispatching.placing import Placed, placed
from fieldsvc.dispatching.scope import Scope
from fieldsvc.domain.catalogue import OverrideReason
from fieldsvc.domain.errors import ChangedMeanwhile, Conflict, Fault, Invalid
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.visit_states import PUBLISHED, VisitState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.technicians import Shift, Technician
from fieldsvc.models.visits import Visit, VisitPredecessor
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.outcomes import Notice, Outcome
from fieldsvc.services.overrides import accept_broken, overrides_of, restore_overrides
from fieldsvc.services.publication import publish
from fieldsvc.services.publication_facts import lock_visits
from fieldsvc.services.publication_lock import hold_publications
from fieldsvc.services.publication_parts import clear_left_day
from fieldsvc.services.scopes import load_visit, open_assignments, scope_of, works_for, zone_of
from fieldsvc.services.unplanning import give_up
from fieldsvc.services.visit_returns import refuse_if_begun
from fieldsvc.services.visits import check_row

FURTHEST = timedelta(days=366)
_FOLLOWERS = "precedence"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a visit is wanted. technicians: the first brings the parts and leads; several for a crew.

    reason: why, where that breaks a rule; None = then not. is_locked: no run may move it from there.
    """

    technicians: tuple[UUID, ...]
    start: datetime
    reason: OverrideReason | None = None
    is_locked: bool = False


def place_visit(
    uow: UnitOfWork, travel: TravelTimes, visit_id: UUID, wanted: Placement, version: int | None = None
) -> Outcome:
    """Publish a visit where somebody wants it, with the days it leaves and comes to.

    Where that breaks rules it takes a reason; each (rule, visit) is then stored as accepted.
    """
    scope_of(uow.actor, Action.VISIT_PLACE)
    hold_publications(uow)  # before any visit is locked
    visit = load_visit(uow, visit_id, Action.VISIT_PLACE, version)
    action = "plan" if visit.state is VisitState.UNSCHEDULED else "reassign"
    check_row(uow, visit.state, action)
    refuse_if_begun(uow, visit, action)
    day = wanted.start.astimezone(ZoneInfo(zone_of(uow.session, visit.team_id))).date()
    _check(uow, visit, wanted, day)
    now_on = open_assignments(uow, visit.id)
    found = _placed(uow, travel, visit, wanted, day, now_on)
    faults = [Fault(one.rule, "", f"{one.number or visit.number}: {one.sentence}") for one in found.broken]
    faults += _followers_before(uow, visit, found, wanted)
    if faults and wanted.reason is None:
        message = "There the visit breaks rules. Give a reason, or another place."
        raise Conflict(message, code="rules_broken", faults=faults)
    _refuse_changed(uow, found)
    _publish(uow, visit, found, now_on, day)
    _lock(uow, visit, is_locked=wanted.is_locked)
    if faults and wanted.reason is not None:
        _accept(uow, visit, found, faults, wanted.reason)
    return Outcome(visit, tuple(Notice(f"overridden_{fault.code}", fault.message) for fault in faults))


def _publish(uow: UnitOfWork, visit: Visit, found: Placed, now_on: Sequence[Assignment], day: date) -> None:
    """Make the days that were found the published ones; what was accepted of neighbours is accepted still."""
    known = overrides_of(uow, found.snapshot.visits.values())
    give_up(uow, [one for one in now_on if one.day != day], "reassigned")
    uow.flush()
    publish(uow, found.snapshot, found.days, (), None, dispatches=False)
    for one in now_on:
        if one.ended_at is not None:
            clear_left_day(uow, one.technician_id, one.day)
    standing = {(_visit_of(found, number, visit), rule) for number, rule in found.standing}
    restore_overrides(uow, [one for one in known if (one.visit_id, one.rule) in standing and one.visit_id != visit.id])


def _accept(uow: UnitOfWork, visit: Visit, found: Placed, faults: Sequence[Fault], reason: OverrideReason) -> None:
    """Store which rules are broken with open eyes."""
    broken = {(_visit_of(found, one.number, visit), one.rule) for one in found.broken}
    broken |= {(visit.id, fault.code) for fault in faults if fault.code == _FOLLOWERS}
    accept_broken(uow, broken, reason)
    data = {"rules": sorted({fault.code for fault in faults})}
    uow.record(visit, "rules_overridden", visit.state, visit.state, reason=reason.value, data=data)


def _visit_of(found: Placed, number: str | None, placed_one: Visit) -> UUID:
    """The visit that a rule is broken at; what is broken on the day is laid to the one that was placed."""
    return found.snapshot.visits.get(number or "", placed_one.id)


def _lock(uow: UnitOfWork, visit: Visit, *, is_locked: bool) -> None:
    """Lock a visit where it is, or let runs move it; what it was locked to before is over."""
    visit.lock_earliest = visit.lock_latest = visit.lock_sequence_id = None
    if (visit.locks_technician, visit.locks_start) != (is_locked, is_locked):
        visit.locks_technician = visit.locks_start = is_locked
        uow.record(visit, "visit_locked" if is_locked else "visit_unlocked", visit.state, visit.state)


def _followers_before(uow: UnitOfWork, visit: Visit, found: Placed, wanted: Placement) -> list[Fault]:
    """Visits of other days or technicians that would start before this one, which they have to follow, has ended."""
    ends = wanted.start + timedelta(seconds=visit.service_s)
    followers = (
        select(Visit, VisitPredecessor.lag_s)
        .join(VisitPredecessor, VisitPredecessor.visit_id == Visit.id)
        .where(
            VisitPredecessor.predecessor_id == visit.id,
            Visit.id.not_in(list(found.snapshot.visits.values())),
            Visit.state.in_(PUBLISHED),
        )
    )
    return [
        Fault(_FOLLOWERS, "", f"{other.number}: has to follow visit {visit.number}, and starts before its end")
        for other, lag_s in uow.session.execute(followers)
        if other.planned_start is not None and other.planned_start < ends + timedelta(seconds=lag_s)
    ]


def _placed(
    uow: UnitOfWork, travel: TravelTimes, visit: Visit, wanted: Placement, day: date, now_on: Sequence[Assignment]
) -> Placed:
    """Time and judge the days of everybody who has the visit on that day, or is to have it."""
    concerned = frozenset((*wanted.technicians, *(one.technician_id for one in now_on if one.day == day)))
    scope = Scope(visit.team_id, day, concerned, besides=visit.id)
    found = placed(uow.session, scope, travel, uow.now, wanted.technicians, wanted.start)
    if found is None:
        message = "It can't stand there, whatever rules that breaks: somebody is at work then, or there is no road."
        raise Conflict(message, code="not_placeable")
    return found


def _check(uow: UnitOfWork, visit: Visit, wanted: Placement, day: date) -> None:
    known = set(
        uow.session.scalars(
            select(Technician.id).where(
                Technician.id.in_(wanted.technicians), Technician.is_active, works_for({visit.team_id}, day)
            )
        )
    )
    working = set(
        uow.session.scalars(
            select(Shift.technician_id).where(Shift.technician_id.in_(wanted.technicians), Shift.day == day)
        )
    )
    faults = []
    for index, technician in enumerate(wanted.technicians):
        pointer = f"/technician_ids/{index}"
        if technician not in known:
            message = f"There is no technician {technician} who works for the visit's team on {day.isoformat()}."
            faults.append(Fault("unknown_reference", pointer, message))
        elif technician not in working:
            faults.append(Fault("no_shift", pointer, f"Technician {technician} has no shift on {day.isoformat()}."))
        if technician in wanted.technicians[:index]:
            faults.append(Fault("duplicate", pointer, f"Technician {technician} is named twice."))
    if not uow.now <= wanted.start <= uow.now + FURTHEST:
        message = f"A visit starts between now and in {FURTHEST.days} days; {wanted.start.isoformat()} does not."
        faults.append(Fault("out_of_range", "/start", message))
    if faults:
        raise Invalid("The visit can't be put there.", faults=faults)


def _refuse_changed(uow: UnitOfWork, found: Placed) -> None:
    """What was judged has to be what is published: somebody may have said yes or set off meanwhile."""
    visits = lock_visits(uow.session, found.snapshot.visits.values())
    if any(visits[number].version != seen for number, seen in found.snapshot.visit_versions.items()):
        raise ChangedMeanwhile("A visit of these days has changed meanwhile.")
