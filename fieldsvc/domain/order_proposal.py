"""Whether to order a part now, how much of it, and the figures that say why."""

from dataclasses import dataclass
from math import ceil

from fieldsvc.domain.reordering import StockLevels


@dataclass(frozen=True, slots=True)
class StockPosition:
    """Units of a part at a stock location. backordered: asked for by reservations that wait for units.

    to_order: about to be ordered already, by a draft or by a proposal for another warehouse that supplies the same.
    """

    on_hand: int
    reserved: int
    on_order: int
    backordered: int = 0
    to_order: int = 0

    def __post_init__(self) -> None:
        """Refuse what the books can't have."""
        for name, units in (
            ("on_hand", self.on_hand),
            ("reserved", self.reserved),
            ("on_order", self.on_order),
            ("backordered", self.backordered),
            ("to_order", self.to_order),
        ):
            if units < 0:
                raise ValueError(f"{name} is {units} units; it is 0 or more")
        if self.reserved > self.on_hand:
            raise ValueError(f"reserved is {self.reserved} units, more than the {self.on_hand} on_hand")

    @property
    def units(self) -> int:
        """What demand to come can count on: below 0 if more is waited for than is on its way."""
        return self.on_hand - self.reserved + self.on_order + self.to_order - self.backordered


@dataclass(frozen=True, slots=True)
class OrderProposal:
    """What to order and why; quantity: None if nothing. wanted: units up to the level, before any rounding."""

    quantity: int | None
    wanted: int
    position: StockPosition
    levels: StockLevels
    lot_size: int
    minimum_quantity: int

    def sentence(self) -> str:
        """Say why, with the figures."""
        position, levels = self.position, self.levels
        waited_for = f" - {position.backordered} waited for" if position.backordered else ""
        to_order = f" + {position.to_order} about to be ordered" if position.to_order else ""
        stands = (
            f"{position.on_hand} on hand - {position.reserved} reserved + {position.on_order} on order"
            f"{to_order}{waited_for} = {position.units}"
        )
        if self.quantity is None:
            if position.units > levels.reorder_point:
                return f"Nothing to order: {stands}, above the reorder point {levels.reorder_point}."
            return f"Nothing to order: {stands}, and the part is kept up to {levels.order_up_to}."
        told = (
            f"Order {self.quantity}: {stands}, not above the reorder point {levels.reorder_point}; "
            f"{self.wanted} up to {levels.order_up_to}"
        )
        if self.quantity == self.wanted:
            return f"{told}."
        return f"{told}, raised to at least {self.minimum_quantity} in lots of {self.lot_size}."


def order_proposal(
    position: StockPosition, levels: StockLevels, lot_size: int = 1, minimum_quantity: int = 1
) -> OrderProposal:
    """Propose what fills the position up, at least the minimum and in whole lots, once it is at the reorder point."""
    for name, units in (("lot_size", lot_size), ("minimum_quantity", minimum_quantity)):
        if units < 1:
            raise ValueError(f"{name} is {units} units; it is 1 or more")
    wanted = levels.order_up_to - position.units
    quantity = None
    if position.units <= levels.reorder_point and wanted > 0:
        quantity = ceil(max(wanted, minimum_quantity) / lot_size) * lot_size
    return OrderProposal(quantity, max(0, wanted), position, levels, lot_size, minimum_quantity)
