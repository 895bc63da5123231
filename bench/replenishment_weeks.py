"""The weeks of one part under given levels: units arrive, who waited gets them, orders are placed, units are used."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import fmean

from bench.replenishment_parts import WEEKS, SparePart
from fieldsvc.domain.demand import DemandForecast, forecast_of
from fieldsvc.domain.order_proposal import StockPosition, order_proposal
from fieldsvc.domain.reordering import (
    ServiceMeasure,
    ServiceTarget,
    StockLevels,
    balanced_target,
    order_quantity_for,
    stock_levels_for,
)

COVER_WEEKS = 4
"""Use that an order should bring, by every rule."""
_LEAD_TIMES_KEPT = 2
"""Of demand over the lead time, so many times as much is the minimum of the fixed rule."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What the forecast orders for: a fill rate, the same for all parts, or what waiting and keeping cost.

    holding_share: of its cost, what a unit costs a week on the shelf.
    """

    fill_rate: float = 0.95
    shortage_cents: int = 10_000
    holding_share: float = 0.2 / 52


@dataclass(slots=True)
class Books:
    """Units of a part, counted where they pass."""

    at_first: int
    on_hand: int
    backordered: int = 0
    ordered: int = 0
    received: int = 0
    asked: int = 0
    handed_out: int = 0
    on_order: Counter[int] = field(default_factory=Counter)
    """By the week in which they arrive."""

    def breaches(self) -> list[str]:
        """What does not add up."""
        under_way = sum(self.on_order.values())
        sums = (
            (
                "at first + received",
                self.at_first + self.received,
                "on hand + handed out",
                self.on_hand + self.handed_out,
            ),
            ("ordered", self.ordered, "received + on order", self.received + under_way),
            ("asked", self.asked, "handed out + backordered", self.handed_out + self.backordered),
        )
        found = [f"{left} is {one}, {right} is {other}" for left, one, right, other in sums if one != other]
        if min(self.on_hand, self.backordered, under_way) < 0 or (self.on_hand and self.backordered):
            found.append(f"{self.on_hand} on hand, {self.backordered} waited for, {under_way} on order")
        return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a part over the weeks. unit_weeks: units on hand at the end of each week, added up."""

    asked: int
    served_at_once: int
    unit_weeks: int
    orders: int
    breaches: tuple[str, ...]


def lived(part: SparePart, levels: Sequence[StockLevels]) -> Outcome:
    """Live through the weeks with the levels of each; stock begins full, with nothing on order."""
    books = Books(at_first=levels[0].order_up_to, on_hand=levels[0].order_up_to)
    served_at_once = unit_weeks = orders = 0
    breaches: list[str] = []
    for week, (asked, now) in enumerate(zip(part.demand, levels, strict=True)):
        arrived = books.on_order.pop(week, 0)
        books.received += arrived
        books.on_hand += arrived
        _hand_out(books, books.backordered, is_waiting=True)
        position = StockPosition(books.on_hand, 0, sum(books.on_order.values()), books.backordered)
        quantity = order_proposal(position, now, part.lot_size, part.minimum_quantity).quantity
        if quantity is not None:
            books.on_order[week + part.lead_weeks[week]] += quantity
            books.ordered += quantity
            orders += 1
        books.asked += asked
        served_at_once += _hand_out(books, asked, is_waiting=False)
        unit_weeks += books.on_hand
        breaches += [f"week {week}: {breach}" for breach in books.breaches()]
    return Outcome(books.asked, served_at_once, unit_weeks, orders, tuple(breaches))


def forecasts_of(part: SparePart) -> list[DemandForecast]:
    """The forecast of each week, made anew with all that was asked for before it."""
    known = [*part.history, *part.demand]
    return [forecast_of(known[: len(part.history) + week]) for week in range(len(part.demand))]


def levels_of(part: SparePart, forecast: DemandForecast, aim: Aim, *, is_balanced: bool) -> StockLevels:
    """Levels for one fill rate, or with the target of this part that balances keeping and waiting."""
    quantity = order_quantity_for(forecast, COVER_WEEKS)
    if is_balanced:
        target = balanced_target(forecast, quantity, part.unit_cost_cents, aim.holding_share, aim.shortage_cents)
    else:
        target = ServiceTarget(ServiceMeasure.FILL_RATE, aim.fill_rate)
    return stock_levels_for(forecast, part.times, target, quantity)


def fixed_levels(part: SparePart, scale: float = 1.0) -> list[StockLevels]:
    """The same levels in all weeks, as a shop sets them once from the history.

    The minimum is twice the mean demand over the mean lead time, times scale; the maximum four weeks of demand more.
    """
    weekly = fmean(part.history)
    minimum = round(scale * _LEAD_TIMES_KEPT * weekly * part.times.lead_time)
    return [StockLevels(minimum, minimum + max(1, ceil(weekly * COVER_WEEKS)))] * WEEKS


def _hand_out(books: Books, wanted: int, *, is_waiting: bool) -> int:
    units = min(books.on_hand, wanted)
    books.on_hand -= units
    books.handed_out += units
    books.backordered += -units if is_waiting else wanted - units
    return units
