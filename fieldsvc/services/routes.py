"""The published day: one technician's route in order, and all routes of a team beside what is not planned yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import joinedload, lazyload

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import NotFound
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.assignments import Assignment, PlannedPart, PlannedPickup, PlannedRoute
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.models.technicians import Shift, Technician
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.services.scopes import scope_of, technicians_in_scope, works_for, zone_of
from fieldsvc.services.visit_views import WITHOUT_NEEDS, VisitView, views_of

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PartOnRoute:
    """Units the plan counts on, and where they come from; needs_pick_up: on the way, else out of the van."""

    part: Part
    quantity: int
    location: StockLocation
    needs_pick_up: bool


@dataclass(frozen=True, slots=True)
class VisitStop:
    """A visit of a route, with the times of this technician's assignment."""

    assignment: Assignment
    view: VisitView
    parts: Sequence[PartOnRoute]


@dataclass(frozen=True, slots=True)
class PickupStop:
    """A warehouse stop of a route, with what is fetched there."""

    pickup: PlannedPickup
    location: StockLocation
    parts: Sequence[PartOnRoute]


@dataclass(frozen=True, slots=True)
class RouteView:
    """One technician's published day; day_frame: departure, return and breaks, None where nothing is published."""

    technician: Technician
    day: date
    shift: Shift | None
    day_frame: PlannedRoute | None
    visits: Sequence[VisitStop]
    pickups: Sequence[PickupStop]


@dataclass(frozen=True, slots=True)
class PlanView:
    """All routes of a day, and the visits nobody has."""

    day: date
    routes: Sequence[RouteView]
    unscheduled: Sequence[VisitView]


def my_route(session: OrmSession, actor: Actor, now: datetime, day: date | None = None) -> RouteView:
    """Return what the actor's phone shows of a day: dispatched visits and later ones; without a day, of today."""
    own = technicians_in_scope(actor, Action.ROUTE_READ_OWN)
    routes = _routes(session, actor, now, day or _today(session, actor, now), own, only_dispatched=True)
    if not routes:
        raise NotFound("There is no technician who works under this account.")
    return routes[0]


def plan_for_day(
    session: OrmSession, actor: Actor, now: datetime, day: date | None = None, *, territory: str | None = None
) -> PlanView:
    """Return the routes of all technicians the actor plans for, and the visits waiting for one."""
    day = day or _today(session, actor, now)
    all_of_them = scope_of(actor, Action.PLAN_READ) is Scope.ALL
    mine = true() if all_of_them else works_for(actor.team_ids, day)
    waiting = select(Visit).where(Visit.state == VisitState.UNSCHEDULED)
    if not all_of_them:
        waiting = waiting.where(Visit.team_id.in_(actor.team_ids))
    if territory is not None:
        waiting = waiting.where(Visit.territory == territory)
    surroundings = (joinedload(Visit.site), joinedload(Visit.ticket), joinedload(Visit.job_type))
    with_surroundings = waiting.options(*surroundings, *WITHOUT_NEEDS)
    visits = session.scalars(with_surroundings.order_by(Visit.priority, Visit.id)).all()
    routes = _routes(session, actor, now, day, mine, only_dispatched=False)
    if territory is not None:
        routes = [route for route in routes if _works_in(route.technician, territory)]
    return PlanView(day, routes, views_of(session, actor, now, visits))


def _today(session: OrmSession, actor: Actor, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone_of(session, actor.team_ids[0]))).date()


def _works_in(technician: Technician, territory: str) -> bool:
    return technician.territories is None or territory in technician.territories


