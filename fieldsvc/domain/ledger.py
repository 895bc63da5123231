"""Rules of the stock ledger: every move takes from one location what it gives to another."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from fieldsvc.domain.errors import Fault, Invalid


class LocationKind(StrEnum):
    """What a stock location is; the balancing kinds stand for the world outside and may be negative."""

    WAREHOUSE = "warehouse"
    VAN = "van"
    LOCKER = "locker"
    QUARANTINE = "quarantine"
    IN_TRANSIT = "in_transit"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    SCRAP = "scrap"
    ADJUSTMENT = "adjustment"
    DISCREPANCY = "discrepancy"


PHYSICAL = frozenset(
    {
        LocationKind.WAREHOUSE,
        LocationKind.VAN,
        LocationKind.LOCKER,
        LocationKind.QUARANTINE,
        LocationKind.IN_TRANSIT,
    }
)


# Units in quarantine are worth nothing until somebody has decided about them; all else that is here has its cost.
VALUED = PHYSICAL - {LocationKind.QUARANTINE}


class MoveReason(StrEnum):
    """Why units moved."""

    RECEIPT = "receipt"
    TRANSFER = "transfer"
    CONSUMPTION = "consumption"
    COUNT = "count"
    RETURN = "return"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Move:
    """A quantity of one part from one location to another."""

    part_id: UUID
    quantity: int
    from_location_id: UUID
    to_location_id: UUID


def check_move(move: Move) -> None:
    """Refuse a move that would create, destroy or merely shake units."""
    faults = []
    if move.quantity <= 0:
        faults.append(
            Fault("quantity_not_positive", "/quantity", f"The quantity is {move.quantity}; it has to be 1 or more.")
        )
    if move.from_location_id == move.to_location_id:
        faults.append(Fault("same_location", "/to_location_id", "A move needs two different locations."))
    if faults:
        raise Invalid("The stock move is wrong.", code="stock_move_invalid", faults=faults)


def balances_of(moves: Iterable[Move]) -> dict[tuple[UUID, UUID], int]:
    """Return on hand for each (part, location) as the moves have it; the sum over all locations is 0."""
    balances: dict[tuple[UUID, UUID], int] = {}
    for move in moves:
        source, target = (move.part_id, move.from_location_id), (move.part_id, move.to_location_id)
        balances[source] = balances.get(source, 0) - move.quantity
        balances[target] = balances.get(target, 0) + move.quantity
    return balances


def value_leaving(value_cents: int, units: int, quantity: int) -> int:
    """The share that some of the units have in what all are worth, rounded half up; the last take what is left."""
    if quantity >= units:
        return value_cents
    return (2 * value_cents * quantity + units) // (2 * units)


def value_entering(value_cents: int, units: int, quantity: int, unit_cost_cents: int) -> int:
    """What units bring that nobody has said the cost of: the average, or the catalogue's cost where none are there."""
    if units <= 0:
        return quantity * unit_cost_cents
    return (2 * value_cents * quantity + units) // (2 * units)
