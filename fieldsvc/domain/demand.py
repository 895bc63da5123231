"""Forecasts of the demand for spare parts, most of which are asked for in few periods only.

A history is what `demand_pattern` says. Means are units per period, variances units squared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf, sqrt
from statistics import variance

from fieldsvc.domain.demand_pattern import DemandPattern, check_history, is_dying_out, pattern_of


class ForecastMethod(StrEnum):
    """How a mean is estimated."""

    CROSTON = "croston"
    SBA = "sba"
    TSB = "tsb"


@dataclass(frozen=True, slots=True)
class Smoothing:
    """Weights of the newest observation, above 0 and at most 1.

    size, interval: per demand; 0.05 to 0.2 is what Syntetos & Boylan 2005 try. probability: per period, so with the
    same weight it forgets faster than an interval.
    """

    size: float = 0.1
    interval: float = 0.1
    probability: float = 0.05

    def __post_init__(self) -> None:
        """Refuse weights that are none."""
        for name, weight in (("size", self.size), ("interval", self.interval), ("probability", self.probability)):
            if not 0 < weight <= 1:
                raise ValueError(f"{name} is {weight}; a weight is above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class DemandLevel:
    """size: mean units of a period with demand. probability: that a period has demand; 1 / mean interval."""

    size: float
    probability: float

    def __post_init__(self) -> None:
        """Refuse what no demand can have."""
        if not 0 <= self.size < inf:
            raise ValueError(f"size is {self.size}; it is 0 or more units")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability is {self.probability}; it is from 0 to 1")

    @property
    def mean(self) -> float:
        """Units per period."""
        return self.size * self.probability


@dataclass(frozen=True, slots=True)
class DemandForecast:
    """Units per period for all periods to come, and how far they may be off.

    variance: of the demand of one period around its mean. mean_variance: of the estimated mean around the true one.
    pattern: None where nothing was ever asked for. periods: how long the history is.
    """

    method: ForecastMethod
    pattern: DemandPattern | None
    mean: float
    variance: float
    mean_variance: float
    periods: int

    def __post_init__(self) -> None:
        """Refuse figures below 0."""
        for name, figure in (
            ("mean", self.mean),
            ("variance", self.variance),
            ("mean_variance", self.mean_variance),
            ("periods", self.periods),
        ):
            if not 0 <= figure < inf:
                raise ValueError(f"{name} is {figure}; it is 0 or more")

    def deviation_over(self, periods: float, periods_deviation: float = 0.0) -> float:
        """Return the standard deviation, in units, of demand over some periods less what is forecast for them.

        periods: how many on average, a lead time and a review period together. periods_deviation: their standard
        deviation, in periods.

        Three things add up: demand itself, E(H) var(D); the mean that may be wrong in all of the periods alike,
        E(H^2) var(mean), for want of which the error of one period times sqrt(H) is too small (Johnston & Harrison
        1986, "The variance of lead-time demand", Journal of the Operational Research Society 37, 303-308; Prak,
        Teunter & Syntetos 2017, "On the calculation of safety stocks when demand is forecasted", European Journal of
        Operational Research 256, 454-461); and a lead time that varies, mean^2 var(H), the variance of a random sum.
        """
        _require_not_negative("periods", periods)
        _require_not_negative("periods_deviation", periods_deviation)
        squared = periods**2 + periods_deviation**2
        return sqrt(periods * self.variance + squared * self.mean_variance + (self.mean * periods_deviation) ** 2)

    def share(self, share: float) -> "DemandForecast":
        """Return the forecast for one of several places among which demands fall by chance, each as a whole.

        share: of the demands, from 0 to 1. Arrivals that are dealt out at random stay compound Poisson with the rate
        in proportion, so mean and variance both do.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share is {share}; it is from 0 to 1")
        return replace(
            self,
            mean=self.mean * share,
            variance=self.variance * share,
            mean_variance=self.mean_variance * share**2,
        )


def forecast_of(
    history: Sequence[int], smoothing: Smoothing | None = None, start: DemandLevel | None = None
) -> DemandForecast:
    """Forecast by the method that `method_for` names.

    The variance of one period is that of Croston's model, demand in a period with probability p and sizes with mean m
    and variance s^2: p s^2 + p (1 - p) m^2. That of the estimated mean is, to first order, made of the variances of
    what is smoothed (Syntetos & Boylan 2010, "On the variance of intermittent demand estimates", International Journal
    of Production Economics 128, 546-555): an average with weight w of the newest has w / (2 - w) times the variance of
    one observation; one n-th of it while n are averaged plainly.
    """
    weights = smoothing or Smoothing()
    method = method_for(history)
    level = _LEVELS[method](history, weights, start)
    sizes = [units for units in history if units]
    size_variance = variance(sizes) if len(sizes) > 1 else 0.0
    p = level.probability
    of_size = size_variance * _remaining(weights.size, len(sizes), start)
    if method is ForecastMethod.TSB:
        of_probability = p * (1 - p) * _remaining(weights.probability, len(history), start)
    else:
        # The interval has variance (1 - p) / p^2, and its inverse, to first order, p^4 times that.
        of_probability = p**2 * (1 - p) * _remaining(weights.interval, len(sizes), start)
    return DemandForecast(
        method=method,
        pattern=pattern_of(history),
        mean=level.mean,
        variance=p * size_variance + p * (1 - p) * level.size**2,
        mean_variance=of_size * p**2 + of_probability * (level.size**2 + of_size),
        periods=len(history),
    )


