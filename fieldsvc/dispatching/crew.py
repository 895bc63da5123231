"""Technicians and shifts of a day as vehicle shifts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.horizon import Horizon
from fieldsvc.dispatching.jobs import VisitFacts
from fieldsvc.dispatching.places import Places
from fieldsvc.dispatching.scope import Scope
from fieldsvc.domain.absence_states import AbsenceState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.assignments import Assignment, PlannedRoute
from fieldsvc.models.technicians import Absence, Loan, Shift, Technician
from solver.problem import Break, CommittedStop, VehicleShift, Window


@dataclass(frozen=True, slots=True)
class ShiftFacts:
    """A technician's day: what is left of the shift after absences, and the version of what is published of it.

    A technician who is gone has a shift without length: what was promised there can't hold, and says so.
    last_finished: the assignment the technician finished last on that day: where the rest of the day begins.
    """

    technician: Technician
    shift: Shift
    starts_at: datetime
    ends_at: datetime
    route_version: str
    last_finished: Assignment | None


def read_shifts(session: OrmSession, scope: Scope, now: datetime) -> list[ShiftFacts]:
    """Shifts of the scope's technicians on its day, those on loan to the team included; by technician's name."""
    on_loan = select(Loan.technician_id).where(
        Loan.team_id == scope.team_id, Loan.first_day <= scope.day, Loan.last_day >= scope.day
    )
    query = (
        select(Shift)
        .join(Technician)
        .where(
            Shift.day == scope.day,
            Technician.is_active,
            or_(Technician.team_id == scope.team_id, Technician.id.in_(on_loan)),
        )
        .order_by(Technician.name, Technician.id)
    )
    if scope.technicians is not None:
        query = query.where(Technician.id.in_(scope.technicians))
    routes = {
        route.technician_id: route
        for route in session.scalars(select(PlannedRoute).where(PlannedRoute.day == scope.day))
    }
    shifts = session.scalars(query).all()
    absences, finished = _absences(session, shifts), _last_finished(session, shifts, scope.day)
    found = []
    for shift in shifts:
        own = shift.technician_id
        span = _worked_span(shift, absences.get(own, ()), now)
        version = version_of(routes[own]) if own in routes else ""
        found.append(ShiftFacts(shift.technician, shift, *span, version, finished.get(own)))
    return found


def version_of(route: PlannedRoute) -> str:
    """What tells one publication of a technician-day from every other: an emptied day comes back as another row."""
    return f"{route.id}/{route.version}"


def vehicle_shift(
    facts: ShiftFacts, begun: Sequence[VisitFacts], horizon: Horizon, places: Places, now: datetime
) -> VehicleShift:
    """The shift as the solver knows it. begun: visits the technician has started and not finished."""
    technician, shift = facts.technician, facts.shift
    home = (technician.home_latitude, technician.home_longitude)
    start = _place(shift.start_latitude, shift.start_longitude) or home
    starts_at = facts.starts_at
    if facts.last_finished is not None and facts.last_finished.finished_at is not None:
        site = facts.last_finished.visit.site
        start, starts_at = (site.latitude, site.longitude), max(starts_at, facts.last_finished.finished_at)
    starts_at = max(starts_at, _leaves_at(technician, begun, now))
    end = _place(shift.end_latitude, shift.end_longitude) or home
    ends = min(horizon.second(facts.ends_at), horizon.length_s)
    earliest = max(0, min(horizon.second(starts_at), ends))
    overtime = shift.overtime_limit_s if facts.starts_at < facts.ends_at else 0
    return VehicleShift(
        id=shift_id(technician.id, shift.day),
        technician=str(technician.id),
        day=0,
        earliest_start=earliest,
        latest_end=ends,
        start_location=places.index(start, technician.name),
        end_location=places.index(end, technician.name),
        overtime_limit_s=overtime,
        overtime_cents_per_hour=technician.overtime_cents_per_hour,
        breaks=_breaks(shift, earliest, ends + overtime),
        skills=_skills(technician, shift.day),
        tools=frozenset(technician.tools),
        territories=None if technician.territories is None else frozenset(technician.territories),
        cost_cents_per_hour=technician.cost_cents_per_hour,
        cost_cents_per_km=technician.cost_cents_per_km,
        fixed_cost_cents=technician.fixed_cost_cents,
        max_jobs=shift.max_jobs,
        max_pickups=technician.max_pickups,
        profile=technician.travel_profile,
        load_target_s=technician.load_target_s,
        committed=tuple(_committed(one, technician, horizon) for one in begun),
    )


def shift_id(technician: UUID, day: date) -> str:
    """The solver's id of a technician-day."""
    return f"{technician}/{day.isoformat()}"


