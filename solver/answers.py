"""What the command line answers about one job: why it is unplanned, why it stands where it does, where else it could.

Lines of text for people; the facts are those of `solver.explain`.
"""

from collections.abc import Iterator

from solver.draft import Draft
from solver.explain import Candidate, candidates, causes, obstacles, remove
from solver.plan import Plan, Route, Stop, StopKind
from solver.problem import Job, Problem
from solver.units import clock, money

_ALL = 10**6


def explanation(problem: Problem, plan: Plan, job_id: str) -> Iterator[str]:
    """Why a job is unplanned and what to do; for a planned one where it stands, and why not elsewhere.

    The plan's references must resolve, and the problem must have the job.
    """
    places = [
        (route, index)
        for route in plan.routes
        for index, stop in enumerate(route.stops)
        if stop.kind is StopKind.JOB and stop.id == job_id
    ]
    if not places:
        yield f"{job_id} is unplanned."
        for cause in causes(problem, plan, job_id):
            yield f"  {cause.reason.code}: {cause.sentence}"
            yield f"    {cause.remedy}"
        return
    for route, index in places:
        yield _standing(problem, route, index)
    yield from _why_here(problem, plan, problem.job_by_id[job_id], [route for route, _ in places])


def candidate_table(problem: Problem, plan: Plan, job_id: str, limit: int) -> Iterator[str]:
    """The cheapest ways to do a job in a plan that stays as it is otherwise, cheapest first."""
    fixed = _fixed(problem, plan, job_id)
    if fixed is not None:
        yield f"{job_id}: {fixed}"
        return
    found = candidates(problem, plan, job_id, limit)
    if not found:
        yield f"No way found to add {job_id} without moving other visits."
        yield from _barred(problem, job_id)
        return
    rows = [("start", "end", "technician", "shift", "adds", "pick-up")]
    rows += [
        (clock(one.start_s), clock(one.end_s), one.technician, one.shift, money(one.cost_cents), one.pickup or "-")
        for one in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _standing(problem: Problem, route: Route, index: int) -> str:
    shift, stop = problem.shift_by_id[route.shift], route.stops[index]
    before = _place(problem, route.stops[index - 1]) if index else problem.locations[shift.start_location].id
    return (
        f"{stop.id} is stop {index + 1} of {len(route.stops)} with {_who(problem, shift.technician)} on {shift.id}: "
        f"from {before}, arrival {clock(stop.arrival_s)}, start {clock(stop.start_s)}, end {clock(stop.end_s)}."
    )


def _place(problem: Problem, stop: Stop) -> str:
    return stop.id if stop.kind is StopKind.JOB else f"{stop.id} at {problem.locations[stop.location].id}"


def _why_here(problem: Problem, plan: Plan, job: Job, routes: list[Route]) -> Iterator[str]:
    fixed = _fixed(problem, plan, job.id)
    if fixed is not None:
        yield fixed
        return
    here = problem.shift_by_id[routes[0].shift].technician
    best: dict[str, Candidate] = {}
    for one in candidates(problem, plan, job.id, _ALL):
        best.setdefault(one.technician, one)
    own = best.pop(here, None)
    if own is not None:
        yield f"With {_who(problem, here)} it adds {money(own.cost_cents)} to the plan."
    for technician, one in best.items():
        yield f"  {_who(problem, technician)} could start at {clock(one.start_s)}: {_cost(one, own)}."
    barred = obstacles(problem, job.id)
    at_work = {shift.technician for shift in problem.shifts}
    others = [one.id for one in problem.technicians if one.id not in best and one.id not in barred and one.id != here]
    full = [_who(problem, technician) for technician in others if technician in at_work]
    if full:
        yield f"No room found in the routes of {', '.join(full)} without moving other visits."
    idle = [_who(problem, technician) for technician in others if technician not in at_work]
    if idle:
        yield f"Without a shift on these days: {', '.join(idle)}."
    yield from _barred(problem, job.id)


def _fixed(problem: Problem, plan: Plan, job_id: str) -> str | None:
    """Why no candidates are sought for a job; None where they are."""
    crew = problem.job_by_id[job_id].crew_size
    if job_id in problem.committed_jobs:
        return "It has begun, so nothing may move it."
    if crew > 1:
        return f"It needs a crew of {crew}; no single other technician is a candidate."
    if not remove(Draft.of_plan(problem, plan), job_id):
        return "Its route can't be timed without it, so no other place can be judged."
    return None


def _cost(one: Candidate, own: Candidate | None) -> str:
    if own is None:
        return f"adds {money(one.cost_cents)}"
    change = one.cost_cents - own.cost_cents
    return f"{money(abs(change))} {'cheaper' if change < 0 else 'dearer'}"


def _barred(problem: Problem, job_id: str) -> Iterator[str]:
    for technician, reasons in obstacles(problem, job_id).items():
        told = ", ".join(f"{what} ({reason.code})" for reason, what in reasons)
        yield f"  {_who(problem, technician)} {told}."


def _who(problem: Problem, technician: str) -> str:
    name = problem.technician_by_id[technician].name
    return f"{name} ({technician})" if name else technician
