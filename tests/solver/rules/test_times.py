"""Nobody arrives sooner than travel allows; services last exactly what they take."""

from typing import Any

import pytest

from solver.plan import Plan
from solver.problem import Window
from tests.solver.builders import (
    EAST,
    HOME,
    ISLAND,
    NORTH,
    SOUTH,
    at,
    drive_s,
    job,
    lunch,
    pickup,
    plan,
    problem,
    rest,
    route,
    rules_broken,
    rules_broken_by,
    shift,
    stop,
    warehouse,
)

ANN = shift()
ONE, TWO = job("one", EAST), job("two", NORTH)
TOWN = problem((ONE, TWO), (ANN,))


def one_then_two(gap_s: int) -> Plan:
    """From the east back to the north, so many seconds after the first job has ended."""
    return plan(route(ANN, stop(ONE, at(10)), stop(TWO, at(10, 30) + gap_s)))


def test_an_empty_route() -> None:
    assert rules_broken(problem((), (ANN,)), plan(route(ANN))) == set()


def test_one_job_there_and_back() -> None:
    assert rules_broken_by(job()) == set()


def test_travel_between_stops_to_the_second() -> None:
    assert rules_broken(TOWN, one_then_two(drive_s(EAST, NORTH))) == set()
    assert rules_broken(TOWN, one_then_two(drive_s(EAST, NORTH) - 1)) == {"times"}


def test_the_matrix_is_read_from_row_to_column() -> None:
    assert drive_s(NORTH, EAST) < drive_s(EAST, NORTH)
    assert rules_broken(TOWN, one_then_two(drive_s(NORTH, EAST))) == {"times"}


@pytest.mark.parametrize(("early", "broken"), [(0, set()), (1, {"times"})])
def test_travel_from_the_start_to_the_second(early: int, broken: set[str]) -> None:
    by = plan(route(ANN, stop(TWO, at(10)), departure_s=at(10) - drive_s(HOME, NORTH) + early))
    assert rules_broken(problem((TWO,), (ANN,)), by) == broken


@pytest.mark.parametrize(("early", "broken"), [(0, set()), (1, {"times"})])
def test_travel_to_the_end_to_the_second(early: int, broken: set[str]) -> None:
    by = plan(route(ANN, stop(TWO, at(10)), return_s=at(10, 30) + drive_s(NORTH, HOME) - early))
    assert rules_broken(problem((TWO,), (ANN,)), by) == broken


def test_waiting_anywhere() -> None:
    waits_on_the_road = stop(TWO, at(14), arrival_s=at(13))
    by = plan(route(ANN, stop(ONE, at(10), arrival_s=at(9)), waits_on_the_road, departure_s=at(8), return_s=at(17)))
    assert rules_broken(TOWN, by) == set()


@pytest.mark.parametrize(
    "times",
    [
        {"arrival_s": at(10) + 1},
        {"end_s": at(10, 30) + 1},
        {"end_s": at(10, 30) - 1},
        {"end_s": at(9, 59)},
    ],
    ids=["starts before arrival", "too long", "too short", "ends before start"],
)
def test_arrival_start_end_and_duration(times: dict[str, Any]) -> None:
    by = plan(route(ANN, stop(TWO, at(10), **times), departure_s=at(8), return_s=at(16)))
    assert rules_broken(problem((TWO,), (ANN,)), by) == {"times"}


@pytest.mark.parametrize(("origin", "destination"), [(HOME, ISLAND), (ISLAND, NORTH)])
def test_no_road_is_not_a_short_road(origin: int, destination: int) -> None:
    ann = shift(start_location=origin, end_location=destination)
    there = job(location=destination)
    by = plan(route(ann, stop(there, at(12)), departure_s=at(8), return_s=at(17)))
    assert rules_broken(problem((there,), (ann,)), by) == {"times"}


def test_no_road_home() -> None:
    ann, there = shift(start_location=ISLAND), job(location=ISLAND)
    by = plan(route(ann, stop(there, at(12)), departure_s=at(12), return_s=at(17)))
    assert rules_broken(problem((there,), (ann,)), by) == {"times"}


def test_staying_where_there_is_no_road() -> None:
    ann, there = shift(start_location=ISLAND, end_location=ISLAND), job(location=ISLAND)
    assert rules_broken_by(there, ann, at(12)) == set()


def test_returning_before_departing() -> None:
    by = plan(route(ANN, departure_s=at(10), return_s=at(9)))
    assert rules_broken(problem((), (ANN,)), by) == {"times"}


