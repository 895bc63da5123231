from itertools import islice, pairwise
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsvc.domain.demand_distribution import MAX_LEVEL, DemandDistribution

DISTRIBUTIONS = st.builds(
    lambda mean, ratio: DemandDistribution(mean, mean * ratio), st.floats(0.001, 300), st.floats(0, 30)
)


def test_poisson_where_the_variance_is_the_mean_or_less() -> None:
    for variance in (2, 1, 0):
        distribution = DemandDistribution(2, variance)
        assert distribution.probability(0) == pytest.approx(exp(-2))
        assert distribution.probability(3) == pytest.approx(exp(-2) * 8 / 6)
        # 0.1353, 0.4060, 0.6767, 0.8571, 0.9473, 0.9834
        assert [distribution.quantile(level) for level in (0.1, 0.4, 0.9, 0.95)] == [0, 1, 4, 5]


def test_negative_binomial_where_it_is_more_by_hand() -> None:
    # Mean 2, variance 4: shape 2^2 / (4 - 2) = 2, success 2 / 4 = 0.5; P(k) = (k + 1) 0.25 / 2^k.
    distribution = DemandDistribution(2, 4)
    assert [distribution.probability(units) for units in range(4)] == pytest.approx([0.25, 0.25, 0.1875, 0.125])
    assert list(islice(distribution.at_most(), 4)) == pytest.approx([0.25, 0.5, 0.6875, 0.8125])
    # 2, less 1 - 0.25, less 1 - 0.5, less 1 - 0.6875
    assert list(islice(distribution.shortfalls(), 4)) == pytest.approx([2, 1.25, 0.75, 0.4375])
    assert distribution.quantile(0.8) == 3


def test_nobody_asks_for_anything() -> None:
    nothing = DemandDistribution(0, 0)
    assert (nothing.probability(0), nothing.probability(1)) == (1, 0)
    assert nothing.quantile(MAX_LEVEL) == 0
    assert list(islice(nothing.shortfalls(), 3)) == [0, 0, 0]


def test_hardly_anything_is_nothing_however_uncertain() -> None:
    assert DemandDistribution(1e-320, 5).quantile(MAX_LEVEL) == 0
    assert DemandDistribution(1e-8, 5).quantile(MAX_LEVEL) == 0


@given(DISTRIBUTIONS)
def test_mean_and_variance_are_those_asked_for(distribution: DemandDistribution) -> None:
    deviation = max(distribution.mean, distribution.variance) ** 0.5
    units = range(int(distribution.mean + 40 * deviation + 400))
    weights = [distribution.probability(one) for one in units]
    mean = sum(one * weight for one, weight in zip(units, weights, strict=True))
    variance = sum((one - mean) ** 2 * weight for one, weight in zip(units, weights, strict=True))
    assert sum(weights) == pytest.approx(1, abs=1e-6)
    assert mean == pytest.approx(distribution.mean, rel=1e-4)
    assert variance == pytest.approx(max(distribution.mean, distribution.variance), rel=2e-3)


@given(DISTRIBUTIONS, st.floats(0.01, MAX_LEVEL))
def test_a_quantile_is_the_fewest_units_that_are_enough(distribution: DemandDistribution, level: float) -> None:
    units = distribution.quantile(level)
    at_most = list(islice(distribution.at_most(), units + 1))
    assert at_most[-1] >= level
    assert units == 0 or at_most[-2] < level


@given(DISTRIBUTIONS)
def test_each_unit_more_shortens_the_shortfall_by_less(distribution: DemandDistribution) -> None:
    shortfalls = list(islice(distribution.shortfalls(), 50))
    saved = [before - after for before, after in pairwise(shortfalls)]
    assert all(0 <= one <= 1 for one in saved)
    assert all(one >= other - 1e-9 for one, other in pairwise(saved))


def test_large_demand_is_found_without_walking_up_to_it() -> None:
    assert DemandDistribution(100_000, 100_000).quantile(0.95) == pytest.approx(100_000 + 1.645 * 316, abs=3)


@pytest.mark.parametrize("level", [0, 1, -0.5, 0.99999, float("nan")])
def test_levels_that_are_none_are_refused(level: float) -> None:
    with pytest.raises(ValueError, match=r"^level is"):
        DemandDistribution(1, 1).quantile(level)


def test_figures_below_0_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"^mean is -1"):
        DemandDistribution(-1, 1)
    with pytest.raises(ValueError, match=r"^variance is nan"):
        DemandDistribution(1, float("nan"))
