"""Why a job is unplanned, what it would take, and where else a job could stand.

`causes` proves what it says by relaxation (`solver.relaxation`); what it can't prove it calls NOT_PROVEN.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from solver.competition import competition
from solver.draft import Draft
from solver.eligibility import barriers, is_outside_horizon
from solver.insertion import insertions
from solver.plan import Cause, Plan, StopKind, Unplanned
from solver.problem import Job, Problem, Receipt, Technician, VehicleShift, Warehouse
from solver.reasons import Reason
from solver.relaxation import Relaxation, is_servable_alone, relaxations
from solver.sentences import most_at_hand, obstacle, sentence
from solver.units import Cents, Seconds


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to do a job: who, when, what it adds to the cost of the plan, and what must be fetched for it."""

    shift: str
    technician: str
    start_s: Seconds
    end_s: Seconds
    cost_cents: Cents
    pickup: str | None


def causes_for_unplanned(problem: Problem, plan: Plan) -> Plan:
    """The plan with proven causes for every job it leaves out."""
    left = tuple(Unplanned(one.job, causes(problem, plan, one.job)) for one in plan.unplanned)
    return replace(plan, unplanned=left)


def causes(problem: Problem, plan: Plan, job_id: str) -> tuple[Cause, ...]:
    """Every smallest set of rules that keeps a job out; never empty.

    Raises KeyError where the problem has no such job.
    """
    job = problem.job_by_id[job_id]
    if not problem.shifts:
        return (_cause(problem, job, Reason.NO_TECHNICIAN, ()),)
    if is_outside_horizon(problem, job):
        return (_cause(problem, job, Reason.WINDOW_OUTSIDE_HORIZON, ()),)
    if job.crew_size > 1:
        return (_crew_cause(problem, job),)
    found = relaxations(problem, job)
    if not found:
        return (Cause(Reason.NOT_PROVEN, f"{job.id}: {Reason.NOT_PROVEN.title}.", Reason.NOT_PROVEN.remedy),)
    if found[0].reasons:
        return tuple(_relaxation_causes(problem, job, found))
    return _causes_beside_others(problem, plan, job)


def candidates(problem: Problem, plan: Plan, job_id: str, limit: int = 10) -> tuple[Candidate, ...]:
    """The cheapest ways to do a job in an existing plan without moving another job to another technician.

    A planned job is taken out of the plan first, so its present place is among the candidates. One candidate per
    shift and start; cheapest first. Raises KeyError where the problem has no such job.
    """
    job = problem.job_by_id[job_id]
    draft = Draft.of_plan(problem, plan)
    remove(draft, job_id)
    best: dict[tuple[str, Seconds], Candidate] = {}
    for found in insertions(draft, job):
        route = found.trial.routes[found.shift]
        stop = next(one for one in route.stops if one.kind is StopKind.JOB and one.id == job_id)
        pickup = next((one.id for one in route.stops if one.kind is StopKind.WAREHOUSE), None)
        shift = problem.shift_by_id[found.shift]
        one = Candidate(shift.id, shift.technician, stop.start_s, stop.end_s, found.cost_cents, pickup)
        key = (shift.id, stop.start_s)
        if key not in best or one.cost_cents < best[key].cost_cents:
            best[key] = one
    ranked = sorted(best.values(), key=lambda one: (one.cost_cents, one.start_s, one.shift))
    return tuple(ranked[:limit])


def obstacles(problem: Problem, job_id: str) -> Mapping[str, tuple[tuple[Reason, str], ...]]:
    """Technician to (rule, what is wrong) for those who can't do a job on any of their shifts, whatever the plan.

    What is wrong is the rest of a sentence that begins with the name. Raises KeyError for an unknown job.
    """
    job = problem.job_by_id[job_id]
    found: dict[str, tuple[tuple[Reason, str], ...]] = {}
    for technician in problem.technicians:
        shifts = [shift for shift in problem.shifts if shift.technician == technician.id]
        barred = {shift.id: barriers(problem, job, shift) for shift in shifts}
        if barred and all(barred.values()):
            told = {
                reason: obstacle(job, shift, reason)
                for shift in shifts
                for reason in sorted(barred[shift.id], key=lambda one: one.code)
            }
            found[technician.id] = tuple(told.items())
    return found


