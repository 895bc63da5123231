"""At how many units to order a part again, up to how many, and what a van should hold."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from math import ceil, inf

from fieldsvc.domain.demand import DemandForecast
from fieldsvc.domain.demand_distribution import DemandDistribution, check_level

_LEAST_LEVEL, _HIGHEST_LEVEL = 0.01, 0.995
"""Between which a level is balanced: a distribution fitted to a year of weeks knows nothing of rarer ones."""


class ServiceMeasure(StrEnum):
    """What a service level is the share of.

    cycle_service: of times from one possible delivery to the next, those in which nothing runs out. fill_rate: of
    units asked for, those handed out at once.
    """

    CYCLE_SERVICE = "cycle_service"
    FILL_RATE = "fill_rate"


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """A share to be reached, above 0 and below 1."""

    measure: ServiceMeasure
    level: float

    def __post_init__(self) -> None:
        """Refuse a level that is none."""
        check_level("level", self.level)


@dataclass(frozen=True, slots=True)
class ReplenishmentTimes:
    """Times in periods of the forecast, which need not be whole.

    lead_time: from an order to its units on the shelf, on average, and the standard deviation of that. review_period:
    from one look at the stock to the next; what is ordered today has to last until what is ordered then arrives.
    """

    lead_time: float
    review_period: float
    lead_time_deviation: float = 0.0

    def __post_init__(self) -> None:
        """Refuse times below 0, and stock that nobody ever looks at."""
        for name, periods in (
            ("lead_time", self.lead_time),
            ("lead_time_deviation", self.lead_time_deviation),
        ):
            if not 0 <= periods < inf:
                raise ValueError(f"{name} is {periods} periods; it is 0 or more")
        if not 0 < self.review_period < inf:
            raise ValueError(f"review_period is {self.review_period} periods; it is above 0")


@dataclass(frozen=True, slots=True)
class StockLevels:
    """At or below the reorder point an order fills the position up to order_up_to; both in units."""

    reorder_point: int
    order_up_to: int

    def __post_init__(self) -> None:
        """Refuse levels at which no order would end."""
        if self.reorder_point < 0:
            raise ValueError(f"reorder_point is {self.reorder_point} units; it is 0 or more")
        if self.order_up_to < self.reorder_point:
            raise ValueError(f"order_up_to is {self.order_up_to} units, below the reorder_point {self.reorder_point}")


def order_quantity_for(forecast: DemandForecast, periods: float) -> int:
    """Return the units that one order should bring to last for some periods, 1 or more.

    Periods of 0 make every order replace what was used since the last.
    """
    if not 0 <= periods < inf:
        raise ValueError(f"periods is {periods}; it is 0 or more")
    return max(1, ceil(forecast.mean * periods))


def balanced_target(
    forecast: DemandForecast, order_quantity: int, unit_cost_cents: int, holding_share: float, shortage_cents: int
) -> ServiceTarget | None:
    """Return the cycle service at which one unit more would cost as much to keep as it saves; None if the first does.

    holding_share: of its cost, what a unit on the shelf costs per period (interest, room, decay). shortage_cents: what
    it costs if somebody has to wait for one unit, a second trip for instance; more for a critical part.

    One unit more costs holding_share * unit_cost a period, and saves shortage_cents each time the stock runs out, of
    which there are chances mean / order_quantity times a period. So it may run out with the probability holding_share *
    unit_cost * order_quantity / (shortage * mean) (Silver, Pyke & Thomas 2017, Inventory and Production Management in
    Supply Chains, 4th ed., on a cost per unit short; Teunter, Babai & Syntetos 2010, "ABC classification: service
    levels and inventory costs", Production and Operations Management 19, 343-352, rank parts by its inverse). The same
    level for all parts spends most on the dearest. A first unit lies there for 1 / mean periods until it is asked for.
    """
    _check_order_quantity(order_quantity)
    for name, cents in (("unit_cost_cents", unit_cost_cents), ("shortage_cents", shortage_cents)):
        if cents < 0:
            raise ValueError(f"{name} is {cents}; it is 0 or more")
    if not 0 <= holding_share < inf:
        raise ValueError(f"holding_share is {holding_share}; it is 0 or more")
    keeping, saved = holding_share * unit_cost_cents, shortage_cents * forecast.mean
    if keeping >= saved:
        return None
    level = 1 - keeping * order_quantity / saved
    return ServiceTarget(ServiceMeasure.CYCLE_SERVICE, min(_HIGHEST_LEVEL, max(_LEAST_LEVEL, level)))


def stock_levels_for(
    forecast: DemandForecast, times: ReplenishmentTimes, target: ServiceTarget | None, order_quantity: int
) -> StockLevels:
    """Return the least reorder point with which the target is reached, and order_quantity units more.

    The demand is that over lead time and review period, distributed as `DemandDistribution` says, with the variance of
    the forecast error. A part without a target, or that nobody is expected to ask for any more, is kept at 0 units: it
    is ordered when somebody waits for it. With a target, at least one unit is kept of what is asked for ever so rarely,
    and for a fill rate, which is a share of the few demands there are, even more; whether that is worth it, only
    `balanced_target` tells.
    """
    _check_order_quantity(order_quantity)
    demand = _demand_over(forecast, times, times.lead_time + times.review_period)
    if target is None or demand.is_nothing:
        return StockLevels(0, 0)
    if target.measure is ServiceMeasure.CYCLE_SERVICE:
        # After a look the position is at least one above the reorder point.
        point = max(0, demand.quantile(target.level) - 1)
    else:
        point = _point_for_fill_rate(forecast, times, target.level, order_quantity)
    return StockLevels(point, point + order_quantity)


def van_par_level(forecast: DemandForecast, times: ReplenishmentTimes, level: float) -> int:
    """Return the fewest units with which a van lasts until it is restocked, with a probability of at least level.

    forecast: of the demand that falls to this van (`DemandForecast.share`). times: review_period is from one restock to
    the next, lead_time from asking for the units to having them. 0 units where, most often, none is asked for: room on
    a van is short, and a fill rate, of which none can be reached with none, would keep one of everything.
    """
    check_level("level", level)
    return _demand_over(forecast, times, times.lead_time + times.review_period).quantile(level)


def _point_for_fill_rate(
    forecast: DemandForecast, times: ReplenishmentTimes, fill_rate: float, order_quantity: int
) -> int:
    """Return the least reorder point at which few enough units have to wait.

    Of a position y after a look, the units that come to wait before the next possible delivery are, in the mean,
    E(D - y)+ over lead time and review period less E(D - y)+ over the lead time alone: those waited already (Sobel
    2004, "Fill rates of single-stage and multistage supply systems", Manufacturing & Service Operations Management 6,
    41-52). y is about as often each of the order_quantity figures above the reorder point (Axsäter 2015, section 5.2;
    exactly so if orders are multiples of that quantity).
    """
    lead_time = _demand_over(forecast, times, times.lead_time)
    until_next = _demand_over(forecast, times, times.lead_time + times.review_period)
    pairs = zip(lead_time.shortfalls(), until_next.shortfalls(), strict=False)
    waiting = (max(0.0, later - before) for before, later in pairs)
    next(waiting)  # y = 0 is never above a reorder point
    of_positions = deque(islice(waiting, order_quantity))
    total = sum(of_positions)
    allowed = (1 - fill_rate) * forecast.mean * times.review_period * order_quantity
    point = 0
    while total > allowed:
        of_positions.append(next(waiting))
        total += of_positions[-1] - of_positions.popleft()
        point += 1
    return point


def _demand_over(forecast: DemandForecast, times: ReplenishmentTimes, periods: float) -> DemandDistribution:
    deviation = forecast.deviation_over(periods, times.lead_time_deviation)
    return DemandDistribution(forecast.mean * periods, deviation**2)


def _check_order_quantity(order_quantity: int) -> None:
    if order_quantity < 1:
        raise ValueError(f"order_quantity is {order_quantity} units; it is 1 or more")
