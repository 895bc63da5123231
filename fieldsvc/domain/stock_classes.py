"""Which parts deserve attention: those of which much is used, those that stop a customer, and those nobody uses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

_SHARE_OF_A = 0.8
_SHARE_OF_A_AND_B = 0.95
MAX_CRITICALITY = 2


class StockClass(StrEnum):
    """How closely a part is looked after."""

    A = "a"
    B = "b"
    C = "c"


@dataclass(frozen=True, slots=True)
class PartUse:
    """What was used of a part in some time, the same for all parts.

    criticality: 0 a part that can wait; 1 one without which an asset works badly; 2 one without which it stands still.
    """

    part_id: UUID
    used: int
    unit_cost_cents: int
    criticality: int = 0

    def __post_init__(self) -> None:
        """Refuse figures below 0 and a criticality that is none."""
        for name, figure in (("used", self.used), ("unit_cost_cents", self.unit_cost_cents)):
            if figure < 0:
                raise ValueError(f"{name} is {figure}; it is 0 or more")
        if not 0 <= self.criticality <= MAX_CRITICALITY:
            raise ValueError(f"criticality is {self.criticality}; it is from 0 to {MAX_CRITICALITY}")

    @property
    def value_cents(self) -> int:
        """What the used units cost."""
        return self.used * self.unit_cost_cents


@dataclass(frozen=True, slots=True)
class Holding:
    """A part at a stock location. on_hand_since: the day from which some have been there without interruption."""

    part_id: UUID
    on_hand: int
    unit_cost_cents: int
    on_hand_since: date
    last_used_on: date | None

    def __post_init__(self) -> None:
        """Refuse figures below 0."""
        for name, figure in (("on_hand", self.on_hand), ("unit_cost_cents", self.unit_cost_cents)):
            if figure < 0:
                raise ValueError(f"{name} is {figure}; it is 0 or more")


@dataclass(frozen=True, slots=True)
class DeadStock:
    """Units that lie there and cost money. silent_days: since the last use, or since they came if that is later."""

    holding: Holding
    silent_days: int
    value_cents: int


def stock_classes(uses: Iterable[PartUse]) -> dict[UUID, StockClass]:
    """Return the class of each part by the value of its use, raised by its criticality.

    The dearest parts that together make up 80 % of the value are A, up to 95 % B, the others and those of which none
    was used C; the part in which a limit falls belongs to the dearer class (Silver, Pyke & Thomas 2017, Inventory and
    Production Management in Supply Chains, 4th ed., on the distribution by value). A part of criticality 1 is at least
    B, one of 2 always A, as value alone tells nothing of what a missing part costs (Flores & Whybark 1987,
    "Implementing multiple criteria ABC analysis", Journal of Operations Management 7, 79-85).
    """
    ranked = sorted(uses, key=lambda use: (-use.value_cents, use.part_id))
    total = sum(use.value_cents for use in ranked)
    classes: dict[UUID, StockClass] = {}
    dearer = 0
    for use in ranked:
        if use.part_id in classes:
            raise ValueError(f"uses has part {use.part_id} twice")
        by_value = StockClass.C if use.value_cents == 0 else _class_after(dearer / total)
        classes[use.part_id] = min(by_value, _AT_LEAST[use.criticality])
        dearer += use.value_cents
    return classes


def dead_stock(holdings: Iterable[Holding], today: date, silent_days: int) -> list[DeadStock]:
    """Return what is on hand and was not used for so many days or more, the dearest first."""
    if silent_days < 1:
        raise ValueError(f"silent_days is {silent_days}; it is 1 or more")
    found = []
    for holding in holdings:
        since = max(holding.on_hand_since, holding.last_used_on or holding.on_hand_since)
        silent = (today - since).days
        if holding.on_hand > 0 and silent >= silent_days:
            found.append(DeadStock(holding, silent, holding.on_hand * holding.unit_cost_cents))
    return sorted(found, key=lambda dead: (-dead.value_cents, dead.holding.part_id))


_AT_LEAST = (StockClass.C, StockClass.B, StockClass.A)
"""By criticality."""


def _class_after(share: float) -> StockClass:
    """Class of a part when dearer ones make up this share of the value."""
    if share < _SHARE_OF_A:
        return StockClass.A
    return StockClass.B if share < _SHARE_OF_A_AND_B else StockClass.C
