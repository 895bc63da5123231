"""Why a job is unplanned, what it would take, and where else a job could stand.

`causes` proves what it says by relaxation (`solver.relaxation`); what it can't prove it calls NOT_PROVEN.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from solver.beside_others import PlanInQuestion, causes_beside_others
from solver.draft import Draft, Trial
from solver.eligibility import barriers, is_outside_horizon, job_windows
from solver.fetch_sentences import most_at_hand
from solver.insertion import insertions
from solver.plan import Cause, Plan, StopKind, Unplanned
from solver.problem import Job, Problem, VehicleShift, Window
from solver.reasons import Reason
from solver.relaxation import Relaxation, has_road, is_servable_alone, relaxations
from solver.sentences import obstacle, sentence, written
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


def causes_for_unplanned(problem: Problem, plan: Plan, budget_s: float | None = None) -> Plan:
    """The plan with proven causes for every job it leaves out.

    After `budget_s` wall seconds (None = no limit) no more exchanges are worked out; every other cause is given still.
    """
    asked = PlanInQuestion(problem, plan, budget_s)
    left = tuple(Unplanned(one.job, _causes(asked, problem.job_by_id[one.job])) for one in plan.unplanned)
    return replace(plan, unplanned=left)


def causes(problem: Problem, plan: Plan, job_id: str) -> tuple[Cause, ...]:
    """Every smallest set of rules that keeps a job out; never empty.

    Raises KeyError where the problem has no such job.
    """
    return _causes(PlanInQuestion(problem, plan), problem.job_by_id[job_id])


def _causes(asked: PlanInQuestion, job: Job) -> tuple[Cause, ...]:
    problem = asked.problem
    if not problem.shifts:
        return (_cause(problem, job, Reason.NO_TECHNICIAN, ()),)
    if is_outside_horizon(problem, job):
        return (_cause(problem, job, Reason.WINDOW_OUTSIDE_HORIZON, ()),)
    if job.crew_size > 1:
        return (_crew_cause(problem, job),)
    found = relaxations(problem, job)
    if not found:
        found = _fewest_barriers(problem, job)
        if not found:
            text = f"{job.id}: {Reason.NOT_PROVEN.title}."
            return (written(Reason.NOT_PROVEN, text, {}),)
        return tuple(_relaxation_causes(problem, job, found))
    if found[0].reasons:
        return tuple(_relaxation_causes(problem, job, found))
    return causes_beside_others(asked, job)


def candidates(problem: Problem, plan: Plan, job_id: str, limit: int = 10) -> tuple[Candidate, ...]:
    """The cheapest ways to do a job in an existing plan without moving another job to another technician.

    A planned job is taken out of the plan first, so its present place is among the candidates. One candidate per
    shift and start; cheapest first. Raises KeyError where the problem has no such job.
    """
    job = problem.job_by_id[job_id]
    draft = Draft.of_plan(problem, plan)
    if not remove(draft, job_id):
        return ()
    best: dict[tuple[str, Seconds], Candidate] = {}
    for found in insertions(draft, job):
        route = found.trial.routes[found.shift]
        stop = next(one for one in route.stops if one.kind is StopKind.JOB and one.id == job_id)
        pickup = _new_pickup(draft, found.trial)
        shift = problem.shift_by_id[found.shift]
        one = Candidate(shift.id, shift.technician, stop.start_s, stop.end_s, found.cost_cents, pickup)
        key = (shift.id, stop.start_s)
        if key not in best or one.cost_cents < best[key].cost_cents:
            best[key] = one
    ranked = sorted(best.values(), key=lambda one: (one.cost_cents, one.start_s, one.shift))
    return tuple(ranked[:limit])


def obstacles(problem: Problem, job_id: str) -> Mapping[str, tuple[tuple[Reason, str], ...]]:
    """Technician to (rule, what is wrong) for those who can't do a job on any of their shifts, whatever the plan.

    What is wrong is the rest of a sentence that begins with the name; it names the day where the shifts of several
    days differ. Raises KeyError for an unknown job.
    """
    job = problem.job_by_id[job_id]
    found: dict[str, tuple[tuple[Reason, str], ...]] = {}
    for technician in problem.technicians:
        shifts = [shift for shift in problem.shifts if shift.technician == technician.id]
        barred = {shift.id: barriers(problem, job, shift) for shift in shifts}
        if not barred or not all(barred.values()):
            continue
        days: dict[tuple[Reason, str], list[int]] = {}
        for shift in shifts:
            for reason in sorted(barred[shift.id], key=lambda one: one.code):
                days.setdefault((reason, obstacle(job, shift, reason)), []).append(shift.day)
        found[technician.id] = tuple(
            (reason, text if len(on) == len(shifts) else f"on {_day_list(on)} {text}")
            for (reason, text), on in days.items()
        )
    return found


def _day_list(days: list[int]) -> str:
    return " and ".join(f"day {day}" for day in dict.fromkeys(days))


def remove(draft: Draft, job_id: str) -> bool:
    """Take a job out of a draft, timing its route anew; whether it is out now.

    Followers keep their times: the draft is whole again once the job is back before them. A job that has begun
    can't be taken out, nor one whose route can't be timed without it.
    """
    if job_id in draft.problem.committed_jobs:
        return False
    jobs = tuple(_kept_in_time(draft, job) if _follows(job, job_id) else job for job in draft.problem.jobs)
    free = replace(draft.problem, jobs=jobs)
    judge = Draft(free)
    judge.tours, judge.routes = draft.tours, draft.routes
    for shift, tour in list(draft.tours.items()):
        if any(visit.kind is StopKind.JOB and visit.id == job_id for visit in tour):
            shorter = tuple(visit for visit in tour if visit.kind is not StopKind.JOB or visit.id != job_id)
            trial = judge.try_tours({shift: shorter})
            if trial is None:
                return False
            draft.accept(trial)
    return True


def _follows(job: Job, first: str) -> bool:
    return any(one.job == first for one in job.predecessors)


def _kept_in_time(draft: Draft, job: Job) -> Job:
    """A follower that needs no predecessor, but starts no earlier than it does, so that there is room before it."""
    interval = draft.interval(job.id)
    if interval is None:
        return replace(job, predecessors=())
    later = (Window(max(interval[0], one.start), one.end) for one in job_windows(job) if one.end >= interval[0])
    return replace(job, predecessors=(), windows=tuple(later))


def _new_pickup(draft: Draft, trial: Trial) -> str | None:
    """The warehouse stop that an insertion adds, or at which it loads more; None where no stop changes."""
    before = Counter(
        (visit.id, visit.loads, visit.tools) for shift in trial.tours for visit in draft.tours.get(shift, ())
    )
    after = [visit for tour in trial.tours.values() for visit in tour if visit.kind is StopKind.WAREHOUSE]
    return next((one.id for one in after if not before[one.id, one.loads, one.tools]), None)


def _fewest_barriers(problem: Problem, job: Job) -> tuple[Relaxation, ...]:
    """Where no two rules are all that is in the way: what bars those shifts that the fewest rules bar."""
    barred = {shift.id: barriers(problem, job, shift) for shift in problem.shifts}
    fewest = min(map(len, barred.values()))
    if not fewest:
        return ()
    sets = dict.fromkeys(reasons for reasons in barred.values() if len(reasons) == fewest)
    return tuple(
        Relaxation(reasons, tuple(shift for shift, own in barred.items() if own == reasons)) for reasons in sets
    )


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
            details = {"together_with": together} if together else {}
            yield _cause(problem, job, exact, shifts, details, relaxation.reasons)


def _telling(problem: Problem, job: Job, found: tuple[Relaxation, ...]) -> tuple[Relaxation, ...]:
    """Leave out what is true but beside the point, unless nothing else is left.

    That people without the skill (level, tool) lack it matters only where nobody has it; that a later window or a
    longer shift would do matters only where the window or the return would be missed with the parts on board.
    """
    singles = {reason for relaxation in found if len(relaxation.reasons) == 1 for reason in relaxation.reasons}
    tool_is_fetched = any(
        relaxation.reasons == {Reason.TOOL}
        and any(Reason.TOOL not in barriers(problem, job, problem.shift_by_id[shift]) for shift in relaxation.shifts)
        for relaxation in found
    )
    beside = set(_capabilities(problem, job))
    if tool_is_fetched:
        beside.discard(Reason.TOOL)
    if Reason.PART_NOT_REACHABLE in singles or tool_is_fetched:
        beside |= {Reason.WINDOW_UNREACHABLE, Reason.SHIFT_TOO_SHORT}
    if Reason.LOCK_CONFLICT in singles:
        beside.add(Reason.WINDOW_UNREACHABLE)
    if Reason.SKILL_LEVEL in singles - beside:
        beside.add(Reason.SKILL)
    return tuple(relaxation for relaxation in found if not relaxation.reasons & beside) or found


def _capabilities(problem: Problem, job: Job) -> frozenset[Reason]:
    """Of SKILL, SKILL_LEVEL and TOOL, those that at least one shift with a road to the site satisfies."""
    abilities = (Reason.SKILL, Reason.SKILL_LEVEL, Reason.TOOL)
    linked = [shift for shift in problem.shifts if has_road(problem, job, shift)]
    lacking = [barriers(problem, job, shift).intersection(abilities) for shift in linked]
    has_skills = any(not lacks & {Reason.SKILL, Reason.SKILL_LEVEL} for lacks in lacking)
    has_tools = any(Reason.TOOL not in lacks for lacks in lacking)
    met = {Reason.SKILL, Reason.SKILL_LEVEL} if has_skills else set()
    return frozenset(met | ({Reason.TOOL} if has_tools else set()))


def _exact(problem: Problem, job: Job, reason: Reason) -> Reason:
    """PART_NOT_REACHABLE is out of stock where nobody could bring enough together, however long it takes."""
    if reason is Reason.PART_NOT_REACHABLE and any(
        most_at_hand(problem, job, part) < quantity for part, quantity in job.parts.items()
    ):
        return Reason.PART_OUT_OF_STOCK
    return reason


def _crew_cause(problem: Problem, job: Job) -> Cause:
    best = {skill: max(shift.skills.get(skill, 0) for shift in problem.shifts) for skill in job.skills}
    if not all(best.values()):
        return _cause(problem, job, Reason.SKILL, ())
    if any(best[skill] < level for skill, level in job.skills.items()):
        return _cause(problem, job, Reason.SKILL_LEVEL, ())
    alone = [
        shift
        for shift in problem.shifts
        if not barriers(problem, job, shift)
        and is_servable_alone(problem, job, shift, frozenset({Reason.PART_NOT_REACHABLE}))  # one brings them for all
    ]
    people = len({shift.technician for shift in alone})
    text = f"Needs {job.crew_size} technicians at once; {people} could come."
    if people >= job.crew_size:
        text += " This engine does not plan crews, or they are busy at different times."
    return written(Reason.CREW, text, {"crew_size": job.crew_size, "could_come": people})


def _cause(
    problem: Problem,
    job: Job,
    reason: Reason,
    shifts: tuple[VehicleShift, ...],
    details: Mapping[str, object] | None = None,
    relaxed: frozenset[Reason] = frozenset(),
) -> Cause:
    own = {"technicians": sorted({shift.technician for shift in shifts})} if shifts else {}
    text = sentence(problem, job, reason, shifts or problem.shifts, relaxed)
    return written(reason, text, {**own, **(details or {})})
