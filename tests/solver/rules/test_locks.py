"""A locked job stands where its lock says; locked sequences keep their order."""

import pytest

from solver.plan import Plan
from solver.problem import CommittedStop, Job, Lock, VehicleShift, Window
from tests.solver.builders import (
    at,
    job,
    left_out,
    plan,
    problem,
    route,
    rules_broken,
    rules_broken_by,
    shift,
    stop,
)

ANN, BOB, TOMORROW = shift(), shift("bob"), shift(day=1)
HALF_HOUR = Window(at(10), at(10, 30))


def test_a_job_without_a_lock() -> None:
    assert rules_broken_by(job(lock=Lock())) == set()


@pytest.mark.parametrize(("shifts", "broken"), [(("ann-0",), set()), (("bob-0",), {"locks"}), (("ann-1",), {"locks"})])
def test_locked_to_a_technician_on_a_day(shifts: tuple[str, ...], broken: set[str]) -> None:
    one = job(lock=Lock(shifts=shifts))
    town = problem((one,), (ANN, BOB, TOMORROW))
    assert rules_broken(town, plan(route(ANN, stop(one, at(10))))) == broken


@pytest.mark.parametrize(
    ("start", "broken"), [(at(10), set()), (at(10) - 1, {"locks"}), (at(10) + 1, {"locks"}), (at(12), {"locks"})]
)
def test_locked_to_a_second(start: int, broken: set[str]) -> None:
    assert rules_broken_by(job(lock=Lock(start_s=at(10))), start_s=start) == broken


def test_locked_to_both() -> None:
    one = job(lock=Lock(shifts=("ann-0",), start_s=at(10)))
    town = problem((one,), (ANN, BOB))
    assert rules_broken(town, plan(route(ANN, stop(one, at(10))))) == set()
    assert rules_broken(town, plan(route(ANN, stop(one, at(11))))) == {"locks"}
    assert rules_broken(town, plan(route(BOB, stop(one, at(10))))) == {"locks"}


@pytest.mark.parametrize(
    ("start", "broken"),
    [(at(10), set()), (at(10, 15), set()), (at(10, 30), set()), (at(10) - 1, {"locks"}), (at(10, 30) + 1, {"locks"})],
)
def test_locked_to_a_range_closed_at_both_ends(start: int, broken: set[str]) -> None:
    assert rules_broken_by(job(lock=Lock(start_range=HALF_HOUR)), start_s=start) == broken


def test_a_lock_does_not_lift_the_windows() -> None:
    one = job(lock=Lock(start_s=at(10)), windows=(Window(at(12), at(13)),))
    assert rules_broken_by(one) == {"windows"}


def test_a_locked_job_may_be_left_out() -> None:
    one = job(lock=Lock(shifts=("ann-0",), start_s=at(10)))
    assert rules_broken(problem((one,), (ANN,)), plan(unplanned=left_out(one))) == set()


def test_a_whole_crew_is_locked() -> None:
    eve, pair = shift("eve"), job(crew_size=2, lock=Lock(shifts=("bob-0", "ann-0")))
    town = problem((pair,), (ANN, BOB, eve))
    mate = stop(pair, at(10), supplies=False)
    assert rules_broken(town, plan(route(ANN, stop(pair, at(10))), route(BOB, mate))) == set()
    assert rules_broken(town, plan(route(ANN, stop(pair, at(10))), route(eve, mate))) == {"locks"}


def test_a_job_that_has_begun_is_not_locked() -> None:
    ann = shift(committed=(CommittedStop("job", at(10)),))
    assert rules_broken_by(job(lock=Lock(start_s=at(12))), ann) == set()


FIRST, SECOND, THIRD, OTHER = (job(name) for name in ("first", "second", "third", "other"))


