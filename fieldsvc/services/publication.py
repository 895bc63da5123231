"""Writing a plan into the database: assignments, pick-ups, parts counted on, and the state of every visit it moves."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select

from fieldsvc.dispatching.days import DayPlan, VisitPlan
from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.domain.promises import is_retimed_only
from fieldsvc.domain.roles import Role
from fieldsvc.domain.visit_states import STARTED, VISIT, VisitState
from fieldsvc.models.assignments import Assignment, PlannedRoute
from fieldsvc.models.runs import OptimizationRun
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.absence_tasks import settle_absences
from fieldsvc.services.overrides import forget_overrides
from fieldsvc.services.planned_reservations import reserve_planned
from fieldsvc.services.procedures import newest_procedures
from fieldsvc.services.publication_facts import promise_arrival
from fieldsvc.services.publication_parts import add_pickup, clear_pickups, count_on
from fieldsvc.services.scopes import touch
from fieldsvc.services.sending import send_out
from fieldsvc.services.tickets import follow_visits

_WAY = ("position", "planned_arrival", "travel_s", "travel_m")
# Somebody knows of the visit: taking it away, or to another time, is a disruption.
_TOLD = (VisitState.DISPATCHED, VisitState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Publication:
    """What was done: visits by what happened to them, the numbers of those with another place, and with none now.

    disrupted: of those, how many somebody had been told of.
    """

    counts: Mapping[str, int]
    moved: frozenset[str]
    dropped: frozenset[str]
    disrupted: int = 0


def publish(
    uow: UnitOfWork,
    snapshot: Snapshot,
    days: Sequence[DayPlan],
    left_out: Sequence[str],
    run: OptimizationRun | None,
    *,
    dispatches: bool,
) -> Publication:
    """Make days without violations the published ones of the snapshot.

    left_out: numbers of visits that are in no day; those that are in one now are taken out. run: whose plan it is;
    None = somebody plans by hand.
    """
    if not snapshot.technicians:
        return Publication({}, frozenset(), frozenset())
    writer = _Writer(uow, snapshot, days, run)
    clear_pickups(uow, snapshot, writer.open_assignments())
    for number in left_out:
        writer.drop(number)
    for day in days:
        writer.write_day(day)
    writer.close_empty_days()
    if dispatches:
        writer.dispatch()
    uow.flush()
    settle_absences(uow, writer.touched)
    for ticket in {visit.ticket_id: visit.ticket for visit in writer.touched.values()}.values():
        follow_visits(uow, ticket, settles=False)
    reserve_planned(uow, writer.judged(), {visit.ticket_id for visit in writer.visits.values()})
    return Publication(dict(writer.counts), frozenset(writer.moved), frozenset(writer.dropped), writer.disrupted)


class _Writer:
    """One publication: rows of the snapshot's days by visit and technician, and what was done to them."""

    def __init__(
        self, uow: UnitOfWork, snapshot: Snapshot, days: Sequence[DayPlan], run: OptimizationRun | None
    ) -> None:
        self.uow, self.snapshot, self.days = uow, snapshot, days
        self.run_id = None if run is None else run.id
        # A run moves visits, whoever applies it: those rows of the table are the system's.
        self.role = uow.actor.role if run is None else Role.SYSTEM
        self.counts: Counter[str] = Counter()
        self.touched: dict[UUID, Visit] = {}
        self.moved: set[str] = set()
        self.dropped: set[str] = set()
        self.disrupted = 0
        self.settled: set[UUID] = set()
        ids = list(snapshot.visits.values())
        self.visits = {visit.number: visit for visit in uow.session.scalars(select(Visit).where(Visit.id.in_(ids)))}
        self.assignments: dict[UUID, dict[UUID, Assignment]] = {}
        for one in uow.session.scalars(
            select(Assignment).where(Assignment.visit_id.in_(ids), Assignment.ended_at.is_(None))
        ):
            self.assignments.setdefault(one.visit_id, {})[one.technician_id] = one
        self.routes = {
            route.technician_id: route
            for route in uow.session.scalars(
                select(PlannedRoute).where(
                    PlannedRoute.technician_id.in_(snapshot.technicians.values()),
                    PlannedRoute.day == snapshot.horizon.day,
                )
            )
        }
        self.first_positions = self._first_positions()
        self.held = {snapshot.visits[number] for number in snapshot.held}

    def _first_positions(self) -> dict[UUID, int]:
        """Where what is left of a day begins: after the visits that are over, with the one that has started."""
        is_over = Assignment.finished_at.is_not(None)
        begun = (
            select(
                Assignment.technician_id, func.max(case((is_over, Assignment.position + 1), else_=Assignment.position))
            )
            .where(
                Assignment.technician_id.in_(self.snapshot.technicians.values()),
                Assignment.day == self.snapshot.horizon.day,
                is_over | (Assignment.ended_at.is_(None) & Assignment.state.in_(STARTED)),
            )
            .group_by(Assignment.technician_id)
        )
        return dict(self.uow.session.execute(begun).all())

    def open_assignments(self) -> list[Assignment]:
        """Everybody of these days who has a visit of them now that nobody has set off for."""
        own_days = set(self.snapshot.technicians.values())
        return [
            one
            for visit in self.visits.values()
            if not self._has_begun(visit)
            for one in self.assignments.get(visit.id, {}).values()
            if one.technician_id in own_days or one.visit_id not in self.held
        ]

    def judged(self) -> set[UUID]:
        """Visits whose parts were judged to be there: they are not begun, and not shared with others."""
        return {visit.id for visit in self.visits.values() if visit.id not in self.held and not self._has_begun(visit)}

    def drop(self, number: str) -> None:
        """Take a visit out of the plan if it is in it and nobody has accepted it."""
        visit = self.visits[number]
        is_movable = visit.state in (VisitState.PLANNED, VisitState.DISPATCHED) and visit.id not in self.held
        if not is_movable or self._has_begun(visit):
            return
        self._end_assignments(visit, keep=frozenset(), reason="unplanned")
        visit.planned_start = visit.planned_end = visit.published_run_id = None
        forget_overrides(self.uow, visit.id)
        self._move(visit, "unplan", "visit_unplanned")
        self.counts["visits_dropped"] += 1
        self.moved.add(number)
        self.dropped.add(number)

    def write_day(self, day: DayPlan) -> None:
        """Publish one technician-day."""
        self._write_route(day)
        first = self.first_positions.get(day.technician_id, 0)
        pickups = {
            pickup.index: add_pickup(self.uow, self.snapshot, day.technician_id, first, pickup)
            for pickup in day.pickups
        }
        self.uow.flush()  # parts refer to pick-ups
        for stop in day.visits:
            self._write_visit(day.technician_id, stop, pickups)

    def close_empty_days(self) -> None:
        """Remove what was published of days that have no route any more."""
        used = {day.technician_id for day in self.days}
        for technician, route in self.routes.items():
            if technician not in used:
                self.uow.session.delete(route)

    def dispatch(self) -> None:
        """Tell the phones about every planned visit of these days."""
        procedures = newest_procedures(self.uow.session, {visit.job_type_id for visit in self.visits.values()})
        for number in sorted({stop.number for day in self.days for stop in day.visits}):
            visit = self.visits[number]
            if visit.state is VisitState.PLANNED:
                own = self.assignments[visit.id].values()
                send_out(self.uow, visit, own, procedures.get(visit.job_type_id), self.role)
                self.touched[visit.id] = visit
                self.counts["visits_dispatched"] += 1

    def _write_visit(self, technician: UUID, stop: VisitPlan, pickups: Mapping[int, UUID]) -> None:
        visit = self.visits[stop.number]
        known = self.assignments.setdefault(visit.id, {})
        position = self.first_positions.get(technician, 0) + stop.position
        if self._has_begun(visit):
            return
        times = {
            "position": position,
            "is_lead": stop.is_lead,
            "planned_arrival": stop.arrival,
            "planned_start": stop.start,
            "planned_end": stop.end,
            "travel_s": stop.travel_s,
            "travel_m": stop.travel_m,
        }
        if visit.id in self.held:  # others meet there too: only the way to it may be another one
            if _set(known[technician], {name: times[name] for name in _WAY}):
                touch(visit)
            count_on(self.uow, known[technician], stop.parts, pickups)
            return
        if visit.id not in self.settled:  # once for all members of a crew
            self.settled.add(visit.id)
            self._settle(visit, stop)
        assignment = known.get(technician)
        if assignment is None:
            assignment = Assignment(
                id=self.uow.new_id(),
                visit_id=visit.id,
                technician_id=technician,
                day=self.snapshot.horizon.day,
                state=VisitState.PLANNED,
                **times,
            )
            self.uow.session.add(assignment)
            known[technician] = assignment
        else:
            if _set(assignment, times):
                touch(visit)  # its answer shows these times too
            if visit.state is VisitState.PLANNED:
                _set(assignment, {"state": VisitState.PLANNED, "dispatched_at": None, "accepted_at": None})
        count_on(self.uow, assignment, stop.parts, pickups)

    def _settle(self, visit: Visit, stop: VisitPlan) -> None:
        """Move a visit's state to what its new place means; a visit that stays where it was is not touched."""
        before = frozenset(self.assignments.get(visit.id, {}))
        is_same = before == stop.team and visit.planned_start == stop.start and visit.planned_end == stop.end
        if is_same and visit.state is not VisitState.UNSCHEDULED:
            return
        data = {"technicians": sorted(map(str, stop.team)), "start": stop.start.isoformat()}
        if self.run_id is not None:
            data["run_id"] = str(self.run_id)
        forget_overrides(self.uow, visit.id)
        was = visit.planned_start
        self._end_assignments(visit, keep=stop.team, reason="reassigned")
        if visit.state is VisitState.UNSCHEDULED:
            self._move(visit, "plan", "visit_planned", data)
            self.counts["visits_planned"] += 1
        elif before == stop.team and was is not None and is_retimed_only(was, stop.start):
            self.uow.record(visit, "visit_retimed", visit.state, visit.state, data=data)
            self.counts["visits_retimed"] += 1
        else:
            self._move(visit, "reassign", "visit_reassigned", data)
            self.counts["visits_reassigned"] += 1
        visit.planned_start, visit.planned_end = stop.start, stop.end
        visit.published_run_id = self.run_id
        promise_arrival(visit, stop.start)
        self.touched[visit.id] = visit
        self.moved.add(visit.number)

    def _end_assignments(self, visit: Visit, keep: frozenset[UUID], reason: str) -> None:
        has_ended = False
        for technician, one in list(self.assignments.get(visit.id, {}).items()):
            if technician not in keep:
                one.ended_at, one.end_reason = self.uow.now, reason
                del self.assignments[visit.id][technician]
                has_ended = True
        if has_ended:
            self.uow.flush()  # the database allows one open assignment for a visit and technician

    def _has_begun(self, visit: Visit) -> bool:
        """Whether somebody is on the way or there; of a crew, one member is enough."""
        return visit.state in STARTED or any(
            one.state in STARTED for one in self.assignments.get(visit.id, {}).values()
        )

    def _move(self, visit: Visit, action: str, event: str, data: Mapping[str, Any] | None = None) -> None:
        before = visit.state
        self.disrupted += before in _TOLD
        visit.state = VISIT.allowed(before, action, self.role).to
        self.uow.record(visit, event, before, visit.state, data=data)
        self.touched[visit.id] = visit

    def _write_route(self, day: DayPlan) -> None:
        values = {
            "run_id": self.run_id,
            "departs_at": day.departs_at,
            "returns_at": day.returns_at,
            "return_travel_s": day.return_travel_s,
            "return_travel_m": day.return_travel_m,
            "breaks": [{"starts_at": start.isoformat(), "ends_at": end.isoformat()} for start, end in day.breaks],
        }
        route = self.routes.get(day.technician_id)
        if route is None:
            key = {"technician_id": day.technician_id, "day": self.snapshot.horizon.day}
            self.uow.session.add(PlannedRoute(id=self.uow.new_id(), **key, **values))
        else:
            _set(route, values)


def _set(row: Any, values: Mapping[str, Any]) -> bool:
    """Set what differs, so that a row that stays the same keeps its version; tell whether anything did."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)
