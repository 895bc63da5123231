"""A plan as people and the API read it: routes with local times, differences to what is published, reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldsvc.dispatching.kpis import kpis
from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.dispatching.sources import PartSource, part_sources
from solver.insertion import first_come_plan
from solver.itinerary import Itinerary
from solver.plan import Cause, Plan, Route, Stop, StopKind, Unplanned
from solver.problem import Job, VehicleShift
from solver.reasons import Reason
from solver.solve import Result

# Visit number to who has it and when it begins.
Placements = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a solve gave: the facts it was given, the plan, and the same as people read it."""

    snapshot: Snapshot
    plan: Plan
    document: Mapping[str, Any]


def proposal_of(
    snapshot: Snapshot, result: Result, published: Plan, standing: Placements | None = None
) -> dict[str, Any]:
    """Everything a dispatcher needs to decide about a result, as JSON.

    published: what stands, timed by the facts of now; standing: who has which visit from when on as it was published,
    which is what the result differs from; None = as in `published`.
    """
    problem, plan = snapshot.problem, result.plan
    return {
        "status": result.status,
        "engine": result.engine,
        "seed": result.seed,
        "runtime_ms": round(result.runtime_s * 1000),
        "bound_cents": result.bound,
        "incumbents": [[round(after * 1000), cost] for after, cost in result.incumbents],
        "kpis": {
            "before": kpis(problem, published),
            "after": kpis(problem, plan),
            "first_come": kpis(problem, first_come_plan(problem)),
        },
        "routes": routes_of(snapshot, plan),
        "unplanned": [unplanned_of(snapshot, left) for left in plan.unplanned],
        "differences": differences(snapshot, published, plan, standing),
    }


def routes_of(snapshot: Snapshot, plan: Plan) -> list[dict[str, Any]]:
    """Routes with stops in order and times as RFC 3339 in the zone of the day."""
    itinerary = Itinerary(snapshot.problem, plan)
    sources = part_sources(snapshot.problem, plan)
    return [_route(snapshot, itinerary, shift, route, sources) for shift, route in itinerary.routes]


def unplanned_of(snapshot: Snapshot, left: Unplanned) -> dict[str, Any]:
    """An unplanned visit with its causes."""
    job = snapshot.problem.job_by_id[left.job]
    return {
        "visit_id": str(snapshot.visits[left.job]),
        "number": left.job,
        "priority": job.priority,
        "causes": [_cause(snapshot, job, cause) for cause in left.causes],
    }


def _cause(snapshot: Snapshot, job: Job, cause: Cause) -> dict[str, Any]:
    """A cause with what to do about it; where parts are missing, when they come and what could do instead."""
    told = {
        "reason": cause.reason.code,
        "sentence": cause.sentence,
        "remedy": cause.remedy,
        "details": dict(cause.details),
    }
    if cause.reason is Reason.PART_OUT_OF_STOCK:
        hints = snapshot.hints
        days = {part: hints.expected[part].isoformat() for part in job.parts if part in hints.expected}
        others = {part: dict(hints.substitutes[part]) for part in job.parts if part in hints.substitutes}
        told["details"] = {**cause.details, "expected_on": days, "substitutes": others}
        sentences = [f"{part} is expected on {day}." for part, day in days.items()]
        sentences += [
            f"{other} can take the place of {part}: {units} are free."
            for part, found in others.items()
            for other, units in found.items()
        ]
        told["sentence"] = " ".join((cause.sentence, *sentences))
    return told


def differences(
    snapshot: Snapshot, before: Plan, after: Plan, standing: Placements | None = None
) -> list[dict[str, Any]]:
    """Visits that are added, dropped, given to somebody else, or retimed; in the order of their numbers."""
    old, new = standing if standing is not None else _placed(snapshot, before), _placed(snapshot, after)
    found = []
    for number in sorted(old.keys() | new.keys()):
        was, is_now = old.get(number), new.get(number)
        if was == is_now:
            continue
        if was is None:
            kind = "added"
        elif is_now is None:
            kind = "dropped"
        else:
            kind = "retimed" if was["technician_ids"] == is_now["technician_ids"] else "reassigned"
        found.append(
            {
                "visit_id": str(snapshot.visits[number]),
                "number": number,
                "kind": kind,
                "from": was,
                "to": is_now,
            }
        )
    return found


def _placed(snapshot: Snapshot, plan: Plan) -> dict[str, dict[str, Any]]:
    placements = Itinerary(snapshot.problem, plan).placements
    return {
        job: {
            "technician_ids": sorted(one.shift.technician for one in stops),
            "start": snapshot.horizon.moment(stops[0].stop.start_s).isoformat(),
        }
        for job, stops in placements.items()
    }


def _route(
    snapshot: Snapshot,
    itinerary: Itinerary,
    shift: VehicleShift,
    route: Route,
    sources: dict[tuple[str, str], tuple[PartSource, ...]],
) -> dict[str, Any]:
    moment = snapshot.horizon.moment
    legs = list(itinerary.legs(shift, route))
    travel = {id(leg.to): leg for leg in legs if leg.to is not None}  # the same warehouse may stand there twice
    return {
        "technician_id": shift.technician,
        "technician": snapshot.problem.technician_by_id[shift.technician].name,
        "departs_at": moment(route.departure_s).isoformat(),
        "returns_at": moment(route.return_s).isoformat(),
        "travel_s": sum(leg.seconds for leg in legs),
        "travel_m": sum(leg.metres for leg in legs),
        "return_travel_s": legs[-1].seconds,
        "return_travel_m": legs[-1].metres,
        "stops": [
            {
                **_stop(snapshot, stop),
                "travel_s": travel[id(stop)].seconds if id(stop) in travel else 0,
                "travel_m": travel[id(stop)].metres if id(stop) in travel else 0,
                "parts": [
                    {"part": source.part, "quantity": source.quantity, "from": source.warehouse or "van"}
                    for source in sources.get((shift.id, stop.id), ())
                ],
            }
            for stop in route.stops
        ],
    }


def _stop(snapshot: Snapshot, stop: Stop) -> dict[str, Any]:
    problem, moment = snapshot.problem, snapshot.horizon.moment
    place = problem.locations[stop.location]
    told: dict[str, Any] = {
        "kind": stop.kind.value,
        "id": str(snapshot.visits[stop.id]) if stop.kind is StopKind.JOB else stop.id,
        "number": stop.id,
        "place": place.name,
        "arrival": moment(stop.arrival_s).isoformat(),
        "start": moment(stop.start_s).isoformat(),
        "end": moment(stop.end_s).isoformat(),
        "loads": [{"part": load.part, "quantity": load.quantity} for load in stop.loads],
    }
    if stop.kind is StopKind.JOB:
        job = problem.job_by_id[stop.id]
        told |= {"skills": dict(job.skills), "priority": job.priority}
    return told
