"""The clock without breaks: what lies before a rest keeps its time, what lies after moves forward by it."""

import pytest

from solver.engines.routing_clock import Clock, clock_of
from solver.problem import Break, Window
from tests.solver.builders import at, lunch, shift

NOON = Clock(((at(12), 3_600),))


@pytest.mark.parametrize(
    ("second", "early", "late"),
    [
        (at(11, 59, 59), at(11, 59, 59), at(11, 59, 59)),
        (at(12), at(12), at(11, 59, 59)),
        (at(12, 30), at(12), at(11, 59, 59)),
        (at(13), at(12), at(12)),
        (at(14), at(13), at(13)),
    ],
)
def test_seconds_on_the_clock(second: int, early: int, late: int) -> None:
    assert NOON.early(second) == early
    assert NOON.late(second) == late


def test_a_window_inside_the_rest_is_none() -> None:
    assert NOON.window(Window(at(12), at(12, 59))) is None
    assert NOON.window(Window(at(11), at(12, 30))) == Window(at(11), at(11, 59, 59))
    assert NOON.window(Window(at(12, 30), at(15))) == Window(at(12), at(14))


def test_overlapping_breaks_are_one_rest_as_late_and_as_long_as_any() -> None:
    shifts = (
        shift("ann", breaks=(lunch(1_800, at(11), at(14)),)),
        shift("bob", breaks=(lunch(2_700, at(12), at(13)),)),
    )
    assert clock_of(shifts).cuts == ((at(12), 2_700),)


def test_breaks_of_one_shift_that_overlap_are_taken_one_after_the_other() -> None:
    tea = Break("tea", 900, Window(at(11), at(13)))
    assert clock_of((shift(breaks=(lunch(), tea)),)).cuts == ((at(11), 2_700),)


def test_breaks_of_the_morning_and_the_afternoon_are_two_rests() -> None:
    tea = Break("tea", 900, Window(at(15), at(16)))
    assert clock_of((shift(breaks=(lunch(), tea)),)).cuts == ((at(11), 1_800), (at(15), 900))


def test_without_breaks_it_is_the_real_clock() -> None:
    assert clock_of((shift(),)).early(at(12)) == at(12)
