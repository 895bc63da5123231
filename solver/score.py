"""The objective, recomputed term by term from problem and plan alone. `docs/contract.md` has the table of terms."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from solver.itinerary import Itinerary, Placement, travelled
from solver.plan import Plan, Route, StopKind
from solver.problem import Job, Problem, VehicleShift
from solver.units import Cents, Metres, Seconds

TERMS = (
    "unplanned",
    "lateness",
    "travel_time",
    "travel_distance",
    "paid_time",
    "overtime",
    "use",
    "load_over_target",
    "non_preferred",
    "over_qualification",
    "disruption",
)


@dataclass(frozen=True, slots=True)
class Score:
    """Cents per term, all of `TERMS`; the total is their sum."""

    terms: Mapping[str, Cents]

    @property
    def total_cents(self) -> Cents:
        return sum(self.terms.values())


@dataclass(frozen=True, slots=True)
class RouteFigures:
    """Quantities of one route, before any rate."""

    travel_s: Seconds
    travel_m: Metres
    paid_s: Seconds
    overtime_s: Seconds
    service_s: Seconds
    jobs: int


def score(problem: Problem, plan: Plan) -> Score:
    """Cost of a plan in cents, term by term.

    The plan's references must resolve (`check.violations` says so); other violations do not matter here. Every
    route's term is rounded down once.
    """
    itinerary = Itinerary(problem, plan)
    terms: Counter[str] = Counter(dict.fromkeys(TERMS, 0))
    for left in plan.unplanned:
        terms["unplanned"] += problem.job_by_id[left.job].unplanned_penalty_cents
    for shift, route in itinerary.routes:
        for term, cents in _route_terms(itinerary, shift, route).items():
            terms[term] += cents
    terms["over_qualification"] = sum(
        _levels_above(placements) * problem.weights.over_qualification_cents
        for placements in itinerary.placements.values()
    )
    terms["disruption"] = disruption_cents(itinerary)
    return Score(dict(terms))


def figures(itinerary: Itinerary, shift: VehicleShift, route: Route) -> RouteFigures:
    """Travel, paid time, overtime and service of one route; a missing road counts as nothing."""
    legs = tuple(itinerary.legs(shift, route))
    unpaid = {one.id: one.duration_s for one in shift.breaks if not one.paid}
    rest = sum(unpaid.get(stop.id, 0) for stop in travelled(route) if stop.kind is StopKind.BREAK)
    return RouteFigures(
        travel_s=sum(max(0, leg.seconds) for leg in legs),
        travel_m=sum(max(0, leg.metres) for leg in legs),
        paid_s=route.return_s - route.departure_s - rest,
        overtime_s=max(0, route.return_s - shift.latest_end),
        service_s=sum(stop.end_s - stop.start_s for stop in route.stops if stop.kind is StopKind.JOB),
        jobs=len(route.jobs),
    )


def route_cents(problem: Problem, route: Route) -> Cents:
    """All terms of one route, with the skill levels and the disruption of its own jobs; crews count per member."""
    itinerary = Itinerary(problem, Plan(problem.id, (route,)))
    shift = problem.shift_by_id[route.shift]
    levels = sum(_levels_above(placements) for placements in itinerary.placements.values())
    moved = (disruption_of(itinerary, problem.job_by_id[job]) for job in route.jobs)
    changed, minutes = map(sum, zip((0, 0), *moved, strict=True))
    weights = problem.weights
    return (
        sum(_route_terms(itinerary, shift, route).values())
        + levels * weights.over_qualification_cents
        + changed * weights.disruption_change_cents
        + minutes * weights.disruption_cents_per_minute
    )


def leaving_out_cents(problem: Problem, job: Job) -> Cents:
    """What a plan without the job pays for that: its penalty, and the change where it was dispatched."""
    is_dropped = job.previous is not None and job.previous.dispatched
    return job.unplanned_penalty_cents + (problem.weights.disruption_change_cents if is_dropped else 0)


def disruption_units(itinerary: Itinerary) -> tuple[int, int]:
    """(jobs whose shifts changed or that were dispatched and dropped, whole minutes moved beyond the tolerance)."""
    units = [disruption_of(itinerary, job) for job in itinerary.problem.jobs]
    return sum(changed for changed, _ in units), sum(minutes for _, minutes in units)


def disruption_of(itinerary: Itinerary, job: Job) -> tuple[int, int]:
    """(1 if the job's shifts changed or it was dispatched and is dropped, whole minutes moved beyond the tolerance)."""
    if job.previous is None:
        return 0, 0
    placements = itinerary.placements.get(job.id)
    if placements is None:
        return int(job.previous.dispatched), 0
    changed = {placement.shift.id for placement in placements} != set(job.previous.shifts)
    moved = abs(placements[0].stop.start_s - job.previous.start_s)
    return int(changed), max(0, moved - itinerary.problem.weights.disruption_tolerance_s) // 60


def disruption_cents(itinerary: Itinerary) -> Cents:
    """Both kinds of disruption at the policy's rates."""
    changed, minutes = disruption_units(itinerary)
    weights = itinerary.problem.weights
    return changed * weights.disruption_change_cents + minutes * weights.disruption_cents_per_minute


def _route_terms(itinerary: Itinerary, shift: VehicleShift, route: Route) -> dict[str, Cents]:
    weights = itinerary.problem.weights
    own = figures(itinerary, shift, route)
    over_target = max(0, own.service_s + own.travel_s - shift.load_target_s) if shift.load_target_s is not None else 0
    late = others = 0
    for job_id, stop in ((stop.id, stop) for stop in route.stops if stop.kind is StopKind.JOB):
        job = itinerary.problem.job_by_id[job_id]
        if job.due_s is not None:
            late += max(0, stop.start_s - job.due_s) * job.lateness_cents_per_minute
        others += bool(job.preferred_technicians) and shift.technician not in job.preferred_technicians
    return {
        "lateness": late // 60,
        "travel_time": own.travel_s * weights.travel_cents_per_hour // 3600,
        "travel_distance": own.travel_m * shift.cost_cents_per_km // 1000,
        "paid_time": own.paid_s * shift.cost_cents_per_hour // 3600,
        "overtime": own.overtime_s * shift.overtime_cents_per_hour // 3600,
        "use": shift.fixed_cost_cents if own.jobs else 0,
        "load_over_target": over_target * weights.load_over_target_cents_per_hour // 3600,
        "non_preferred": others * weights.non_preferred_cents,
    }


def _levels_above(placements: tuple[Placement, ...]) -> int:
    """Levels above the required, of the least qualified member who meets each skill."""
    above = 0
    for skill, level in placements[0].job.skills.items():
        enough = [own for placement in placements if (own := placement.shift.skills.get(skill, 0)) >= level]
        above += min(enough) - level if enough else 0
    return above
