import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsvc.domain.demand_pattern import DemandPattern, is_dying_out, pattern_of


@pytest.mark.parametrize(
    ("history", "pattern"),
    [
        ([5, 5, 6, 4, 5, 5], DemandPattern.SMOOTH),  # interval 6 / 6 = 1
        ([4, 0, 4, 4, 4, 4], DemandPattern.SMOOTH),  # 6 / 5 = 1.2
        ([4, 0, 4, 4], DemandPattern.INTERMITTENT),  # 4 / 3 = 1.33, just above 1.32
        ([0, 1, 0, 0, 1, 0, 0, 1], DemandPattern.INTERMITTENT),
        ([1, 1, 1, 9], DemandPattern.ERRATIC),  # mean 3, variance 16: 16 / 9 = 1.78
        ([0, 1, 0, 0, 1, 0, 9, 1], DemandPattern.LUMPY),
        ([0, 0, 7], DemandPattern.INTERMITTENT),  # one demand tells nothing of sizes
        ([0, 0, 0], None),
        ([], None),
    ],
)
def test_patterns_are_told_by_interval_and_variation(history: list[int], pattern: DemandPattern | None) -> None:
    assert pattern_of(history) is pattern


def test_the_limits() -> None:
    assert pattern_of([2] * 25 + [0] * 8) is DemandPattern.SMOOTH  # 33 / 25 = 1.32
    assert pattern_of([2] * 25 + [0] * 9) is DemandPattern.INTERMITTENT
    assert pattern_of([51, 149]) is DemandPattern.SMOOTH  # variance 98^2 / 2, mean 100: 0.4802
    assert pattern_of([50, 150]) is DemandPattern.ERRATIC  # 0.5


def test_steady_demand_is_not_dying_out() -> None:
    assert not is_dying_out([0, 1] * 26)
    assert not is_dying_out([3] * 52)
    assert not is_dying_out([0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0])
    assert not is_dying_out([0] * 52)
    assert not is_dying_out([])


def test_a_silence_that_chance_would_hardly_leave_is_believed() -> None:
    # 10 demands in 20 weeks: p = 10 / 21; (1 - p)^4 = 0.075, (1 - p)^5 = 0.039.
    demands = [0, 1] * 10
    assert not is_dying_out([*demands, 0, 0, 0, 0])
    assert is_dying_out([*demands, 0, 0, 0, 0, 0])


def test_fewer_and_fewer_demands_are_believed_while_some_still_come() -> None:
    # 5 of 5 demands in the earlier half: 1 / 2^5 = 0.031; of 4: 1 / 2^4 = 0.0625. The last is never long ago.
    assert not is_dying_out([0, 0, 0, 1, 0, 1, 0, 1, 0, 1] + [0] * 4)
    # 8 earlier, 1 later: (1 + 9) / 2^9 = 0.0195; 6 earlier, 1 later: (1 + 7) / 2^7 = 0.0625.
    assert is_dying_out([1] * 8 + [0] * 7 + [1])
    assert not is_dying_out([1] * 6 + [0] * 5 + [1])


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 60))
def test_once_silent_for_long_enough_every_part_dies_out(history: list[int], silence: int) -> None:
    assert is_dying_out([*history, *[0] * 4_000]) == any(history)
    if is_dying_out([*history, *[0] * silence]):
        assert any(history)


def test_demand_below_0_is_refused() -> None:
    for refuse in (pattern_of, is_dying_out):
        with pytest.raises(ValueError, match="history has -1 units in period 2"):
            refuse([0, 3, -1])
