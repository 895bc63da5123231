"""The published day as a plan of the solver: the start of a run, and what a question is asked about."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.crew import shift_id
from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.models.assignments import Assignment, PlannedPickup
from solver.draft import Interval
from solver.plan import Plan, StopKind
from solver.repair import repaired
from solver.schedule import Visit
from solver.supply import Tour


@dataclass(frozen=True, slots=True)
class PublishedTours:
    """Shift id to published stops in order; visit number to (start, end) in seconds from the day's midnight."""

    tours: Mapping[str, Tour]
    times: Mapping[str, Interval]

    @property
    def numbers(self) -> frozenset[str]:
        """Numbers of the visits that had a place."""
        return frozenset(stop.id for tour in self.tours.values() for stop in tour if stop.kind is StopKind.JOB)

    def only(self, numbers: Collection[str]) -> "PublishedTours":
        """The tours with no other visits than these."""
        tours = {
            shift: tuple(stop for stop in tour if stop.kind is StopKind.WAREHOUSE or stop.id in numbers)
            for shift, tour in self.tours.items()
        }
        return replace(self, tours=tours)

    def plan(self, snapshot: Snapshot, *, keeps_times: bool = False) -> Plan:
        """The same tours under a snapshot's facts, timed anew and without what no longer holds.

        keeps_times: where they can be kept; otherwise everything is as early as it can be.
        """
        houses = snapshot.problem.warehouse_by_id
        known = {
            shift: tuple(stop for stop in tour if stop.kind is StopKind.JOB or stop.id in houses)
            for shift, tour in self.tours.items()
        }
        return repaired(snapshot.problem, known, self.times, keeps_times=keeps_times)

    def placements(self, snapshot: Snapshot) -> dict[str, dict[str, Any]]:
        """Who has each visit, and from when on, as it stands: not as the tours would be timed by the facts of now."""
        technicians = {shift.id: shift.technician for shift in snapshot.problem.shifts}
        who: dict[str, list[str]] = {}
        for shift, tour in self.tours.items():
            for stop in tour:
                if stop.kind is StopKind.JOB:
                    who.setdefault(stop.id, []).append(technicians.get(shift, shift))
        moment = snapshot.horizon.moment
        return {
            number: {"technician_ids": sorted(people), "start": moment(self.times[number][0]).isoformat()}
            for number, people in who.items()
        }

    def to_document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "tours": {
                shift: [{"kind": one.kind.value, "id": one.id, "supplies": one.supplies} for one in tour]
                for shift, tour in self.tours.items()
            },
            "times": {number: list(interval) for number, interval in self.times.items()},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "PublishedTours":
        """As it was stored."""
        tours = {
            shift: tuple(Visit(StopKind(one["kind"]), one["id"], supplies=one["supplies"]) for one in tour)
            for shift, tour in document["tours"].items()
        }
        return cls(tours, {number: (start, end) for number, (start, end) in document["times"].items()})


def published_plan(session: OrmSession, snapshot: Snapshot) -> Plan:
    """What is published of the snapshot's technician-days, under the snapshot's facts.

    Times are computed anew; visits that no longer hold where they are published are unplanned in it.
    """
    return published_tours(session, snapshot).plan(snapshot)


def published_tours(session: OrmSession, snapshot: Snapshot) -> PublishedTours:
    """What is published of the snapshot's technician-days: its open visits, and the warehouse stops before them."""
    day, second = snapshot.horizon.day, snapshot.horizon.second
    numbers = {visit_id: number for number, visit_id in snapshot.visits.items()}
    houses = {row_id: code for code, row_id in snapshot.locations.items()}
    stops: dict[str, list[tuple[int, int, Visit]]] = {}
    times: dict[str, Interval] = {}
    assignments = select(Assignment).where(
        Assignment.day == day,
        Assignment.ended_at.is_(None),
        Assignment.technician_id.in_(snapshot.technicians.values()),
        Assignment.visit_id.in_(numbers),
    )
    open_ones = session.scalars(assignments.order_by(Assignment.is_lead.desc(), Assignment.id)).all()
    first = {numbers[one.visit_id]: one.id for one in reversed(open_ones)}
    for one in open_ones:
        shift, number = shift_id(one.technician_id, day), numbers[one.visit_id]
        # Of a crew that is led by somebody who is not looked at, one stands for what the others bring.
        visit = Visit(StopKind.JOB, number, supplies=first[number] == one.id)
        stops.setdefault(shift, []).append((one.position, 1, visit))
        times[number] = second(one.planned_start), second(one.planned_end)
    pickups = select(PlannedPickup).where(
        PlannedPickup.day == day, PlannedPickup.technician_id.in_(snapshot.technicians.values())
    )
    for pickup in session.scalars(pickups):
        shift = shift_id(pickup.technician_id, day)
        if pickup.location_id in houses:
            place = Visit(StopKind.WAREHOUSE, houses[pickup.location_id])
            stops.setdefault(shift, []).append((pickup.before_position, 0, place))
    tours = {
        shift: tuple(visit for _, _, visit in sorted(own, key=lambda stop: stop[:2])) for shift, own in stops.items()
    }
    return PublishedTours(tours, times)
