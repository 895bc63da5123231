"""Every term of the objective, by figures worked out by hand."""

from typing import Any

import pytest

from solver.params import Weights
from solver.plan import Plan
from solver.problem import CommittedStop, Job, Previous, Problem
from solver.score import TERMS, route_cents, score
from tests.solver.builders import (
    EAST,
    HOME,
    NORTH,
    at,
    job,
    left_out,
    lunch,
    pickup,
    plan,
    problem,
    rest,
    route,
    shift,
    stop,
    warehouse,
)

FREE = Weights(0, 0, 0, 0, 0, 0)
"""Nothing costs anything but what a test says."""


def terms(judged: Problem, by: Plan) -> dict[str, int]:
    """The terms that are not nothing."""
    return {name: cents for name, cents in score(judged, by).terms.items() if cents}


def town(jobs: tuple[Job, ...], *shifts: Any, weights: Weights = FREE, **changes: Any) -> Problem:
    return problem(jobs, shifts, weights=weights, **changes)


def test_an_empty_plan_costs_nothing_in_every_term() -> None:
    result = score(problem(), plan())
    assert dict(result.terms) == dict.fromkeys(TERMS, 0)
    assert result.total_cents == 0


def test_unplanned_is_the_sum_of_penalties() -> None:
    jobs = job("a", unplanned_penalty_cents=700), job("b", unplanned_penalty_cents=11), job("c")
    ann = shift()
    by = plan(route(ann, stop(jobs[2], at(10))), unplanned=left_out(*jobs[:2]))
    assert terms(town(jobs, ann), by) == {"unplanned": 711}


def test_travel_time_and_distance_there_and_back() -> None:
    """Out 600 s and 5,000 m, back 660 s and 5,300 m: 1,260 s at 1,000 an hour, 10,300 m at 37 a kilometre."""
    ann = shift(cost_cents_per_km=37)
    by = plan(route(ann, stop(job(), at(10))))
    weights = Weights(1_000, 0, 0, 0, 0, 0)
    assert terms(town((job(),), ann, weights=weights), by) == {"travel_time": 350, "travel_distance": 381}


def test_money_is_rounded_down_once_per_route_and_term() -> None:
    """Legs of 600 + 660 s at 5 cents an hour are 1.75 cents: 1 a route, not 0 + 0 and not 3 for the two."""
    ann, bob = shift(cost_cents_per_km=0), shift("bob")
    weights = Weights(5, 0, 0, 0, 0, 0)
    a, b = job("a"), job("b")
    one = plan(route(ann, stop(a, at(10))), unplanned=left_out(b))
    two = plan(route(ann, stop(a, at(10))), route(bob, stop(b, at(10))))
    penalty = {"unplanned": 100_000}
    assert terms(town((a, b), ann, bob, weights=weights), one) == {"travel_time": 1} | penalty
    assert terms(town((a, b), ann, bob, weights=weights), two) == {"travel_time": 2}


def test_lateness_is_summed_over_a_route_before_rounding() -> None:
    """90 s at 1 and 45 s at 3 cents a minute are 225 / 60 = 3.75; rounded one by one it would be 1 + 2."""
    ann = shift()
    jobs = (
        job("a", due_s=at(10), lateness_cents_per_minute=1),
        job("b", due_s=at(11), lateness_cents_per_minute=3),
        job("early", due_s=at(16), lateness_cents_per_minute=999),
        job("undue", lateness_cents_per_minute=999),
    )
    starts = (at(10) + 90, at(11) + 45, at(12), at(13))
    by = plan(route(ann, *(stop(one, start) for one, start in zip(jobs, starts, strict=True))))
    assert terms(town(jobs, ann), by) == {"lateness": 3}


def test_a_job_at_its_due_second_is_not_late() -> None:
    ann, due = shift(), job(due_s=at(10), lateness_cents_per_minute=600)
    assert terms(town((due,), ann), plan(route(ann, stop(due, at(10))))) == {}
    assert terms(town((due,), ann), plan(route(ann, stop(due, at(10) + 1)))) == {"lateness": 10}


