import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsvc.domain.demand import DemandForecast, ForecastMethod, forecast_of
from fieldsvc.domain.reordering import (
    ReplenishmentTimes,
    ServiceMeasure,
    ServiceTarget,
    StockLevels,
    balanced_target,
    order_quantity_for,
    stock_levels_for,
    van_par_level,
)

CYCLE, FILL = ServiceMeasure.CYCLE_SERVICE, ServiceMeasure.FILL_RATE
SLOW = DemandForecast(ForecastMethod.SBA, None, mean=0.5, variance=0.5, mean_variance=0, periods=52)
"""A Poisson demand of one unit in two weeks, known for certain."""
NEVER = forecast_of([0] * 52)
FORECASTS = st.builds(forecast_of, st.lists(st.integers(0, 12), min_size=1, max_size=60))
TIMES = st.builds(ReplenishmentTimes, st.floats(0, 8), st.floats(0.2, 4), st.floats(0, 3))


def test_cycle_service_by_hand() -> None:
    # Poisson with mean 1.5 over 3 weeks: 0.2231, 0.5578, 0.8088, 0.9344, 0.9814 for at most 0 to 4 units.
    times = ReplenishmentTimes(lead_time=2, review_period=1)
    for level, enough in ((0.9344, 4), (0.93, 3), (0.95, 4), (0.55, 1)):
        assert stock_levels_for(SLOW, times, ServiceTarget(CYCLE, level), 1) == StockLevels(enough - 1, enough)
    assert stock_levels_for(SLOW, times, ServiceTarget(CYCLE, 0.95), 3) == StockLevels(3, 6)


def test_fill_rate_by_hand() -> None:
    # Short by, in the mean, with 1, 2, 3, 4 units over 3 weeks: 0.7231, 0.2810, 0.0898, 0.0242; over the 2 weeks before
    # what is ordered now arrives: 0.3679, 0.1036, 0.0233, 0.0044. The differences 0.3553, 0.1773, 0.0665, 0.0198 are
    # those of 0.5 units a week that have to wait: fill rates of 0.290, 0.645, 0.867, 0.960.
    times = ReplenishmentTimes(lead_time=2, review_period=1)
    for level, enough in ((0.28, 1), (0.64, 2), (0.65, 3), (0.86, 3), (0.87, 4), (0.95, 4), (0.97, 5)):
        assert stock_levels_for(SLOW, times, ServiceTarget(FILL, level), 1) == StockLevels(enough - 1, enough)
    # Positions of 3 and 4 by turns: (0.867 + 0.960) / 2 = 0.914; of 2, 3 and 4: 0.824.
    assert stock_levels_for(SLOW, times, ServiceTarget(FILL, 0.91), 2) == StockLevels(2, 4)
    assert stock_levels_for(SLOW, times, ServiceTarget(FILL, 0.82), 3) == StockLevels(1, 4)


@pytest.mark.parametrize(("rate", "quantity", "level"), [(0.1, 1, 0.9), (0.5, 1, 0.95), (0.8, 4, 0.9), (4, 6, 0.97)])
def test_the_fill_rate_is_reached_and_with_one_unit_less_it_is_not(rate: float, quantity: int, level: float) -> None:
    forecast = replace(SLOW, mean=rate, variance=rate)
    levels = stock_levels_for(forecast, ReplenishmentTimes(3, 1), ServiceTarget(FILL, level), quantity)
    assert levels.reorder_point > 0
    assert _fill_rate(rate, levels) > level - 0.012
    assert _fill_rate(rate, StockLevels(levels.reorder_point - 1, levels.order_up_to - 1)) < level + 0.006


def _fill_rate(rate: float, levels: StockLevels) -> float:
    """Served at once of all that is asked for in 60,000 weeks with deliveries three weeks after an order."""
    dice = random.Random(f"{rate}")
    net, on_order, asked, waited = levels.order_up_to, [0, 0, 0], 0, 0
    for _ in range(60_000):
        net += on_order.pop(0)
        position = net + sum(on_order)
        on_order.append(levels.order_up_to - position if position <= levels.reorder_point else 0)
        left = dice.expovariate(rate)
        while left < 1:
            asked += 1
            waited += net <= 0
            net -= 1
            left += dice.expovariate(rate)
    return 1 - waited / asked


@given(FORECASTS, TIMES, st.sampled_from(ServiceMeasure), st.floats(0.5, 0.99), st.integers(1, 20))
def test_more_service_never_takes_less_stock(
    forecast: DemandForecast, times: ReplenishmentTimes, measure: ServiceMeasure, level: float, quantity: int
) -> None:
    less = stock_levels_for(forecast, times, ServiceTarget(measure, level - 0.3), quantity)
    more = stock_levels_for(forecast, times, ServiceTarget(measure, level), quantity)
    assert 0 <= less.reorder_point <= more.reorder_point
    assert more.order_up_to - more.reorder_point == (quantity if forecast.mean else 0)
    longer = replace(times, review_period=times.review_period + 2)
    assert van_par_level(forecast, longer, level) >= van_par_level(forecast, times, level)


