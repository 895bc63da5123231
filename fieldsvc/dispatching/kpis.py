"""Figures of a plan that a dispatcher compares: before, after, and what a desk without a planner would do."""

from collections import Counter
from typing import Any

from solver.itinerary import Itinerary
from solver.plan import Plan, StopKind
from solver.problem import Problem
from solver.score import disruption_units, figures, score


def kpis(problem: Problem, plan: Plan) -> dict[str, Any]:
    """Counts, minutes, kilometres and cents of a plan; whole numbers only."""
    itinerary = Itinerary(problem, plan)
    routes = [figures(itinerary, shift, route) for shift, route in itinerary.routes]
    late = [
        stop.start_s - due
        for _, route in itinerary.routes
        for stop in route.stops
        if stop.kind is StopKind.JOB and (due := problem.job_by_id[stop.id].due_s) is not None and stop.start_s > due
    ]
    left = Counter(problem.job_by_id[one.job].priority for one in plan.unplanned)
    changed, minutes = disruption_units(itinerary)
    cost = score(problem, plan)
    return {
        "visits_planned": len(itinerary.placements),
        "visits_unplanned": len(plan.unplanned),
        "unplanned_by_priority": dict(sorted(left.items())),
        "technicians_used": sum(own.jobs > 0 for own in routes),
        "travel_minutes": sum(own.travel_s for own in routes) // 60,
        "travel_km": sum(own.travel_m for own in routes) // 1000,
        "work_minutes": sum(own.service_s for own in routes) // 60,
        "overtime_minutes": sum(own.overtime_s for own in routes) // 60,
        "visits_late": len(late),
        "late_minutes": sum(late) // 60,
        "pickups": sum(stop.kind is StopKind.WAREHOUSE for route in plan.routes for stop in route.stops),
        "visits_moved_or_dropped": changed,
        "minutes_moved": minutes,
        "cost_cents": cost.total_cents,
        "cost_terms_cents": dict(cost.terms),
    }