@pytest.mark.parametrize(("level", "seconds"), [(1, 1_800), (2, 1_500), (3, 1_500), (4, 900), (9, 900)])
def test_the_duration_of_the_highest_level_reached(level: int, seconds: int) -> None:
    ann = shift(skills={"gas": level, "roof": 9})
    one = job(skills={"gas": 1, "roof": 1}, service_s_by_level=((4, 900), (2, 1_500)))
    right, wrong = (plan(route(ann, stop(one, at(10), end_s=at(10) + s))) for s in (seconds, seconds + 60))
    assert rules_broken(problem((one,), (ann,)), right) == set()
    assert rules_broken(problem((one,), (ann,)), wrong) == {"times"}


@pytest.mark.parametrize(("seconds", "broken"), [(300, set()), (299, {"times"}), (600, {"times"})])
def test_handling_takes_its_time_once(seconds: int, broken: set[str]) -> None:
    depot = warehouse(handling_s=300)
    by = plan(route(ANN, pickup(depot, at(9), end_s=at(9) + seconds), stop(TWO, at(11))))
    assert rules_broken(problem((TWO,), (ANN,), warehouses=(depot,)), by) == broken


def test_a_break_inside_a_service() -> None:
    ann, long = shift(breaks=(lunch(),)), job(service_s=at(3))
    by = plan(route(ann, stop(long, at(11)), rest(lunch(), NORTH, at(12)), return_s=at(15)))
    assert rules_broken(problem((long,), (ann,)), by) == {"times"}


def test_a_break_inside_a_drive() -> None:
    ann = shift(breaks=(lunch(),))
    drive = drive_s(NORTH, SOUTH)
    first, second = job("first", NORTH), job("second", SOUTH)
    town = problem((first, second), (ann,))
    stops = stop(first, at(11, 30)), rest(lunch(), SOUTH, at(12) + drive // 2)
    on_the_road = route(ann, *stops, stop(second, at(12, 30) + drive))
    assert rules_broken(town, plan(on_the_road)) == {"times"}
    at_the_first = route(ann, stops[0], rest(lunch(), NORTH, at(12)), stop(second, at(12, 30) + drive))
    assert rules_broken(town, plan(at_the_first)) == set()
    at_the_second = route(ann, stops[0], rest(lunch(), SOUTH, at(12) + drive), stop(second, at(12, 30) + drive))
    assert rules_broken(town, plan(at_the_second)) == set()


@pytest.mark.parametrize(("seconds", "broken"), [(1_800, set()), (1_799, {"times"}), (1_801, {"times"})])
def test_a_break_is_whole(seconds: int, broken: set[str]) -> None:
    ann, one = shift(breaks=(lunch(),)), job()
    by = plan(route(ann, stop(one, at(10)), rest(lunch(), NORTH, at(12), end_s=at(12) + seconds)))
    assert rules_broken(problem((one,), (ann,)), by) == broken


def test_leaving_during_a_break() -> None:
    ann, one = shift(breaks=(lunch(),)), job()
    meal = rest(lunch(), HOME, at(11))
    for departure, broken in ((at(11, 30), set()), (at(11, 30) - 1, {"times"})):
        by = plan(route(ann, meal, stop(one, at(12)), departure_s=departure))
        assert rules_broken(problem((one,), (ann,)), by) == broken


def test_returning_during_a_break() -> None:
    ann, one = shift(breaks=(lunch(),)), job()
    meal = rest(lunch(), HOME, at(12))
    for back, broken in ((at(12), set()), (at(12) + 1, {"times"}), (at(12, 30), set())):
        by = plan(route(ann, stop(one, at(10)), meal, return_s=back))
        assert rules_broken(problem((one,), (ann,)), by) == broken


def test_a_break_off_duty_is_first_or_last() -> None:
    ann = shift(breaks=(lunch(start=at(7), end=at(18)),))
    one = job()
    meal = rest(lunch(), HOME, at(7))
    early = plan(route(ann, stop(one, at(10)), meal, departure_s=at(9), return_s=at(12)))
    assert rules_broken(problem((one,), (ann,)), early) == {"times"}
    late = plan(route(ann, rest(lunch(), HOME, at(17)), stop(one, at(10)), departure_s=at(9), return_s=at(12)))
    assert rules_broken(problem((one,), (ann,)), late) == {"times"}


def test_services_do_not_overlap() -> None:
    here, too = job("here"), job("too", windows=(Window(at(9), at(12)),))
    by = plan(route(ANN, stop(here, at(10)), stop(too, at(10, 15))))
    assert rules_broken(problem((here, too), (ANN,)), by) == {"times"}


def test_the_second_of_two_stops_after_a_break_off_duty() -> None:
    """After the return nothing but breaks: a job between two of them is out of place."""
    tea = lunch(id="tea", start=at(12), end=at(18))
    ann, one = shift(breaks=(lunch(), tea)), job()
    off_duty = rest(lunch(), HOME, at(12)), stop(one, at(13)), rest(tea, HOME, at(15))
    by = plan(route(ann, *off_duty, departure_s=at(9), return_s=at(12)))
    assert rules_broken(problem((one,), (ann,)), by) == {"times"}