def remove(draft: Draft, job_id: str) -> None:
    """Take a job out of a draft, if it is planned and has not begun; its route is timed anew."""
    if job_id in draft.problem.committed_jobs:
        return
    for shift, tour in list(draft.tours.items()):
        if any(visit.kind is StopKind.JOB and visit.id == job_id for visit in tour):
            shorter = tuple(visit for visit in tour if visit.kind is not StopKind.JOB or visit.id != job_id)
            trial = draft.try_tours({shift: shorter})
            if trial is not None:
                draft.accept(trial)


def _relaxation_causes(problem: Problem, job: Job, found: tuple[Relaxation, ...]) -> Iterator[Cause]:
    """Causes of the relaxations that say most (see `_telling`); those of a pair name each other."""
    seen: set[Reason] = set()
    for relaxation in _telling(problem, job, found):
        shifts = tuple(problem.shift_by_id[shift] for shift in relaxation.shifts)
        for reason in sorted(relaxation.reasons, key=lambda one: one.code):
            exact = _exact(problem, job, reason)
            if exact in seen:
                continue
            seen.add(exact)
            together = sorted(_exact(problem, job, one).code for one in relaxation.reasons if one is not reason)
            yield _cause(problem, job, exact, shifts, {"together_with": together} if together else {})


def _telling(problem: Problem, job: Job, found: tuple[Relaxation, ...]) -> tuple[Relaxation, ...]:
    """Leave out what is true but beside the point, unless nothing else is left.

    That people without the skill (level, tool) lack it matters only where nobody has it; that a later window would
    do matters only where the window would be missed with the parts on board.
    """
    capable = _capabilities(problem, job)
    singles = {reason for relaxation in found for reason in relaxation.reasons}
    beside = set(capable)
    if Reason.PART_NOT_REACHABLE in singles:
        beside.add(Reason.WINDOW_UNREACHABLE)
    if Reason.SKILL_LEVEL in singles - beside:
        beside.add(Reason.SKILL)
    return tuple(relaxation for relaxation in found if not relaxation.reasons & beside) or found


def _capabilities(problem: Problem, job: Job) -> frozenset[Reason]:
    """Of SKILL, SKILL_LEVEL and TOOL, those that at least one shift satisfies."""
    abilities = (Reason.SKILL, Reason.SKILL_LEVEL, Reason.TOOL)
    lacking = [barriers(problem, job, shift).intersection(abilities) for shift in problem.shifts]
    has_skills = any(not lacks & {Reason.SKILL, Reason.SKILL_LEVEL} for lacks in lacking)
    has_tools = any(Reason.TOOL not in lacks for lacks in lacking)
    met = {Reason.SKILL, Reason.SKILL_LEVEL} if has_skills else set()
    return frozenset(met | ({Reason.TOOL} if has_tools else set()))


def _exact(problem: Problem, job: Job, reason: Reason) -> Reason:
    """PART_NOT_REACHABLE is out of stock where no van or warehouse has enough."""
    if reason is Reason.PART_NOT_REACHABLE and any(
        most_at_hand(problem, part) + _earmarked(job, part) < quantity for part, quantity in job.parts.items()
    ):
        return Reason.PART_OUT_OF_STOCK
    return reason


def _earmarked(job: Job, part: str) -> int:
    return sum(earmark.quantity for earmark in job.earmarks if earmark.part == part)


def _crew_cause(problem: Problem, job: Job) -> Cause:
    alone = [
        shift
        for shift in problem.shifts
        if not barriers(problem, job, shift) and is_servable_alone(problem, job, shift)
    ]
    people = len({shift.technician for shift in alone})
    text = f"Needs {job.crew_size} technicians at once; {people} could come."
    if people >= job.crew_size:
        text += " This engine does not plan crews, or they are busy at different times."
    return Cause(
        Reason.CREW, text, _capital(Reason.CREW.remedy) + ".", {"crew_size": job.crew_size, "could_come": people}
    )


