"""A job put where somebody wants it: timed around what is there where that holds, and judged where it does not.

Whoever plans by hand may know better than the rules. Rules are relaxed, as few as it takes, until the job can stand
where it is wanted and everything else still has a place; what the plan breaks is then named by the checker under the
rules as they are. What the day broke before is not laid to it, unless it gets worse.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from solver.check import violations
from solver.draft import Draft, Interval
from solver.insertion import insertions
from solver.plan import Plan, Route, StopKind
from solver.problem import Job, Lock, Problem, Window
from solver.repair import repaired, shown_at
from solver.schedule import Visit
from solver.supply import Tour
from solver.units import DAY_S, Seconds
from solver.violation import Violation


@dataclass(frozen=True, slots=True)
class Wish:
    """Which job, on which shifts (the first brings the parts; several for a crew), starting at which second."""

    job: str
    shifts: tuple[str, ...]
    start_s: Seconds


@dataclass(frozen=True, slots=True)
class ByHand:
    """The plan with the job where it was wanted.

    problem: what it is judged under. broken: what it breaks that was not broken, or less so, before. standing: all
    that it breaks.
    """

    problem: Problem
    plan: Plan
    broken: tuple[Violation, ...]
    standing: tuple[Violation, ...]


def put_by_hand(
    problem: Problem,
    tours: Mapping[str, Tour],
    times: Mapping[str, Interval],
    wish: Wish,
    fixed: frozenset[str] = frozenset(),
) -> ByHand | None:
    """Put a job on a published day.

    Parameters
    ----------
    tours : shift id to published stops in order; where they have the job, it is taken out first.
    times : (start, end) in seconds from the origin that the tours have for their jobs.
    fixed : jobs that stay where they are whatever happens: others who are not looked at meet there too.

    Returns
    -------
    A plan with the job on exactly these shifts at exactly that second. Other jobs keep their times where they can,
    and are pushed back as far as the roads demand where they can't; warehouse stops are added for what is not on the
    van. None where no relaxing of rules lets everything stand: there is no road, or others have begun.
    """
    job = problem.job_by_id[wish.job]
    held = replace(job, lock=Lock(wish.shifts, None, Window(wish.start_s, wish.start_s)), previous=None)
    problem = _with_jobs(problem, lambda one: held if one.id == held.id else one)
    others = {shift: tuple(stop for stop in tour if stop.id != held.id) for shift, tour in tours.items()}
    day = _Day(shown_at(problem, others, times), others, times, wish, fixed)
    for relaxed in day.relaxations():
        base = day.without_it(relaxed)
        if not day.wanted <= _jobs_of(base):
            continue
        plan = _alone(relaxed, base, day) or _in_order(relaxed, day)
        if plan is not None:
            before = set(violations(problem, base))
            standing = violations(problem, plan)
            return ByHand(problem, plan, tuple(one for one in standing if one not in before), standing)
    return None


@dataclass(frozen=True, slots=True)
class _Day:
    """The published day without the job, and the wish. problem: with the job held where it is wanted."""

    problem: Problem
    tours: Mapping[str, Tour]
    times: Mapping[str, Interval]
    wish: Wish
    fixed: frozenset[str]

    @property
    def wanted(self) -> frozenset[str]:
        """The other jobs of the tours: none of them may be lost."""
        return frozenset(
            stop.id
            for tour in self.tours.values()
            for stop in tour
            if stop.kind is StopKind.JOB and stop.id in self.problem.job_by_id
        )

    def without_it(self, problem: Problem) -> Plan:
        """The day as it is published, as far as it holds."""
        return repaired(problem, self.tours, self.times, keeps_times=True, or_sooner=False)

    def relaxations(self) -> Iterator[Problem]:
        """The problem with ever fewer rules: of the job, then of others that don't hold now, then everybody's times."""
        yield self.problem
        own = {self.wish.job}
        bad = own | (self.wanted - _jobs_of(self.without_it(self.problem)))
        for freed in (own, bad) if bad > own else (own,):
            for without_parts in (frozenset[str](), own, freed):
                yield self._freed(freed, without_parts)
        for without_parts in (frozenset[str](), own, bad, self.wanted | own):
            yield _without_times(self._freed(bad, without_parts), self.fixed | {self.wish.job})

    def _freed(self, freed: Iterable[str], without_parts: Iterable[str]) -> Problem:
        """Jobs that anybody may do at any time; and those that need no parts."""
        free, bare = frozenset(freed) - self.fixed, frozenset(without_parts) - self.fixed
        crew = len(self.wish.shifts)

        def relax(job: Job) -> Job:
            if job.id in free:
                job = replace(
                    job,
                    windows=(),
                    skills={},
                    tools=frozenset(),
                    territory=None,
                    required_technicians=frozenset(),
                    excluded_technicians=frozenset(),
                    declined_by=frozenset(),
                    predecessors=(),
                    crew_size=crew if job.id == self.wish.job else job.crew_size,
                    lock=job.lock if job.id == self.wish.job else None,
                )
            return replace(job, parts={}, earmarks=()) if job.id in bare else job

        shifts = tuple(replace(one, max_jobs=None) for one in self.problem.shifts)
        return replace(_with_jobs(self.problem, relax), shifts=shifts, freeze_until_s=None)


def _with_jobs(problem: Problem, change: Callable[[Job], Job]) -> Problem:
    return replace(problem, jobs=tuple(change(job) for job in problem.jobs))


def _without_times(problem: Problem, held: frozenset[str]) -> Problem:
    """Nobody's windows, locks, hours or breaks in the way: what comes after the job can be pushed back."""
    late = problem.horizon_s + DAY_S
    shifts = tuple(
        replace(
            shift,
            earliest_start=min(0, shift.earliest_start),
            latest_end=late,
            breaks=tuple(replace(one, window=Window(one.window.start, late)) for one in shift.breaks),
        )
        for shift in problem.shifts
    )
    jobs = _with_jobs(
        problem, lambda job: job if job.id in held else replace(job, windows=(), lock=None, predecessors=())
    )
    return replace(jobs, shifts=shifts, sequences=())


