"""The clock of a solve: how much is left, how cold it is, and when it has stalled."""

import pytest

from solver.engines import ruin_standing
from solver.engines.ruin_standing import Schedule, Standing
from solver.search.bench import Tours
from tests.solver.builders import job, problem, shift

pytestmark = pytest.mark.engine


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(ruin_standing, "time", made)
    return made


def standing(stall_s: float | None) -> Standing:
    day = problem((job(),), (shift(),))
    return Standing(day, Schedule(60, None, 1, 1, stall_s), lambda _: None, is_searched=True)


def test_without_a_stall_limit_it_goes_on_to_its_limit(clock: Clock) -> None:
    one = standing(None)
    one.keep(Tours(), 500)
    clock.now += 40
    assert 19 < one.left_s < 20
    assert 0.6 < one.share_spent < 0.7


def test_it_ends_cold_after_so_long_without_a_better_plan(clock: Clock) -> None:
    one = standing(10)
    clock.now += 2
    one.keep(Tours(), 500)
    clock.now += 5
    assert 4.5 < one.left_s <= 5
    one.keep(Tours(), 500)
    assert 4.5 < one.left_s <= 5
    one.keep(Tours(), 400)
    assert 9.5 < one.left_s <= 10
    clock.now += 10
    assert one.left_s <= 0
    assert one.share_spent == 1.0


def test_no_better_plan_puts_the_limit_off(clock: Clock) -> None:
    one = standing(10)
    clock.now += 55
    one.keep(Tours(), 500)
    assert one.left_s < 5