def method_for(history: Sequence[int]) -> ForecastMethod:
    """Choose TSB where demand is dying out, Croston's own method for smooth demand, and SBA for all other.

    Croston and SBA learn nothing from periods without demand, so they go on for ever for a part that is never asked
    for again; that is what TSB was made for (Teunter, Syntetos & Babai 2011). Of the other two, Croston's has the
    smaller squared error where demand is smooth, SBA elsewhere (Syntetos, Boylan & Croston 2005).
    """
    if is_dying_out(history):
        return ForecastMethod.TSB
    return ForecastMethod.CROSTON if pattern_of(history) is DemandPattern.SMOOTH else ForecastMethod.SBA


def croston(history: Sequence[int], smoothing: Smoothing, start: DemandLevel | None = None) -> DemandLevel:
    """Smooth sizes and intervals, each when there is a demand.

    Croston 1972, "Forecasting and stock control for intermittent demands", Operational Research Quarterly 23, 289-303.
    The first interval counts from the beginning of the history. start: the level before it, of which the probability
    is above 0. Without, both are plain means until the n-th demand, when 1 / n is the weight given: with few demands
    in a year the first would otherwise rule for years.
    """
    check_history(history)
    if start is not None and start.probability == 0:
        raise ValueError("start has probability 0; Croston's method needs an interval to start with")
    size, interval = (start.size, 1 / start.probability) if start else (0.0, 0.0)
    demands = since = 0
    for units in history:
        since += 1
        if units:
            demands += 1
            size += _gain(smoothing.size, demands, start) * (units - size)
            interval += _gain(smoothing.interval, demands, start) * (since - interval)
            since = 0
    return DemandLevel(size, 1 / interval if interval else 0.0)


def sba(history: Sequence[int], smoothing: Smoothing, start: DemandLevel | None = None) -> DemandLevel:
    """Croston's level without its bias: times 1 - w / 2, w the weight of the interval.

    Syntetos & Boylan 2005, "The accuracy of intermittent demand estimates", International Journal of Forecasting 21,
    303-314. 1 / interval is on average too high by the share (1 - p) v, v being what smoothing leaves of a variance:
    w / (2 - w) in the long run, and 1 / (1 + w / (2 - w)) is 1 - w / 2. While n demands are averaged plainly, v is
    1 / n.
    """
    level = croston(history, smoothing, start)
    correction = 1 - smoothing.interval / 2
    demands = sum(units > 0 for units in history)
    if start is None and demands:
        correction = min(correction, 1 / (1 + (1 - level.probability) / demands))
    return DemandLevel(level.size, level.probability * correction)


def tsb(history: Sequence[int], smoothing: Smoothing, start: DemandLevel | None = None) -> DemandLevel:
    """Smooth the size when there is a demand, and its probability in every period.

    Teunter, Syntetos & Babai 2011, "Intermittent demand: linking forecasting to inventory obsolescence", European
    Journal of Operational Research 214, 606-615. Without a start, plain means at first, as in `croston`.
    """
    check_history(history)
    size, probability = (start.size, start.probability) if start else (0.0, 0.0)
    demands = 0
    for period, units in enumerate(history, start=1):
        probability += _gain(smoothing.probability, period, start) * ((units > 0) - probability)
        if units:
            demands += 1
            size += _gain(smoothing.size, demands, start) * (units - size)
    return DemandLevel(size, min(1.0, max(0.0, probability)))


_LEVELS = {ForecastMethod.CROSTON: croston, ForecastMethod.SBA: sba, ForecastMethod.TSB: tsb}


def _gain(weight: float, number: int, start: DemandLevel | None) -> float:
    return weight if start else max(weight, 1 / number)


def _remaining(weight: float, observations: int, start: DemandLevel | None) -> float:
    """What smoothing leaves of the variance of one observation."""
    smoothed = weight / (2 - weight)
    return smoothed if start or not observations else max(smoothed, 1 / observations)


def _require_not_negative(name: str, figure: float) -> None:
    if not 0 <= figure < inf:
        raise ValueError(f"{name} is {figure}; it is 0 or more")
