"""One random day in the hands of the main engine, and everything about it that is not as it should be."""

from dataclasses import dataclass, field
from random import Random
from unittest.mock import patch

from bench.held import dropped, moved
from bench.random_days.occurring import rules_in
from bench.random_days.wild import wild_day
from solver.check import violations
from solver.engines import ruin
from solver.engines.base import Incumbent
from solver.engines.ruin import RuinEngine
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.score import score
from solver.search.bench import Bench
from solver.search.reading import instance_of
from solver.search.writing import Names
from solver.validate import problem_object_faults

FAULTS = ("violations", "moved_held_jobs", "dropped_held_jobs", "dearer_than_start", "mispriced", "not_repeated")
"""What may be wrong with a search, beside a crash."""
_IN_PARTS, _REPEATED = 4, 10
"""One problem in so many is searched in parts, as only days of more than 1,500 jobs are; and searched again."""
_NEVER_S = 3_600
"""A time limit that nobody reaches: steps are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One of FAULTS, and what in a sentence."""

    seed: int
    kind: str
    sentence: str


@dataclass(slots=True)
class Outcome:
    """What came of a problem: its size and rules, jobs planned over all its searches, and what was found."""

    seed: int
    jobs: int
    rules: frozenset[str]
    searches: int = 0
    planned: int = 0
    improved: int = 0
    findings: list[Finding] = field(default_factory=list)

    def note(self, kind: str, sentence: str) -> None:
        """One more thing to tell."""
        self.findings.append(Finding(self.seed, kind, sentence))


def tortured(seed: int, steps: int) -> Outcome:
    """Search the problem of a seed with and without its plan; ValueError if the problem itself is not sound."""
    problem, start = wild_day(Random(seed))
    unsound = [*problem_object_faults(problem), *violations(problem, start), *moved(problem, start)]
    if unsound:
        raise ValueError(f"the day of seed {seed} is not sound: {unsound[0]}")
    outcome = Outcome(seed, len(problem.jobs), rules_in(problem))
    for begins_with in (None, start):
        plans = _searched(problem, begins_with, seed, steps, workers=1)
        _judge(outcome, problem, begins_with, plans)
        if seed % _REPEATED == 0 and plans != _searched(problem, begins_with, seed, steps, workers=2):
            outcome.note("not_repeated", f"{_name(begins_with)}, the same seed and steps gave other plans")
    return outcome


def _searched(problem: Problem, start: Plan | None, seed: int, steps: int, workers: int) -> list[Plan]:
    """Every plan that the engine reports; no plan where it had nothing to report."""
    found: list[Incumbent] = []
    params = SolveParams("ruin", _NEVER_S, iteration_limit=steps, seed=seed % 2**31, workers=workers)
    least = 0 if seed % _IN_PARTS == 0 else ruin.LEAST_JOBS
    with patch.object(ruin, "LEAST_JOBS", least):
        RuinEngine().solve(problem, params, start, found.append, lambda: False)
    return [one.plan for one in found]


def _judge(outcome: Outcome, problem: Problem, start: Plan | None, plans: list[Plan]) -> None:
    """Judge all plans by the rules and by the score, the last one in more ways."""
    outcome.searches += 1
    name = _name(start)
    if not plans:
        outcome.note("violations", f"{name}, there was no plan at all")
        return
    for plan in plans:
        for found in violations(problem, plan):
            outcome.note("violations", f"{name}: {found}")
        for sentence in moved(problem, plan):
            outcome.note("moved_held_jobs", f"{name}: {sentence}")
    costs = [score(problem, plan).total_cents for plan in ([start] if start else []) + plans]
    if costs[-1] > costs[0] or sorted(costs, reverse=True) != costs:
        outcome.note("dearer_than_start", f"{name}, plans cost {costs} one after the other")
    outcome.improved += costs[-1] < costs[0]
    outcome.planned += len({job for route in plans[-1].routes for job in route.jobs})
    if start is not None:
        for job in dropped(problem, start, plans[-1]):
            outcome.note("dropped_held_jobs", f"{name}: {job} was planned and may not move, but is left out")
    _judge_price(outcome, problem, plans[-1], name)


def _judge_price(outcome: Outcome, problem: Problem, plan: Plan, name: str) -> None:
    """The search must count cents as the score does, except those of crews; see decision 10."""
    if any(job.crew_size > 1 for job in problem.jobs):
        return
    instance, names = instance_of(problem), Names(problem)
    bench = Bench(instance, 0)
    bench.lay(names.tours(plan))
    laid = names.plan(instance, bench.state, bench.work)
    cents = score(problem, laid).total_cents
    if cents != bench.cents:
        outcome.note("mispriced", f"{name}: the search counts {bench.cents} cents where the score counts {cents}")
    for found in violations(problem, laid):
        outcome.note("violations", f"{name}, laid anew: {found}")


def _name(start: Plan | None) -> str:
    return "without a start" if start is None else "with a start"