def _leaves_at(technician: Technician, begun: Sequence[VisitFacts], now: datetime) -> datetime:
    """Before when the technician can't leave: now, or so long ago that who is on the way arrives now at the earliest.

    Who is on site has arrived already; when, is a fact that needs no drive.
    """
    own = next((one for facts in begun for one in facts.assignments if one.technician_id == technician.id), None)
    if own is None:
        return now
    if own.state is VisitState.EN_ROUTE and own.departed_at is not None:
        return max(own.departed_at, now - timedelta(seconds=own.travel_s))
    return datetime.min.replace(tzinfo=UTC)


def _skills(technician: Technician, day: date) -> dict[str, int]:
    """Levels on a day; of several certificates of one skill the highest counts."""
    held = [
        (one.skill, one.level)
        for one in technician.skills
        if one.valid_from <= day and (one.valid_to is None or day <= one.valid_to)
    ]
    return dict(sorted(held))


def _committed(facts: VisitFacts, technician: Technician, horizon: Horizon) -> CommittedStop:
    own = next(one for one in facts.assignments if one.technician_id == technician.id)
    if own.state is VisitState.EN_ROUTE or own.arrived_at is None:
        return CommittedStop(facts.visit.number)
    return CommittedStop(facts.visit.number, horizon.second(own.started_at or own.arrived_at))


def _place(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    return None if latitude is None or longitude is None else (latitude, longitude)


def _breaks(shift: Shift, earliest: int, latest: int) -> tuple[Break, ...]:
    """Breaks that can still be taken whole in what is left of the shift."""
    return tuple(
        Break(f"break-{number}", own["duration_s"], Window(start, end), own["is_paid"])
        for number, own in enumerate(shift.breaks, start=1)
        for start, end in ((max(own["earliest_s"], earliest), min(own["latest_s"], latest - own["duration_s"])),)
        if start <= end
    )


def _absences(session: OrmSession, shifts: Sequence[Shift]) -> dict[UUID, list[Absence]]:
    """Technician to absences that touch the shift, in the order of time."""
    if not shifts:
        return {}
    spans = {shift.technician_id: shift for shift in shifts}
    rows = session.scalars(
        select(Absence)
        .where(
            Absence.technician_id.in_(spans),
            Absence.state == AbsenceState.GRANTED,
            Absence.starts_at < max(shift.ends_at for shift in shifts),
            Absence.ends_at > min(shift.starts_at for shift in shifts),
        )
        .order_by(Absence.starts_at, Absence.id)
    )
    found: dict[UUID, list[Absence]] = {}
    for absence in rows:
        shift = spans[absence.technician_id]
        if absence.starts_at < shift.ends_at and absence.ends_at > shift.starts_at:
            found.setdefault(absence.technician_id, []).append(absence)
    return found


def _worked_span(shift: Shift, absences: Sequence[Absence], now: datetime) -> tuple[datetime, datetime]:
    """The longest piece of the shift that no absence covers and that is not over; its end twice where there is none."""
    pieces, free_from = [], shift.starts_at
    for absence in absences:
        pieces.append((free_from, min(absence.starts_at, shift.ends_at)))
        free_from = max(free_from, absence.ends_at)
    pieces.append((free_from, shift.ends_at))
    left = [(start, end) for start, end in pieces if start < end and end > now]
    return max(left, key=lambda piece: piece[1] - piece[0], default=(shift.ends_at, shift.ends_at))


def _last_finished(session: OrmSession, shifts: Sequence[Shift], day: date) -> dict[UUID, Assignment]:
    """Technician to the assignment finished last on the day."""
    rows = session.scalars(
        select(Assignment)
        .where(
            Assignment.technician_id.in_([shift.technician_id for shift in shifts]),
            Assignment.day == day,
            Assignment.finished_at.is_not(None),
        )
        .order_by(Assignment.finished_at, Assignment.id)
    )
    return {one.technician_id: one for one in rows}
