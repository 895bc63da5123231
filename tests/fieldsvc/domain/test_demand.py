import random
from math import isclose, sqrt
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsvc.domain.demand import (
    DemandForecast,
    DemandLevel,
    ForecastMethod,
    Smoothing,
    croston,
    forecast_of,
    method_for,
    sba,
    tsb,
)

HISTORIES = st.lists(st.integers(0, 30), max_size=80)


def test_croston_and_sba_by_hand() -> None:
    # Weight 0.2 for both; before it size 4, interval 2.
    # week 3: 6 after 3 weeks: size 4    + 0.2 (6 - 4)    = 4.4,   interval 2    + 0.2 (3 - 2)    = 2.2
    # week 5: 3 after 2 weeks: size 4.4  + 0.2 (3 - 4.4)  = 4.12,  interval 2.2  + 0.2 (2 - 2.2)  = 2.16
    # week 9: 9 after 4 weeks: size 4.12 + 0.2 (9 - 4.12) = 5.096, interval 2.16 + 0.2 (4 - 2.16) = 2.528
    history = [0, 0, 6, 0, 3, 0, 0, 0, 9]
    weights, start = Smoothing(size=0.2, interval=0.2), DemandLevel(4, 1 / 2)
    level = croston(history, weights, start)
    assert level.size == pytest.approx(5.096)
    assert 1 / level.probability == pytest.approx(2.528)
    assert level.mean == pytest.approx(2.0158227848)  # 5.096 / 2.528
    assert sba(history, weights, start).mean == pytest.approx(1.8142405063)  # times 1 - 0.2 / 2


def test_tsb_by_hand() -> None:
    # Weights 0.2 of the size, 0.1 of the probability; before it size 4, probability 0.5.
    # week 1: none: 0.9 * 0.5                    = 0.45
    # week 2: 6:    0.45    + 0.1 (1 - 0.45)     = 0.505,    size 4   + 0.2 (6 - 4)   = 4.4
    # week 3: none: 0.9 * 0.505                  = 0.4545
    # week 4: none: 0.9 * 0.4545                 = 0.40905
    # week 5: 3:    0.40905 + 0.1 (1 - 0.40905)  = 0.468145, size 4.4 + 0.2 (3 - 4.4) = 4.12
    level = tsb([0, 6, 0, 0, 3], Smoothing(size=0.2, probability=0.1), DemandLevel(4, 0.5))
    assert level.probability == pytest.approx(0.468145)
    assert level.size == pytest.approx(4.12)
    assert level.mean == pytest.approx(1.9287574)


def test_without_a_start_the_first_demands_are_averaged() -> None:
    # Sizes 2, 4, 9 after 3, 1 and 4 weeks: means 5 and 8 / 3, a probability of 0.375.
    history = [0, 0, 2, 4, 0, 0, 0, 9]
    level = croston(history, Smoothing())
    assert (level.size, level.probability) == (pytest.approx(5), pytest.approx(3 / 8))
    assert sba(history, Smoothing()).probability == pytest.approx(3 / 8 / (1 + (1 - 3 / 8) / 3))
    assert tsb(history, Smoothing()).probability == pytest.approx(3 / 8)
    assert tsb(history, Smoothing()).size == pytest.approx(5)


def test_from_the_tenth_demand_on_weights_are_what_they_are_said_to_be() -> None:
    level = croston([1] * 10 + [11], Smoothing(size=0.1))
    assert level.size == pytest.approx(1 + 0.1 * 10)


def test_croston_and_sba_of_statsforecast_agree() -> None:
    models = pytest.importorskip("statsforecast.models")
    numpy = pytest.importorskip("numpy")
    dice = random.Random(7)
    for _ in range(20):
        history = [dice.choice((0, 0, 0, 1, 2, 5, 9)) for _ in range(60)]
        first = next(week for week, units in enumerate(history) if units)
        start = DemandLevel(history[first], 1 / (first + 1))
        given = numpy.array(history, dtype=float)
        for ours, theirs in ((croston, models.CrostonClassic()), (sba, models.CrostonSBA())):
            assert ours(history, Smoothing(), start).mean == pytest.approx(theirs.forecast(given, h=1)["mean"][0])


def test_tsb_of_statsforecast_agrees() -> None:
    models = pytest.importorskip("statsforecast.models")
    numpy = pytest.importorskip("numpy")
    dice = random.Random(8)
    for _ in range(20):
        history = [3, *(dice.choice((0, 0, 0, 1, 2, 5, 9)) for _ in range(60))]
        ours = tsb(history, Smoothing(size=0.2, probability=0.05), DemandLevel(history[0], 1.0))
        theirs = models.TSB(alpha_d=0.2, alpha_p=0.05).forecast(numpy.array(history, dtype=float), h=1)
        assert ours.mean == pytest.approx(theirs["mean"][0])


def test_the_method_goes_by_the_pattern() -> None:
    assert method_for([5, 6, 5, 4] * 6) is ForecastMethod.CROSTON
    assert method_for([0, 0, 2, 0, 1] * 6) is ForecastMethod.SBA
    assert method_for([1, 9, 1, 1] * 6) is ForecastMethod.SBA
    assert method_for([0, 0, 2, 0, 1] * 6 + [0] * 12) is ForecastMethod.TSB
    assert method_for([0] * 30) is ForecastMethod.SBA
    assert forecast_of([0, 0, 2, 0, 1] * 6 + [0] * 12).method is ForecastMethod.TSB


