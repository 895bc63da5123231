"""What a technician's phone holds: enough to work a day without a network, and nothing of anybody else's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import lazyload

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.visit_states import STARTED
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.procedures import Procedure
from fieldsvc.models.stock import Part, StockBalance
from fieldsvc.models.technicians import Technician
from fieldsvc.models.visits import Visit
from fieldsvc.services.routes import RouteView, my_route
from fieldsvc.services.scopes import CONTACT_DAYS_AHEAD, CONTACT_DAYS_BACK, visits_in_scope, zone_of
from fieldsvc.services.visit_views import WITH_SURROUNDINGS, VisitRecordView, records_of


@dataclass(frozen=True, slots=True)
class PhoneScope:
    """What belongs on a phone now, by kind."""

    visits: Sequence[VisitRecordView]
    procedures: Sequence[Procedure]
    routes: Sequence[RouteView]
    stock: Sequence[StockBalance]
    parts: Sequence[Part]

    def things(self) -> list[tuple[str, str, Any]]:
        """Return each as its kind, its key and itself; what a phone needs first comes first."""
        return [
            *(("visits", str(one.id), one) for one in self.visits),
            *(("procedures", str(one.id), one) for one in self.procedures),
            *(("routes", one.day.isoformat(), one) for one in self.routes),
            *(("parts", str(one.id), one) for one in self.parts),
            *(("stock", str(one.part_id), one) for one in self.stock),
        ]


def local_day(session: OrmSession, actor: Actor, now: datetime) -> date:
    """Return which day it is for the technician: the window of a phone moves with it."""
    return now.astimezone(ZoneInfo(zone_of(session, actor.team_ids[0]))).date()


def phone_scope(session: OrmSession, actor: Actor, now: datetime, today: date) -> PhoneScope:
    """Return what belongs on the actor's phone: visits sent out, from yesterday to a week ahead, and what they need."""
    first, last = today - timedelta(days=CONTACT_DAYS_BACK), today + timedelta(days=CONTACT_DAYS_AHEAD)
    mine = select(Assignment.visit_id, Assignment.day).where(
        Assignment.technician_id == actor.technician_id,
        Assignment.ended_at.is_(None),
        Assignment.day.between(first, last) | Assignment.state.in_(STARTED),
    )
    days = dict(session.execute(mine).all())
    query = select(Visit).where(Visit.id.in_(days), visits_in_scope(actor, Action.VISIT_READ))
    not_shown = (lazyload(Visit.technician_rules), lazyload(Visit.predecessors))
    visits = session.scalars(query.options(*WITH_SURROUNDINGS, *not_shown).order_by(Visit.id)).unique().all()
    is_active = session.scalar(select(Technician.is_active).where(Technician.id == actor.technician_id))
    on = sorted({days[visit.id] for visit in visits}) if is_active else []
    routes = [my_route(session, actor, now, day) for day in on]
    stock = _van_stock(session, actor)
    return PhoneScope(
        visits=records_of(session, actor, now, visits),
        procedures=_procedures(session, visits),
        routes=routes,
        stock=stock,
        parts=_parts(session, {*(one.part_id for one in stock), *_needed(visits, routes)}),
    )


def _procedures(session: OrmSession, visits: Sequence[Visit]) -> Sequence[Procedure]:
    ids = {visit.procedure_id for visit in visits if visit.procedure_id is not None}
    if not ids:
        return []
    return session.scalars(select(Procedure).where(Procedure.id.in_(ids)).order_by(Procedure.id)).all()


def _van_stock(session: OrmSession, actor: Actor) -> Sequence[StockBalance]:
    van = select(Technician.van_location_id).where(Technician.id == actor.technician_id).scalar_subquery()
    query = select(StockBalance).where(StockBalance.location_id == van, StockBalance.on_hand > 0)
    return session.scalars(query.order_by(StockBalance.part_id)).all()


def _needed(visits: Sequence[Visit], routes: Sequence[RouteView]) -> set[UUID]:
    wanted = {need.part_id for visit in visits for need in visit.parts}
    planned = {part.part.id for route in routes for stop in route.visits for part in stop.parts}
    fetched = {part.part.id for route in routes for stop in route.pickups for part in stop.parts}
    return wanted | planned | fetched


def _parts(session: OrmSession, ids: set[UUID]) -> Sequence[Part]:
    return session.scalars(select(Part).where(Part.id.in_(ids)).order_by(Part.id)).all()
