"""At every second, what all routes have loaded of a part at a warehouse is at most what it has received by then."""

from collections import defaultdict
from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.plan import StopKind
from solver.reasons import Reason
from solver.units import Seconds, clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Free units taken before they are there. A load counts from the second its stop starts."""
    taken: dict[tuple[str, str], list[tuple[Seconds, int, str]]] = defaultdict(list)
    for shift, route in itinerary.routes:
        for stop in route.stops:
            if stop.kind is StopKind.WAREHOUSE:
                for load in stop.loads:
                    if load.job is None:
                        taken[stop.id, load.part].append((stop.start_s, load.quantity, shift.id))
    for (warehouse, part), loads in taken.items():
        receipts = itinerary.problem.warehouse_by_id[warehouse].stock.get(part, ())
        if receipts is None:
            continue
        total = 0
        for second, quantity, taker in sorted(loads):
            total += quantity
            received = sum(receipt.quantity for receipt in receipts if receipt.from_s <= second)
            if total > received:
                message = f"{total} of {part} are taken from {warehouse} by {clock(second)}, {received} are there"
                yield Violation("stock", message, Reason.PART_OUT_OF_STOCK, shift=taker)


RULE = Rule("stock", judge)