def test_paid_time_is_from_departure_to_return_waiting_included() -> None:
    """08:00 to 12:30 at 1,000 an hour."""
    ann = shift(cost_cents_per_hour=1_000)
    by = plan(route(ann, stop(job(), at(10)), departure_s=at(8), return_s=at(12, 30)))
    assert terms(town((job(),), ann), by) == {"paid_time": 4_500}


@pytest.mark.parametrize(
    ("paid", "start", "cents"),
    [
        (False, at(11), 2_500),  # 09:00 to 12:00 less half an hour
        (True, at(11), 3_000),
        (False, at(12), 3_000),  # from the return on: not on duty at all
        (True, at(12), 3_000),
    ],
)
def test_unpaid_breaks_on_duty_are_taken_off(paid: bool, start: int, cents: int) -> None:
    meal = lunch(paid=paid)
    ann = shift(cost_cents_per_hour=1_000, breaks=(meal,))
    place = NORTH if start < at(12) else HOME
    stops = stop(job(), at(10)), rest(meal, place, start)
    by = plan(route(ann, *stops, departure_s=at(9), return_s=at(12)))
    assert terms(town((job(),), ann), by) == {"paid_time": cents}


def test_a_break_before_departure_is_not_taken_off() -> None:
    meal = lunch()
    ann = shift(cost_cents_per_hour=1_000, breaks=(meal,))
    stops = rest(meal, HOME, at(11)), stop(job(), at(13))
    on_duty = plan(route(ann, *stops, departure_s=at(11), return_s=at(14)))
    off_duty = plan(route(ann, *stops, departure_s=at(11, 30), return_s=at(14)))
    assert terms(town((job(),), ann), on_duty) == {"paid_time": 2_500}
    assert terms(town((job(),), ann), off_duty) == {"paid_time": 2_500}


def test_a_break_taken_elsewhere_costs_the_drive() -> None:
    """Home - lunch at the east - job in the east: the drive is made once, whichever way round."""
    meal, one = lunch(), job(location=EAST)
    ann = shift(cost_cents_per_km=1_000, breaks=(meal,))
    by = plan(route(ann, rest(meal, EAST, at(12)), stop(one, at(13))))
    assert terms(town((one,), ann), by) == {"travel_distance": 10_000 + 10_300}


@pytest.mark.parametrize(("back", "cents"), [(at(17), 0), (at(16), 0), (at(17, 20), 700), (at(17) + 1, 0)])
def test_overtime_comes_on_top(back: int, cents: int) -> None:
    ann = shift(overtime_limit_s=3_600, overtime_cents_per_hour=2_100)
    by = plan(route(ann, stop(job(), at(10)), return_s=back))
    assert score(town((job(),), ann), by).terms["overtime"] == cents


def test_use_is_paid_once_by_a_route_with_a_job() -> None:
    ann, bob = shift(fixed_cost_cents=5_000), shift("bob", fixed_cost_cents=900)
    depot = warehouse()
    a, b = job("a"), job("b")
    by = plan(route(ann, stop(a, at(10)), stop(b, at(11))), route(bob, pickup(depot, at(10))))
    assert terms(town((a, b), ann, bob, warehouses=(depot,)), by) == {"use": 5_000}


@pytest.mark.parametrize(
    ("target", "cents"),
    [(None, 0), (5_000, 0), (3_060, 0), (3_059, 0), (2_700, 100), (0, 850)],
)
def test_load_is_service_and_travel_beyond_the_target(target: int | None, cents: int) -> None:
    """1,800 s of service and 1,260 s of travel; handling, waiting and rest are no load."""
    meal = lunch()
    ann = shift(load_target_s=target, breaks=(meal,))
    by = plan(route(ann, stop(job(), at(10)), rest(meal, NORTH, at(12)), departure_s=at(8)))
    assert score(town((job(),), ann, weights=Weights(0, 1_000, 0, 0, 0, 0)), by).terms["load_over_target"] == cents


