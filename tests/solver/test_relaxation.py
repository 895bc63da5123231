"""Relaxing a rule lets in what that rule keeps out, and nothing else."""

import pytest

from solver.problem import Job, Lock, Receipt, VehicleShift, Window
from solver.reasons import Reason
from solver.relaxation import alone_route, has_road, is_servable_alone, relaxations
from tests.solver.builders import ISLAND, at, job, lunch, problem, shift, warehouse

ANN = shift()
LATE = (warehouse(stock={"v": (Receipt(at(18), 1),)}, tools=frozenset({"lift"}), windows=(Window(at(18), at(19)),)),)
KEPT_OUT: list[tuple[Reason, Job, VehicleShift]] = [
    (Reason.WINDOW_UNREACHABLE, job(windows=(Window(at(5), at(6)),)), ANN),
    (Reason.WINDOW_UNREACHABLE, job(location=ISLAND), ANN),
    (Reason.SHIFT_TOO_SHORT, job(service_s=10 * 3_600), ANN),
    (Reason.SHIFT_TOO_SHORT, job(), shift(latest_end=at(9), breaks=(lunch(600, at(8), at(8, 50)),))),
    (Reason.PART_NOT_REACHABLE, job(parts={"v": 1}), ANN),
    (Reason.TOOL, job(tools=frozenset({"lift"})), ANN),
    (Reason.LOCK_CONFLICT, job(lock=Lock(start_s=at(7))), ANN),
]


@pytest.mark.parametrize(("reason", "one", "on"), KEPT_OUT)
def test_one_rule_alone_lets_it_in(reason: Reason, one: Job, on: VehicleShift) -> None:
    day = problem((one,), (on,), warehouses=LATE)
    assert not is_servable_alone(day, one, on)
    assert is_servable_alone(day, one, on, frozenset({reason}))
    assert [found.reasons for found in relaxations(day, one)] == [{reason}]


def test_a_longer_shift_brings_no_part_earlier() -> None:
    needy = job(parts={"v": 1})
    day = problem((needy,), (ANN,), warehouses=LATE)
    assert not is_servable_alone(day, needy, ANN, frozenset({Reason.SHIFT_TOO_SHORT}))


def test_the_route_that_is_told_keeps_its_breaks() -> None:
    on = shift(latest_end=at(9), breaks=(lunch(600, at(8), at(8, 50)),))
    day = problem((job(),), (on,))
    route = alone_route(day, day.jobs[0], on, frozenset({Reason.SHIFT_TOO_SHORT}))
    # Ten minutes there, half an hour of work, eleven back, ten of rest.
    assert route is not None
    assert route.return_s == at(9, 1)


def test_two_rules_are_dropped_where_one_does_not_do() -> None:
    stuck = job(windows=(Window(at(5), at(6)),), lock=Lock(start_s=at(7)))
    day = problem((stuck,), (ANN,))
    assert [found.reasons for found in relaxations(day, stuck)] == [{Reason.LOCK_CONFLICT, Reason.WINDOW_UNREACHABLE}]


def test_a_job_that_somebody_could_serve_needs_no_relaxation() -> None:
    (found,) = relaxations(problem((job(),), (ANN,)), job())
    assert found.reasons == frozenset()


def test_shifts_without_a_road_count_only_where_there_is_no_other() -> None:
    early = job(windows=(Window(at(5), at(6)),))
    cut_off = shift("bob", start_location=ISLAND)
    day = problem((early,), (ANN, cut_off))
    assert not has_road(day, early, cut_off)
    assert [found.shifts for found in relaxations(day, early)] == [("ann-0",)]
    assert [found.shifts for found in relaxations(problem((early,), (cut_off,)), early)] == [("bob-0",)]


def test_parts_may_be_fetched_the_day_before() -> None:
    needy = job(parts={"v": 1}, windows=(Window(at(9, day=1), at(10, day=1)),))
    today = shift("ann", 1, max_pickups=0)
    house = (warehouse(stock={"v": None}),)
    assert not is_servable_alone(problem((needy,), (today,), warehouses=house), needy, today)
    assert is_servable_alone(problem((needy,), (ANN, today), warehouses=house), needy, today)