def _jobs_of(plan: Plan) -> frozenset[str]:
    return frozenset(job for route in plan.routes for job in route.jobs)


def _alone(problem: Problem, base: Plan, day: _Day) -> Plan | None:
    """The plan with one technician's job where it moves the others least; None = nowhere, or a crew is needed."""
    job = problem.job_by_id[day.wish.job]
    if job.crew_size != 1 or len(day.wish.shifts) != 1:
        return None
    draft, starts = Draft.of_plan(problem, base), {one: start for one, (start, _) in day.times.items()}
    draft.not_before = {one: start for one, start in starts.items() if one != job.id}
    found = min(
        insertions(draft, job, [problem.shift_by_id[day.wish.shifts[0]]]),
        key=lambda one: (_moved_s(starts, one.trial.routes.values()), one.cost_cents),
        default=None,
    )
    if found is None:
        return None
    draft.accept(found.trial)
    return draft.plan()


def _moved_s(before: Mapping[str, Seconds], after: Iterable[Route]) -> Seconds:
    stops = (stop for route in after for stop in route.stops if stop.kind is StopKind.JOB and stop.id in before)
    return sum(abs(stop.start_s - before[stop.id]) for stop in stops)


def _in_order(problem: Problem, day: _Day) -> Plan | None:
    """The plan with the job where its second stands in the order of the tours, a crew's on all of them.

    Crews that meet later on these days are put off together. Parts are fetched by the lead. None where it has no place
    like this.
    """
    job, wish = problem.job_by_id[day.wish.job], day.wish
    if len(wish.shifts) != job.crew_size:
        return None
    length = max(job.service_on(problem.shift_by_id[shift]) for shift in wish.shifts)
    times = {**day.times, job.id: (wish.start_s, wish.start_s + length)}
    fetches: tuple[Tour, ...] = ((), *((Visit(StopKind.WAREHOUSE, one.id),) for one in problem.warehouses))
    for fetch, is_after in product(fetches if job.parts or job.tools else fetches[:1], (True, False)):
        tours = dict(day.tours)
        for shift in wish.shifts:
            is_lead = shift == wish.shifts[0]
            stops = (*(fetch if is_lead else ()), Visit(StopKind.JOB, job.id, supplies=is_lead))
            tour = tours.get(shift, ())
            at = _place_of(tour, day.times, wish.start_s, is_after=is_after)
            tours[shift] = (*tour[:at], *stops, *tour[at:])
        plan = repaired(problem, tours, times, keeps_times=True, or_sooner=False)
        if _jobs_of(plan) >= day.wanted | {job.id}:
            return plan
    return None


def _place_of(tour: Tour, times: Mapping[str, Interval], start_s: Seconds, *, is_after: bool) -> int:
    """Before the first job that starts no earlier, and what is fetched for it. is_after: behind one going on then."""
    for index, stop in enumerate(tour):
        start, end = times.get(stop.id, (0, 0))
        if stop.kind is StopKind.JOB and (start >= start_s or (not is_after and end > start_s)):
            return index
    return len(tour)