def test_of_a_part_that_dies_out_less_is_forecast_every_week() -> None:
    history = [0, 2, 0, 1] * 10
    means = [forecast_of(history + [0] * silence).mean for silence in range(12, 60)]
    assert means == sorted(means, reverse=True)
    assert means[-1] < 0.2 * forecast_of(history).mean


@given(HISTORIES)
def test_no_mean_is_above_the_largest_demand(history: list[int]) -> None:
    for estimate in (croston, sba, tsb):
        assert 0 <= estimate(history, Smoothing()).mean <= max(history, default=0) * (1 + 1e-9)
    forecast = forecast_of(history)
    assert (forecast.mean == 0) == (not any(history))
    assert forecast.periods == len(history)


@given(HISTORIES, st.integers(2, 9))
def test_a_forecast_in_packs_is_the_forecast_in_units(history: list[int], size: int) -> None:
    packs, units = forecast_of(history), forecast_of([size * one for one in history])
    assert units.mean == pytest.approx(size * packs.mean)
    assert units.variance == pytest.approx(size**2 * packs.variance)
    assert units.mean_variance == pytest.approx(size**2 * packs.mean_variance)


def test_the_variance_of_a_period_is_crostons() -> None:
    # Every other week, sizes 2 and 6 in turns: p 1/2, mean 4; of 20 sizes the variance is 4 * 20 / 19.
    history = [0, 2, 0, 6] * 10
    forecast = forecast_of(history, Smoothing(size=1e-9, interval=1e-9))
    p = forecast.mean / 4
    assert forecast.variance == pytest.approx(p * 80 / 19 + p * (1 - p) * 16)


def test_deviation_over_lead_time_and_review_by_hand() -> None:
    forecast = DemandForecast(ForecastMethod.SBA, None, mean=2, variance=3, mean_variance=0.5, periods=52)
    # 4 weeks for certain: 4 * 3 + 16 * 0.5 = 20. With a deviation of 1.5: 12 + (16 + 2.25) 0.5 + 4 * 2.25 = 30.125.
    assert forecast.deviation_over(4) == pytest.approx(sqrt(20))
    assert forecast.deviation_over(4, 1.5) == pytest.approx(sqrt(30.125))
    assert forecast.deviation_over(0) == 0


@pytest.mark.parametrize(("probability", "largest"), [(0.15, 1), (0.3, 8), (0.9, 8)])
def test_errors_over_a_lead_time_are_as_large_as_said(probability: float, largest: int) -> None:
    dice = random.Random(f"{probability}-{largest}")

    def week() -> int:
        return dice.randint(1, largest) if dice.random() < probability else 0

    squared_errors, squared_deviations = [], []
    for _ in range(1_500):
        forecast = forecast_of([week() for _ in range(78)])
        squared_errors.append((sum(week() for _ in range(6)) - 6 * forecast.mean) ** 2)
        squared_deviations.append(forecast.deviation_over(6) ** 2)
    assert isclose(fmean(squared_deviations), fmean(squared_errors), rel_tol=0.15)


@given(HISTORIES, st.floats(0, 1))
def test_shares_add_up(history: list[int], share: float) -> None:
    whole = forecast_of(history)
    one, other = whole.share(share), whole.share(1 - share)
    assert one.mean + other.mean == pytest.approx(whole.mean)
    assert one.variance + other.variance == pytest.approx(whole.variance)
    assert one.deviation_over(5) <= whole.deviation_over(5)


@pytest.mark.parametrize("weight", [0, -0.1, 1.01, float("nan")])
@pytest.mark.parametrize("name", ["size", "interval", "probability"])
def test_weights_that_are_none_are_refused_by_name(name: str, weight: float) -> None:
    with pytest.raises(ValueError, match=f"^{name} is"):
        Smoothing(**{name: weight})


def test_what_makes_no_sense_is_refused_by_name() -> None:
    forecast = forecast_of([0, 1, 0, 2])
    with pytest.raises(ValueError, match=r"^periods is -1"):
        forecast.deviation_over(-1)
    with pytest.raises(ValueError, match=r"^periods_deviation is nan"):
        forecast.deviation_over(1, float("nan"))
    with pytest.raises(ValueError, match=r"^share is 1\.5"):
        forecast.share(1.5)
    with pytest.raises(ValueError, match=r"^size is -1"):
        DemandLevel(-1, 0.5)
    with pytest.raises(ValueError, match=r"^probability is 2"):
        DemandLevel(1, 2)
    with pytest.raises(ValueError, match=r"^start has probability 0"):
        croston([1], Smoothing(), DemandLevel(1, 0))
    with pytest.raises(ValueError, match=r"^history has -2 units in period 1"):
        forecast_of([1, -2])
    with pytest.raises(ValueError, match=r"^variance is inf"):
        DemandForecast(ForecastMethod.SBA, None, 1, float("inf"), 0, 1)