def in_order(*jobs: Job) -> Plan:
    """Ann does them one after the other, the rest of the four is left out."""
    missing = [one for one in (FIRST, SECOND, THIRD, OTHER) if one not in jobs]
    stops = [stop(one, at(9 + hour)) for hour, one in enumerate(jobs)]
    return plan(route(ANN, *stops), unplanned=left_out(*missing))


@pytest.mark.parametrize(
    ("jobs", "broken"),
    [
        ((FIRST, SECOND, THIRD), set()),
        ((FIRST, OTHER, SECOND, THIRD), set()),
        ((FIRST, THIRD), set()),
        ((SECOND,), set()),
        ((), set()),
        ((SECOND, FIRST), {"locks"}),
        ((THIRD, FIRST), {"locks"}),
        ((FIRST, THIRD, OTHER, SECOND), {"locks"}),
    ],
)
def test_a_sequence_keeps_its_order_with_others_between(jobs: tuple[Job, ...], broken: set[str]) -> None:
    town = problem((FIRST, SECOND, THIRD, OTHER), (ANN,), sequences=(("first", "second", "third"),))
    assert rules_broken(town, in_order(*jobs)) == broken


@pytest.mark.parametrize("elsewhere", [BOB, TOMORROW], ids=["technician", "day"])
def test_a_sequence_stands_on_one_route(elsewhere: VehicleShift) -> None:
    start = at(15, day=elsewhere.day)
    by = plan(route(ANN, stop(FIRST, at(9))), route(elsewhere, stop(SECOND, start)))
    town = problem((FIRST, SECOND), (ANN, BOB, TOMORROW), sequences=(("first", "second"),))
    assert rules_broken(town, by) == {"locks"}


def test_a_sequence_that_has_begun_out_of_order_is_a_fact() -> None:
    ann = shift(committed=(CommittedStop("second", at(9)), CommittedStop("first", at(10))))
    by = plan(route(ann, stop(SECOND, at(9)), stop(FIRST, at(10))))
    assert rules_broken(problem((FIRST, SECOND), (ann,), sequences=(("first", "second"),)), by) == set()


def test_what_has_not_begun_does_not_follow_what_has_out_of_order() -> None:
    ann = shift(committed=(CommittedStop("second", at(9)),))
    town = problem((FIRST, SECOND), (ann,), sequences=(("first", "second"),))
    out_of_order = plan(route(ann, stop(SECOND, at(9)), stop(FIRST, at(10))))
    assert rules_broken(town, out_of_order) == {"locks"}
    assert rules_broken(town, plan(route(ann, stop(SECOND, at(9))), unplanned=left_out(FIRST))) == set()


@pytest.mark.parametrize("sequence", [("first", "pair"), ("pair", "first"), ("first", "pair", "second")])
def test_a_crew_job_keeps_the_order_on_one_of_its_routes(sequence: tuple[str, ...]) -> None:
    pair = job("pair", crew_size=2)
    town = problem((FIRST, SECOND, pair), (ANN, BOB), sequences=(sequence,))
    starts = {name: at(9 + hour) for hour, name in enumerate(sequence)}
    singles = [stop(one, starts[one.id]) for one in (FIRST, SECOND) if one.id in sequence]
    mate = stop(pair, starts["pair"], supplies=False)
    anns = sorted([*singles, stop(pair, starts["pair"])], key=lambda one: one.start_s)
    rest_out = left_out(*(one for one in (FIRST, SECOND) if one.id not in sequence))
    assert rules_broken(town, plan(route(ANN, *anns), route(BOB, mate), unplanned=rest_out)) == set()


def test_a_crew_job_does_not_join_two_routes_to_one() -> None:
    pair = job("pair", crew_size=2)
    town = problem((FIRST, SECOND, pair), (ANN, BOB), sequences=(("first", "pair", "second"),))
    by = plan(
        route(ANN, stop(FIRST, at(9)), stop(pair, at(10))),
        route(BOB, stop(pair, at(10), supplies=False), stop(SECOND, at(11))),
    )
    assert rules_broken(town, by) == {"locks"}
