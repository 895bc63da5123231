"""What it would take to fit in a job that could be served alone: which visit it would displace, at what cost."""

from dataclasses import dataclass

from solver.draft import Draft
from solver.insertion import Insertion, best_insertion, nearest_shifts
from solver.plan import Cause, StopKind
from solver.problem import Job, VehicleShift
from solver.reasons import Reason
from solver.score import leaving_out_cents, route_cents
from solver.units import Cents, clock, money
from solver.wording import names

MOST_SHIFTS = 6
"""So many of the nearest suitable shifts are tried; the sentence says how many."""

_REMEDY = "Add capacity, or raise its priority."


@dataclass(frozen=True, slots=True)
class _Exchange:
    """The job goes in on `shift`, `displaced` comes out; the objective changes by so many cents."""

    cost_cents: Cents
    shift: str
    displaced: str


def competition(draft: Draft, job: Job) -> Cause:
    """COMPETITION with the cheapest way in on the nearest shifts: a free place, or else an exchange for one visit."""
    shifts = nearest_shifts(draft, job, MOST_SHIFTS)
    found = best_insertion(draft, job, shifts)
    if found is not None:
        return _fits_in(draft, job, found)
    exchange = min(
        (one for shift in shifts for one in _exchanges(draft, job, shift)),
        key=lambda one: (one.cost_cents, one.shift, one.displaced),
        default=None,
    )
    if exchange is None:
        text = (
            f"Could be served on an empty day, but no exchange of one visit makes room for it on the {len(shifts)} "
            "nearest suitable shifts."
        )
        return Cause(Reason.COMPETITION, text, _REMEDY, {"shifts_tried": len(shifts)})
    who = names(draft.problem, [draft.problem.shift_by_id[exchange.shift]])
    text = (
        f"Could take the place of {exchange.displaced} with {who}; the plan would then cost "
        f"{money(abs(exchange.cost_cents))} {'more' if exchange.cost_cents >= 0 else 'less'}."
    )
    details = {"shift": exchange.shift, "displaces": exchange.displaced, "cost_cents": exchange.cost_cents}
    return Cause(Reason.COMPETITION, text, _REMEDY, details)


def unweighed_competition() -> Cause:
    """COMPETITION where no effort is left to look for an exchange."""
    text = "Could be served alone; what it would displace was not worked out."
    return Cause(Reason.COMPETITION, text, _REMEDY)


def _fits_in(draft: Draft, job: Job, found: Insertion) -> Cause:
    who = names(draft.problem, [draft.problem.shift_by_id[found.shift]])
    leaving = leaving_out_cents(draft.problem, job)
    details = {"shift": found.shift, "cost_cents": found.cost_cents, "displaces": None}
    if found.cost_cents < leaving:
        text = f"Fits in with {who} at {clock(found.start_s)} for {money(found.cost_cents)}."
        return Cause(Reason.COMPETITION, text, "Run again, or insert it by hand.", details)
    text = (
        f"Fits in with {who} at {clock(found.start_s)}, but costs {money(found.cost_cents)} more, while leaving it out "
        f"costs {money(leaving)}."
    )
    return Cause(Reason.COMPETITION, text, "Accept the cost by inserting it by hand, or raise its priority.", details)


def _exchanges(draft: Draft, job: Job, shift: VehicleShift) -> list[_Exchange]:
    """Every exchange of the job for one open, unlocked visit of a shift."""
    problem = draft.problem
    found = []
    before = route_cents(problem, draft.routes[shift.id]) if shift.id in draft.routes else 0
    for visit in draft.tours.get(shift.id, ()):
        other = problem.job_by_id.get(visit.id) if visit.kind is StopKind.JOB else None
        if other is None or other.id in problem.committed_jobs or other.lock is not None or other.crew_size > 1:
            continue
        trial = Draft(problem)
        trial.tours, trial.routes = dict(draft.tours), dict(draft.routes)
        without = trial.try_tours({shift.id: tuple(one for one in draft.tours[shift.id] if one is not visit)})
        if without is None:
            continue
        trial.accept(without)
        inserted = best_insertion(trial, job, [shift])
        if inserted is not None:
            after = route_cents(problem, inserted.trial.routes[shift.id])
            change = after - before + leaving_out_cents(problem, other) - leaving_out_cents(problem, job)
            found.append(_Exchange(change, shift.id, other.id))
    return found
