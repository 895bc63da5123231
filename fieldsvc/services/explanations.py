"""Why a visit is where it is, and where else it could be: questions to the dispatch desk within the actor's scope."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.desk import DispatchDesk
from fieldsvc.dispatching.scope import Scope
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.clock import Clock
from fieldsvc.domain.errors import NotFound
from fieldsvc.domain.permissions import Action
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services.scopes import visits_in_scope, zone_of


@dataclass(frozen=True, slots=True)
class Question:
    """About which visit, on which day; None = the day it is planned on, or the first it may start on."""

    visit_id: UUID
    day: date | None = None


def explain_visit(
    database: Database, desk: DispatchDesk, actor: Actor, clock: Clock, asked: Question
) -> dict[str, Any]:
    """Why a visit is planned where it is, or why it is unplanned, under the facts of now."""
    scope, number = _scope_of(database, actor, Action.VISIT_EXPLAIN, clock, asked)
    return {"day": scope.day.isoformat(), **desk.explanation(scope, number)}


def list_candidates(
    database: Database, desk: DispatchDesk, actor: Actor, clock: Clock, asked: Question, limit: int
) -> dict[str, Any]:
    """The cheapest places for a visit on a day."""
    scope, number = _scope_of(database, actor, Action.VISIT_CANDIDATES, clock, asked)
    return {"day": scope.day.isoformat(), "candidates": desk.candidates(scope, number, limit)}


def _scope_of(database: Database, actor: Actor, action: Action, clock: Clock, asked: Question) -> tuple[Scope, str]:
    with database.read_only() as session:
        visit = session.scalars(
            select(Visit).where(Visit.id == asked.visit_id, visits_in_scope(actor, action))
        ).one_or_none()
        if visit is None:
            raise NotFound(f"There is no visit {asked.visit_id}.")
        day = asked.day or _day_of(session, visit, clock)
        return Scope(visit.team_id, day), visit.number


def _day_of(session: OrmSession, visit: Visit, clock: Clock) -> date:
    zone = ZoneInfo(zone_of(session, visit.team_id))
    if visit.planned_start is not None:
        return visit.planned_start.astimezone(zone).date()
    now = clock.now()
    coming = [window for window in visit.windows if window.latest >= now]
    return (max(coming[0].earliest, now) if coming else now).astimezone(zone).date()
