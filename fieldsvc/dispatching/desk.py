"""Quick questions about a published day: why a visit is where it is, why it is nowhere, where else it could be."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.adapters.travel import TravelTimes
from fieldsvc.dispatching.proposal import unplanned_of
from fieldsvc.dispatching.published import published_plan
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.snapshot import Snapshot, take_snapshot
from fieldsvc.domain.errors import NotFound
from fieldsvc.models.evidence import ChangeCounter
from fieldsvc.persistence.database import Database
from solver.explain import Candidate, candidates, causes, obstacles
from solver.itinerary import Itinerary
from solver.plan import Plan, Unplanned

MOST_DAYS_KEPT = 8
MOST_AGE = timedelta(minutes=1)


class DispatchDesk(Protocol):
    """Answers within a person's patience. A port: in this process here, a resident process where days are large."""

    def explanation(self, scope: Scope, number: str) -> dict[str, Any]:
        """Why a visit is where it is, or why it is unplanned."""
        ...

    def candidates(self, scope: Scope, number: str, limit: int) -> list[dict[str, Any]]:
        """The cheapest places for a visit, its present one included."""
        ...


@dataclass(frozen=True, slots=True)
class _LoadedDay:
    snapshot: Snapshot
    plan: Plan
    loaded_at: datetime


class ResidentDesk:
    """Keeps the problems of recent days loaded, each for as long as nothing in the database has changed."""

    def __init__(self, database: Database, travel: TravelTimes) -> None:
        self._database, self._travel = database, travel
        self._days: OrderedDict[tuple[Scope, int], _LoadedDay] = OrderedDict()
        self._lock = Lock()

    def explanation(self, scope: Scope, number: str) -> dict[str, Any]:
        """Causes for an unplanned visit; for a planned one its place, what others would cost, and who is barred."""
        day = self._load(scope, number)
        problem, plan = day.snapshot.problem, day.plan
        placements = Itinerary(problem, plan).placements.get(number)
        if placements is None:
            left = Unplanned(number, causes(problem, plan, number))
            return {"state": "unplanned", **unplanned_of(day.snapshot, left)}
        ranked = candidates(problem, plan, number, limit=50)
        here = {one.shift.id for one in placements}
        own = next((one for one in ranked if one.shift in here), None)
        others = _best_of_each(one for one in ranked if one.shift not in here)
        return {
            "state": "planned",
            "visit_id": str(day.snapshot.visits[number]),
            "number": number,
            "technicians": [_named(day.snapshot, one.shift.technician) for one in placements],
            "start": day.snapshot.horizon.moment(placements[0].stop.start_s).isoformat(),
            "cost_cents": None if own is None else own.cost_cents,
            "alternatives": [_candidate(day.snapshot, one) for one in others[:5]],
            "barred": [
                {
                    **_named(day.snapshot, technician),
                    "reasons": [{"reason": reason.code, "sentence": what} for reason, what in reasons],
                }
                for technician, reasons in obstacles(problem, number).items()
            ],
        }

    def candidates(self, scope: Scope, number: str, limit: int) -> list[dict[str, Any]]:
        """The cheapest (technician, start, extra cost) for one visit in the published day."""
        day = self._load(scope, number)
        return [_candidate(day.snapshot, one) for one in candidates(day.snapshot.problem, day.plan, number, limit)]

    def _load(self, scope: Scope, number: str) -> _LoadedDay:
        with self._database.read_only() as session:
            key, now = (scope, _change_no(session)), self._database.clock.now()
            with self._lock:
                known = self._days.get(key)
            if known is not None and now - known.loaded_at > MOST_AGE:
                known = None  # nothing was written, but the day has gone on
            if known is None:
                snapshot = take_snapshot(session, scope, self._travel, now)
                known = _LoadedDay(snapshot, published_plan(session, snapshot), now)
                self._keep(key, known)
        if number not in known.snapshot.visits:
            day = scope.day.isoformat()
            raise NotFound(
                f"Visit {number} is not open on {day}, or its windows do not touch that day.", code="visit_not_on_day"
            )
        return known

    def _keep(self, key: tuple[Scope, int], day: _LoadedDay) -> None:
        with self._lock:
            for old in [one for one in self._days if one[0] == key[0]]:
                del self._days[old]
            self._days[key] = day
            while len(self._days) > MOST_DAYS_KEPT:
                self._days.popitem(last=False)


def _change_no(session: OrmSession) -> int:
    return session.scalars(select(ChangeCounter.last_change_no)).one()


def _best_of_each(ranked: Iterable[Candidate]) -> Sequence[Candidate]:
    best: dict[str, Candidate] = {}
    for one in ranked:
        best.setdefault(one.technician, one)
    return list(best.values())


def _candidate(snapshot: Snapshot, one: Candidate) -> dict[str, Any]:
    moment = snapshot.horizon.moment
    return {
        **_named(snapshot, one.technician),
        "start": moment(one.start_s).isoformat(),
        "end": moment(one.end_s).isoformat(),
        "cost_cents": one.cost_cents,
        "pickup": one.pickup,
    }


def _named(snapshot: Snapshot, technician: str) -> dict[str, str]:
    return {"technician_id": technician, "technician": snapshot.problem.technician_by_id[technician].name}
