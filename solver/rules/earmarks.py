"""Units held for a job at a warehouse are loaded for that job only, and not more of them than are held."""

from collections import Counter
from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.plan import StopKind
from solver.reasons import Reason
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Loads in a job's name beyond what is earmarked for it there."""
    loaded: Counter[tuple[str, str, str]] = Counter()
    for _, route in itinerary.routes:
        for stop in route.stops:
            if stop.kind is StopKind.WAREHOUSE:
                for load in stop.loads:
                    if load.job is not None:
                        loaded[load.job, stop.id, load.part] += load.quantity
    for (job, warehouse, part), quantity in loaded.items():
        held = sum(
            earmark.quantity
            for earmark in itinerary.problem.job_by_id[job].earmarks
            if earmark.warehouse == warehouse and earmark.part == part
        )
        if quantity > held:
            message = f"{quantity} of {part} are loaded for it at {warehouse}, where {held} are held for it"
            yield Violation("earmarks", message, Reason.PART_OUT_OF_STOCK, job)


RULE = Rule("earmarks", judge)