def _causes_beside_others(problem: Problem, plan: Plan, job: Job) -> tuple[Cause, ...]:
    """Causes of a job that could be served alone: an unplanned predecessor, stock used up, locks, or competition."""
    left = {one.job for one in plan.unplanned}
    missing = [first.job for first in job.predecessors if first.job in left]
    if missing:
        text = f"Must follow {', '.join(missing)}, which is unplanned itself."
        return (_written(Reason.PREDECESSOR, text, {"predecessors": missing}),)
    users = _stock_users(problem, plan, job)
    if users is not None:
        text = "; ".join(f"the last units of {part} go to {', '.join(jobs[:5])}" for part, jobs in users.items())
        return (_written(Reason.PART_OUT_OF_STOCK, _capital(text) + ".", {"used_by": users}),)
    is_held = job.lock is not None or (job.previous is not None and problem.freeze_until_s is not None)
    if is_held and not _fits_where_held(problem, plan, job):
        return (_cause(problem, job, Reason.LOCK_CONFLICT, ()),)
    return (competition(problem, plan, job),)


def _fits_where_held(problem: Problem, plan: Plan, job: Job) -> bool:
    """Whether a held job could still be inserted where it is held."""
    return next(insertions(Draft.of_plan(problem, plan), job), None) is not None


def _stock_users(problem: Problem, plan: Plan, job: Job) -> dict[str, list[str]] | None:
    """Parts of which planned jobs took the last units, with those jobs; None where enough is left."""
    if not job.parts:
        return None
    rest = _remaining(problem, plan)
    if any(not barriers(rest, job, shift) and is_servable_alone(rest, job, shift) for shift in rest.shifts):
        return None
    planned = [one for route in plan.routes for one in route.jobs]
    users = {
        part: [other for other in planned if part in problem.job_by_id[other].parts]
        for part, quantity in job.parts.items()
        if most_at_hand(rest, part) < quantity
    }
    return users or None


def _remaining(problem: Problem, plan: Plan) -> Problem:
    """The problem with the stock that the plan leaves: receipts cut from the last, vans after their routes."""
    taken: Counter[tuple[str, str]] = Counter()
    vans = {technician.id: Counter(technician.van_stock) for technician in problem.technicians}
    for route in plan.routes:
        van = vans[problem.shift_by_id[route.shift].technician]
        for stop in route.stops:
            for load in stop.loads:
                if load.job is None:
                    taken[stop.id, load.part] += load.quantity
                    van[load.part] += load.quantity
            if stop.kind is StopKind.JOB and stop.supplies:
                van.subtract(problem.job_by_id[stop.id].parts)
    houses = tuple(_after(warehouse, taken) for warehouse in problem.warehouses)
    people = tuple(Technician(one.id, one.name, dict(+vans[one.id])) for one in problem.technicians)
    return replace(problem, warehouses=houses, technicians=people)


def _after(warehouse: Warehouse, taken: Counter[tuple[str, str]]) -> Warehouse:
    stock: dict[str, tuple[Receipt, ...] | None] = {}
    for part, receipts in warehouse.stock.items():
        gone = taken[warehouse.id, part]
        left: list[Receipt] | None = None if receipts is None else []
        for receipt in receipts or ():
            quantity = max(0, receipt.quantity - gone)
            gone = max(0, gone - receipt.quantity)
            if quantity and left is not None:
                left.append(Receipt(receipt.from_s, quantity))
        stock[part] = None if left is None else tuple(left)
    return replace(warehouse, stock=stock)


def _cause(
    problem: Problem,
    job: Job,
    reason: Reason,
    shifts: tuple[VehicleShift, ...],
    details: Mapping[str, object] | None = None,
) -> Cause:
    own = {"technicians": sorted({shift.technician for shift in shifts})} if shifts else {}
    return _written(reason, sentence(problem, job, reason, shifts or problem.shifts), {**own, **(details or {})})


def _written(reason: Reason, text: str, details: Mapping[str, object]) -> Cause:
    return Cause(reason, text, _capital(reason.remedy) + ".", details)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