def test_handling_is_no_load() -> None:
    """To the depot 2,400 s, home 2,640 s."""
    depot = warehouse(handling_s=900)
    ann = shift(load_target_s=5_040)
    by = plan(route(ann, pickup(depot, at(10))))
    weights = Weights(0, 3_600, 0, 0, 0, 0)
    assert terms(town((), ann, weights=weights, warehouses=(depot,)), by) == {}


def test_non_preferred_counts_technicians_where_some_are_preferred() -> None:
    ann, bob = shift(), shift("bob")
    jobs = (
        job("anns", preferred_technicians=frozenset({"ann"})),
        job("bobs", preferred_technicians=frozenset({"bob"})),
        job("any"),
        job("eves", preferred_technicians=frozenset({"eve"})),
        job("pair", crew_size=2, preferred_technicians=frozenset({"bob", "eve"})),
    )
    by = plan(
        route(ann, *(stop(one, at(9 + hour)) for hour, one in enumerate(jobs))),
        route(bob, stop(jobs[4], at(13), supplies=False)),
    )
    assert terms(town(jobs, ann, bob, weights=Weights(0, 0, 1_500, 0, 0, 0)), by) == {"non_preferred": 4_500}


def test_over_qualification_counts_levels_above_the_required() -> None:
    """Two above for gas, none for roof; skills that nobody asked for cost nothing."""
    ann, one = shift(skills={"gas": 3, "roof": 2, "lift": 9}), job(skills={"gas": 1, "roof": 2})
    weights = Weights(0, 0, 0, 50, 0, 0)
    assert terms(town((one,), ann, weights=weights), plan(route(ann, stop(one, at(10))))) == {"over_qualification": 100}


def test_over_qualification_of_a_crew_is_that_of_the_least_who_meets_it() -> None:
    """Gas 2: Ann has 5, Bob 3, Eve 1, so Bob counts with 1. Roof 1: only Ann has it, with 4: 3."""
    ann, bob, eve = (
        shift(skills={"gas": 5, "roof": 4}),
        shift("bob", skills={"gas": 3}),
        shift("eve", skills={"gas": 1}),
    )
    crew = job(crew_size=3, skills={"gas": 2, "roof": 1})
    mate = stop(crew, at(10), supplies=False)
    by = plan(route(ann, stop(crew, at(10))), route(bob, mate), route(eve, mate))
    assert terms(town((crew,), ann, bob, eve, weights=Weights(0, 0, 0, 1, 0, 0)), by) == {"over_qualification": 4}


MOVES = Weights(0, 0, 0, 0, 3_000, 20, 900)
"""3,000 a change, 20 a minute, a quarter of an hour tolerated."""


def disruption_of(previous: Previous | None, start: int | None, shift_id: str = "ann-0") -> int:
    """Cents for a job that stood at `previous` and now starts at `start`, or is left out."""
    shifts = {one.id: one for one in (shift(), shift("bob"), shift(day=1))}
    one = job(previous=previous)
    by = plan(unplanned=left_out(one)) if start is None else plan(route(shifts[shift_id], stop(one, start)))
    return score(town((one,), *shifts.values(), weights=MOVES), by).terms["disruption"]


@pytest.mark.parametrize(
    ("start", "cents"),
    [
        (at(10), 0),
        (at(10, 15), 0),
        (at(9, 45), 0),
        (at(10, 15, 59), 0),
        (at(10, 16), 20),
        (at(9, 44, 1), 0),
        (at(9, 44), 20),
        (at(11, 15, 59), 1_200),
    ],
)
def test_whole_minutes_beyond_the_tolerance_either_way(start: int, cents: int) -> None:
    assert disruption_of(Previous(("ann-0",), at(10)), start) == cents


