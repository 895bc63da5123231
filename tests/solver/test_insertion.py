"""Drafts, schedules, repairs and insertions keep every rule on random days, and lose nothing that held."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.random_days.feasible import feasible_day
from solver.check import violations
from solver.draft import Draft
from solver.explain import candidates, causes_for_unplanned, remove
from solver.insertion import best_insertion, first_come_plan, insert_where_cheapest
from solver.params import Weights
from solver.plan import Plan, Route, StopKind
from solver.problem import Previous, Problem, Window
from solver.repair import repaired
from solver.score import leaving_out_cents, score
from tests.solver.builders import EAST, NORTH, SOUTH, at, job, left_out, lunch, problem, shift


@given(seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_first_come_and_cheapest_insertion_keep_every_rule(seed: int) -> None:
    day, _ = feasible_day(Random(seed))
    assert violations(day, first_come_plan(day)) == ()
    draft = Draft.begun(day)
    insert_where_cheapest(draft, [one for one in day.jobs if one.id not in day.committed_jobs])
    assert violations(day, draft.plan()) == ()


@given(seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_a_repaired_plan_keeps_every_rule_and_independent_tours_whole(seed: int) -> None:
    day, plan = feasible_day(Random(seed))
    kept = repaired(day, Draft.of_plan(day, plan).tours)
    assert violations(day, kept) == ()
    if not any(one.crew_size > 1 or one.predecessors for one in day.jobs):
        lost = {one.job for one in kept.unplanned} - {one.job for one in plan.unplanned}
        assert not {job for route in plan.routes for job in route.jobs if not _idles(day, plan, route)} & lost


def _idles(day: Problem, plan: Plan, route: Route) -> bool:
    """Whether its technician stops at a warehouse for nothing: such a stop is left out, though a break may need it."""
    owner = day.shift_by_id[route.shift].technician
    own = [one for one in plan.routes if day.shift_by_id[one.shift].technician == owner]
    stops = [stop for one in own for stop in one.stops if stop.kind is StopKind.WAREHOUSE]
    return any(not stop.loads and not stop.tools for stop in stops)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_every_candidate_can_be_taken_at_the_cost_it_states(seed: int) -> None:
    day, _ = feasible_day(Random(seed))
    draft = Draft.begun(day)
    insert_where_cheapest(draft, [one for one in day.jobs if one.id not in day.committed_jobs])
    plan = causes_for_unplanned(day, draft.plan())
    assert violations(day, plan) == ()
    assert all(cause.sentence for left in plan.unplanned for cause in left.causes)
    for one in [one for one in day.jobs if one.id not in day.committed_jobs][:4]:
        found = candidates(day, plan, one.id)
        assert list(found) == sorted(found, key=lambda other: (other.cost_cents, other.start_s, other.shift))
        without = Draft.of_plan(day, plan)
        remove(without, one.id)
        best = best_insertion(without, one)
        assert (best is None) == (not found)
        if best is not None:
            before = score(day, without.plan())
            without.accept(best.trial)
            after = score(day, without.plan())
            assert violations(day, without.plan()) == ()
            assert found[0].cost_cents == best.cost_cents
            saved = one.unplanned_penalty_cents
            changed = after.total_cents - before.total_cents + saved
            dropped = one.previous is not None and one.previous.dispatched
            assert changed == best.cost_cents - (day.weights.disruption_change_cents if dropped else 0)


def test_an_early_job_and_a_late_one_leave_the_waiting_unpaid() -> None:
    """Earliest start 08:00, the only window opens at 14:00: the technician leaves as late as that allows."""
    late = job("late", NORTH, 1800, windows=(Window(at(14), at(15)),))
    day = problem((late,), (shift(),))
    draft = Draft(day)
    insert_where_cheapest(draft, [late])
    (route,) = draft.plan().routes
    assert route.departure_s == at(14) - 600
    assert route.stops[0].start_s == at(14)


def test_the_break_goes_where_it_delays_nothing() -> None:
    """Two jobs, one fixed at 13:00: lunch fits between them, at either place, and the second starts on time."""
    first = job("first", NORTH, 3600, windows=(Window(at(9), at(9)),))
    second = job("second", SOUTH, 3600, windows=(Window(at(13), at(13)),))
    day = problem((first, second), (shift(breaks=(lunch(),)),))
    draft = Draft(day)
    insert_where_cheapest(draft, [first, second])
    plan = draft.plan()
    assert violations(day, plan) == ()
    kinds = [stop.kind for stop in plan.routes[0].stops]
    assert kinds == [StopKind.JOB, StopKind.BREAK, StopKind.JOB]


def test_insertion_ends_between_two_jobs_when_it_is_told_to() -> None:
    jobs = tuple(job(f"job-{rank}", unplanned_penalty_cents=9_000) for rank in range(3))
    draft = Draft(problem(jobs, (shift(),)))
    insert_where_cheapest(draft, jobs, is_over=lambda: len(draft.planned) == 2)
    assert draft.planned == {"job-0", "job-1"}


def test_a_dispatched_job_is_worth_its_penalty_and_the_change_that_dropping_it_costs() -> None:
    dear = job(unplanned_penalty_cents=1_000, previous=Previous(("ann-0",), at(9), dispatched=True))
    day = problem((dear,), (shift(cost_cents_per_hour=6_000),), weights=Weights(disruption_change_cents=50_000))
    assert leaving_out_cents(day, dear) == score(day, Draft(day).plan()).total_cents == 51_000
    draft = Draft(day)
    insert_where_cheapest(draft, [dear])
    assert draft.planned == {"job"}


def test_a_job_that_nobody_can_reach_is_left_out() -> None:
    early = job("early", EAST, 600, windows=(Window(at(5), at(6)),))
    day = problem((early,), (shift(),))
    assert first_come_plan(day).routes == ()
    assert best_insertion(Draft(day), early) is None


@pytest.mark.parametrize("seed", range(5))
def test_slack_rules_out_nothing_that_holds(seed: int) -> None:
    """Insertion finds every place that timing the whole tour allows, on a matrix with the triangle inequality."""
    day, plan = feasible_day(Random(seed))
    sound = plan if not violations(day, plan) else Plan(day.id, (), (left_out(*(one.id for one in day.jobs))))
    for one in day.jobs:
        if one.id in day.committed_jobs or one.crew_size > 1:
            continue
        draft = Draft.of_plan(day, sound)
        was_planned = one.id in draft.planned
        remove(draft, one.id)
        if was_planned and one.id not in draft.planned:
            assert best_insertion(draft, one) is not None