def _routes(
    session: OrmSession,
    actor: Actor,
    now: datetime,
    day: date,
    which: ColumnElement[bool],
    *,
    only_dispatched: bool,
) -> list[RouteView]:
    active = select(Technician).where(which, Technician.is_active).options(lazyload(Technician.skills))
    people = session.scalars(active.order_by(Technician.name)).all()
    ids = [technician.id for technician in people]
    assignments = _assignments(session, ids, day, only_dispatched=only_dispatched)
    views = {view.id: view for view in views_of(session, actor, now, [one.visit for one in assignments])}
    by_technician: dict[UUID, list[Assignment]] = {}
    for one in assignments:
        by_technician.setdefault(one.technician_id, []).append(one)
    parts, fetched = _parts(session, [one.id for one in assignments])
    frames = _by_technician(session, select(PlannedRoute).where(PlannedRoute.day == day), PlannedRoute, ids)
    shifts = _by_technician(session, select(Shift).where(Shift.day == day), Shift, ids)
    pickups = select(PlannedPickup).where(PlannedPickup.day == day).order_by(PlannedPickup.planned_arrival)
    stops = _by_technician(session, pickups, PlannedPickup, ids)
    places = _locations(session, [one.location_id for own in stops.values() for one in own])
    return [
        RouteView(
            technician=technician,
            day=day,
            shift=next(iter(shifts.get(technician.id, [])), None),
            day_frame=next(iter(frames.get(technician.id, [])), None),
            visits=[
                VisitStop(one, views[one.visit_id], parts.get(one.id, ()))
                for one in by_technician.get(technician.id, ())
            ],
            pickups=[
                PickupStop(stop, places[stop.location_id], fetched[stop.id])
                for stop in stops.get(technician.id, ())
                if stop.id in fetched  # a declined or finished visit leaves a stop with nothing
            ],
        )
        for technician in people
    ]


def _assignments(
    session: OrmSession, technicians: Sequence[UUID], day: date, *, only_dispatched: bool
) -> Sequence[Assignment]:
    query = select(Assignment).where(
        Assignment.technician_id.in_(technicians), Assignment.day == day, Assignment.ended_at.is_(None)
    )
    if only_dispatched:
        query = query.where(Assignment.state != VisitState.PLANNED)
    surroundings = joinedload(Assignment.visit)
    query = query.options(
        lazyload(Assignment.planned_parts),
        surroundings.options(*WITHOUT_NEEDS),
        surroundings.joinedload(Visit.site),
        surroundings.joinedload(Visit.job_type),
        surroundings.joinedload(Visit.ticket).joinedload(Ticket.asset),
    )
    return session.scalars(query.order_by(Assignment.position, Assignment.planned_arrival)).all()


_Parts = dict[UUID, list[PartOnRoute]]


def _parts(session: OrmSession, assignments: Sequence[UUID]) -> tuple[_Parts, _Parts]:
    """Return the parts of each assignment, and what is still to be fetched at each pick-up."""
    query = (
        select(PlannedPart, Part, StockLocation)
        .join(Part, Part.id == PlannedPart.part_id)
        .join(StockLocation, StockLocation.id == PlannedPart.location_id)
        .where(PlannedPart.assignment_id.in_(assignments))
        .order_by(Part.number)
    )
    found: _Parts = {}
    fetched: _Parts = {}
    for planned, part, location in session.execute(query):
        on_route = PartOnRoute(part, planned.quantity, location, planned.pickup_id is not None)
        found.setdefault(planned.assignment_id, []).append(on_route)
        if planned.pickup_id is not None:
            fetched.setdefault(planned.pickup_id, []).append(on_route)
    return found, fetched


def _by_technician(
    session: OrmSession, query: Select[Row], model: Any, technicians: Sequence[UUID]
) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = {}
    for row in session.scalars(query.where(model.technician_id.in_(technicians))):
        found.setdefault(row.technician_id, []).append(row)  # type: ignore[attr-defined]  # of the model given
    return found


def _locations(session: OrmSession, ids: Sequence[UUID]) -> dict[UUID, StockLocation]:
    return {one.id: one for one in session.scalars(select(StockLocation).where(StockLocation.id.in_(ids)))}