def test_another_technician_is_one_change() -> None:
    assert disruption_of(Previous(("ann-0",), at(10)), at(10), "bob-0") == 3_000
    assert disruption_of(Previous(("ann-0",), at(10)), at(10, 20), "bob-0") == 3_000 + 5 * 20


def test_another_day_is_one_change_and_its_minutes() -> None:
    assert disruption_of(Previous(("ann-0",), at(10)), at(10, day=1), "ann-1") == 3_000 + (24 * 60 - 15) * 20


def test_only_a_dispatched_job_costs_when_dropped() -> None:
    assert disruption_of(Previous(("ann-0",), at(10), dispatched=True), None) == 3_000
    assert disruption_of(Previous(("ann-0",), at(10)), None) == 0


def test_an_added_job_costs_nothing() -> None:
    assert disruption_of(None, at(10)) == 0
    assert disruption_of(None, None) == 0


def test_a_crew_is_one_job_to_disrupt() -> None:
    ann, bob, eve = shift(), shift("bob"), shift("eve")
    pair = job(crew_size=2, previous=Previous(("bob-0", "ann-0"), at(10)))
    mate = stop(pair, at(10, 16), supplies=False)
    judged = town((pair,), ann, bob, eve, weights=MOVES)
    same = plan(route(ann, stop(pair, at(10, 16))), route(bob, mate))
    other = plan(route(ann, stop(pair, at(10, 16))), route(eve, mate))
    assert terms(judged, same) == {"disruption": 20}
    assert terms(judged, other) == {"disruption": 3_020}


def test_jobs_begun_cost_as_others_do() -> None:
    ann = shift(fixed_cost_cents=100, committed=(CommittedStop("job", at(10)),))
    late = job(due_s=at(9), lateness_cents_per_minute=1)
    assert terms(town((late,), ann), plan(route(ann, stop(late, at(10))))) == {"use": 100, "lateness": 60}


def test_the_total_is_the_sum_of_all_terms() -> None:
    ann = shift(cost_cents_per_hour=1_000, cost_cents_per_km=37, fixed_cost_cents=5_000)
    a, b = job("a"), job("b", unplanned_penalty_cents=70)
    result = score(town((a, b), ann), plan(route(ann, stop(a, at(10))), unplanned=left_out(b)))
    # 600 + 1,800 + 660 s at 1,000 an hour; 10.3 km at 37; the use; the penalty
    assert result.total_cents == 850 + 381 + 5_000 + 70


def test_paid_time_is_rounded_down_to_whole_cents() -> None:
    """3,060 s at 1 cent an hour are 0.85, at 5 cents 4.25."""
    for rate, cents in ((1, 0), (5, 4)):
        ann = shift(cost_cents_per_hour=rate)
        result = score(town((job(),), ann), plan(route(ann, stop(job(), at(10))))).terms["paid_time"]
        assert (type(result), result) == (int, cents)


def test_a_member_who_meets_the_level_exactly_is_not_over_qualified() -> None:
    ann, bob = shift(skills={"gas": 5}), shift("bob", skills={"gas": 2})
    pair = job(crew_size=2, skills={"gas": 2})
    by = plan(route(ann, stop(pair, at(10))), route(bob, stop(pair, at(10), supplies=False)))
    assert terms(town((pair,), ann, bob, weights=Weights(0, 0, 0, 1, 0, 0)), by) == {}


def test_a_route_alone_costs_what_a_plan_of_it_costs() -> None:
    """50 for two levels above, 3,000 for the change, 100 for five minutes, 700 for the use."""
    ann = shift(fixed_cost_cents=700, skills={"gas": 3})
    moved = job(skills={"gas": 1}, previous=Previous(("bob-0",), at(9, 40)))
    judged = town((moved,), ann, shift("bob"), weights=Weights(0, 0, 0, 25, 3_000, 20, 900))
    alone = route(ann, stop(moved, at(10)))
    assert route_cents(judged, alone) == score(judged, plan(alone)).total_cents == 50 + 3_000 + 100 + 700