def test_what_nobody_asks_for_is_kept_nowhere() -> None:
    times = ReplenishmentTimes(2, 1)
    assert stock_levels_for(NEVER, times, ServiceTarget(FILL, 0.99), 1) == StockLevels(0, 0)
    assert van_par_level(NEVER, times, 0.99) == 0


def test_a_van_holds_what_most_often_lasts_until_it_is_restocked() -> None:
    # A quarter of one unit in two weeks, restocked every second week: Poisson 0.25; 0.7788 for none, 0.9735 for one.
    times = ReplenishmentTimes(lead_time=0, review_period=2)
    assert van_par_level(SLOW.share(0.25), times, 0.75) == 0
    assert van_par_level(SLOW.share(0.25), times, 0.95) == 1
    assert van_par_level(SLOW.share(0.25), times, 0.98) == 2


def test_an_order_lasts_for_the_periods_wanted() -> None:
    assert order_quantity_for(SLOW, 4) == 2
    assert order_quantity_for(SLOW, 5) == 3
    assert order_quantity_for(SLOW, 0) == order_quantity_for(NEVER, 4) == 1


def test_a_balanced_target_by_hand() -> None:
    # A unit of 26,000 cents costs 0.2 / 52 of that a week: 100 cents. Orders of 2 units come every 4 weeks; in these 4
    # weeks it costs 400 cents and saves 10,000 as often as the stock runs out: worth it up to a chance of 4 %.
    for cost, shortage, level in ((26_000, 10_000, 0.96), (260_000, 10_000, 0.6), (26_000, 40_000, 0.99)):
        target = balanced_target(SLOW, 2, cost, 0.2 / 52, shortage)
        assert target is not None
        assert (target.measure, target.level) == (CYCLE, pytest.approx(level))


def test_a_balanced_target_stays_within_what_can_be_known() -> None:
    assert balanced_target(SLOW, 2, 0, 0.2 / 52, 10_000) == ServiceTarget(CYCLE, 0.995)
    assert balanced_target(SLOW, 2, 1_200_000, 0.2 / 52, 10_000) == ServiceTarget(CYCLE, 0.01)


def test_of_what_costs_more_than_it_saves_not_even_one_is_kept() -> None:
    # One unit in two weeks that costs 1,300,000 cents: 5,000 a week, 10,000 until it is asked for.
    assert balanced_target(SLOW, 2, 1_299_000, 0.2 / 52, 10_000) is not None
    assert balanced_target(SLOW, 2, 1_300_001, 0.2 / 52, 10_000) is None
    assert balanced_target(SLOW, 2, 100, 0.2 / 52, 0) is None
    assert balanced_target(NEVER, 1, 100, 0.2 / 52, 10_000) is None
    assert stock_levels_for(SLOW, ReplenishmentTimes(2, 1), None, 2) == StockLevels(0, 0)


@pytest.mark.parametrize("measure", ServiceMeasure)
def test_the_longer_a_silence_the_less_is_kept_in_the_end_nothing(measure: ServiceMeasure) -> None:
    kept = []
    for silence in (10, 30, 100, 300, 420, 470, 3_000):
        forecast = forecast_of([0, 3, 0, 1] * 13 + [0] * silence)
        kept.append(
            stock_levels_for(forecast, ReplenishmentTimes(4, 1, 1), ServiceTarget(measure, 0.95), 1).order_up_to
        )
    assert kept == sorted(kept, reverse=True)
    assert kept[0] > kept[3] > kept[-1] == 0


def test_balanced_nothing_is_kept_of_what_has_died_out() -> None:
    forecasts = [forecast_of([0, 3, 0, 1] * 13 + [0] * silence) for silence in (0, 30, 60, 200)]
    targets = [balanced_target(forecast, 1, 5_000, 0.2 / 52, 10_000) for forecast in forecasts]
    levels = [target.level for target in targets if target is not None]
    assert levels == sorted(levels, reverse=True)
    assert [target is None for target in targets] == [False, False, False, True]


def test_what_makes_no_sense_is_refused_by_name() -> None:
    times, target = ReplenishmentTimes(2, 1), ServiceTarget(FILL, 0.9)
    for name, wrong in (
        ("level", lambda: ServiceTarget(FILL, 1)),
        ("level", lambda: van_par_level(SLOW, times, 0)),
        ("lead_time", lambda: ReplenishmentTimes(-1, 1)),
        ("lead_time_deviation", lambda: ReplenishmentTimes(1, 1, -1)),
        ("review_period", lambda: ReplenishmentTimes(1, 0)),
        ("order_quantity", lambda: stock_levels_for(SLOW, times, target, 0)),
        ("order_quantity", lambda: balanced_target(SLOW, 0, 1, 0.1, 1)),
        ("unit_cost_cents", lambda: balanced_target(SLOW, 1, -1, 0.1, 1)),
        ("holding_share", lambda: balanced_target(SLOW, 1, 1, -0.1, 1)),
        ("shortage_cents", lambda: balanced_target(SLOW, 1, 1, 0.1, -1)),
        ("periods", lambda: order_quantity_for(SLOW, -1)),
        ("reorder_point", lambda: StockLevels(-1, 2)),
        ("order_up_to", lambda: StockLevels(3, 2)),
    ):
        with pytest.raises(ValueError, match=f"^{name} is"):
            wrong()
