"""Spare parts as a service shop has them, with the weeks in which they are asked for and what suppliers take.

Slow movers by far the most, some steady ones, some of which many are wanted now and then, some that die out and some
that are new. Everything of a part is the same for the same seed and number.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log
from statistics import fmean, stdev

from fieldsvc.domain.reordering import ReplenishmentTimes

HISTORY_WEEKS = 52
WEEKS = 30
"""That are lived through; the history lies before them."""
_PAST_DELIVERIES = 12
"""Of each part, from which everybody has to guess its lead time."""


class PartKind(StrEnum):
    """How a part is asked for."""

    SLOW = "slow"
    STEADY = "steady"
    LUMPY = "lumpy"
    DYING = "dying"
    NEW = "new"


_SHARES = {PartKind.SLOW: 4, PartKind.STEADY: 2, PartKind.LUMPY: 2, PartKind.DYING: 1, PartKind.NEW: 1}


@dataclass(frozen=True, slots=True)
class SparePart:
    """One part. history, demand: units asked for by week. lead_weeks: of what is ordered in each week.

    past_lead_weeks: of earlier orders, which is all that rules may know of lead times.
    """

    kind: PartKind
    unit_cost_cents: int
    lot_size: int
    minimum_quantity: int
    history: tuple[int, ...]
    demand: tuple[int, ...]
    past_lead_weeks: tuple[int, ...]
    lead_weeks: tuple[int, ...]

    @property
    def times(self) -> ReplenishmentTimes:
        """What past deliveries tell of the lead time; stock is looked at once a week."""
        return ReplenishmentTimes(
            lead_time=fmean(self.past_lead_weeks), review_period=1, lead_time_deviation=stdev(self.past_lead_weeks)
        )


def spare_parts(number: int, seed: int) -> list[SparePart]:
    """Parts of all kinds in their shares, the same for the same arguments."""
    kinds = [kind for kind, share in _SHARES.items() for _ in range(share)]
    return [_part(kinds[index % len(kinds)], random.Random(f"part-{seed}-{index}")) for index in range(number)]


def _part(kind: PartKind, dice: random.Random) -> SparePart:
    weekly, first_week = _WEEKLY[kind](dice)
    units = [weekly(week) for week in range(first_week, HISTORY_WEEKS + WEEKS)]
    known = HISTORY_WEEKS - first_week
    cost = round((1_200 if kind is PartKind.STEADY else 5_000) * exp(dice.gauss(0, 1.1)))
    usual, late_share = dice.randint(1, 6), dice.uniform(0, 0.5)
    lead_weeks = [
        usual + (dice.randint(1, 4) if dice.random() < late_share else 0) for _ in range(_PAST_DELIVERIES + WEEKS)
    ]
    return SparePart(
        kind=kind,
        unit_cost_cents=max(20, cost),
        lot_size=dice.choice((1, 5, 10)) if cost < 1_000 else 1,
        minimum_quantity=dice.choice((1, 1, 1, 1, 3)),
        history=tuple(units[:known]),
        demand=tuple(units[known:]),
        past_lead_weeks=tuple(lead_weeks[:_PAST_DELIVERIES]),
        lead_weeks=tuple(lead_weeks[_PAST_DELIVERIES:]),
    )


_Weekly = Callable[[int], int]
"""Units of a week, counted from the first of the history."""


def _slow(dice: random.Random) -> tuple[_Weekly, int]:
    rate = _between(dice, 0.02, 0.5)
    return lambda _week: _poisson(dice, rate), 0


def _steady(dice: random.Random) -> tuple[_Weekly, int]:
    rate = _between(dice, 1, 12)
    return lambda _week: _poisson(dice, rate), 0


def _lumpy(dice: random.Random) -> tuple[_Weekly, int]:
    probability, size = dice.uniform(0.05, 0.35), dice.uniform(2, 12)
    return lambda _week: _geometric(dice, size) if dice.random() < probability else 0, 0


def _dying(dice: random.Random) -> tuple[_Weekly, int]:
    """Asked for as ever until some week of the last half year or the next ten weeks; then half as often every six."""
    rate, size, falls_from = _between(dice, 0.2, 1.5), dice.choice((1.0, 1.0, 3.0)), dice.randint(26, 62)

    def weekly(week: int) -> int:
        left = 0.5 ** (max(0, week - falls_from) / 6)
        return sum(_geometric(dice, size) for _ in range(_poisson(dice, rate * left)))

    return weekly, 0


def _new(dice: random.Random) -> tuple[_Weekly, int]:
    """Kept since 4 to 26 weeks before the first one lived through; asked for more and more often for 40 weeks."""
    rate, first_week = _between(dice, 0.1, 4), HISTORY_WEEKS - dice.randint(4, 26)
    return lambda week: _poisson(dice, rate * min(1.0, (week - first_week + 1) / 40)), first_week


_WEEKLY: dict[PartKind, Callable[[random.Random], tuple[_Weekly, int]]] = {
    PartKind.SLOW: _slow,
    PartKind.STEADY: _steady,
    PartKind.LUMPY: _lumpy,
    PartKind.DYING: _dying,
    PartKind.NEW: _new,
}


def _between(dice: random.Random, low: float, high: float) -> float:
    """A rate of which every factor is as likely as every other."""
    return low * exp(dice.random() * log(high / low))


def _poisson(dice: random.Random, rate: float) -> int:
    units, product, limit = 0, dice.random(), exp(-rate)
    while product > limit:
        units, product = units + 1, product * dice.random()
    return units


def _geometric(dice: random.Random, average: float) -> int:
    """1 or more, so many on average."""
    units = 1
    while dice.random() > 1 / average:
        units += 1
    return units
