"""Where the parts of a planned visit come from: the van, or the warehouse stop that loads them."""

from collections import defaultdict, deque
from dataclasses import dataclass

from solver.itinerary import Itinerary
from solver.plan import Plan, StopKind
from solver.problem import Problem


@dataclass(frozen=True, slots=True)
class PartSource:
    """Units of one part for one visit. warehouse and pickup: None when they are already on the van.

    pickup: index of the warehouse stop among the stops of its route.
    """

    part: str
    quantity: int
    warehouse: str | None
    pickup: tuple[str, int] | None


def part_sources(problem: Problem, plan: Plan) -> dict[tuple[str, str], tuple[PartSource, ...]]:
    """(shift, job) to sources, for every visit of a plan without violations; van units are used before loaded ones."""
    itinerary = Itinerary(problem, plan)
    found: dict[tuple[str, str], tuple[PartSource, ...]] = {}
    for technician, routes in itinerary.by_technician.items():
        pools: dict[tuple[str, str | None], deque[PartSource]] = defaultdict(deque)
        for part, quantity in problem.technician_by_id[technician].van_stock.items():
            pools[part, None].append(PartSource(part, quantity, None, None))
        for job in problem.jobs:
            for earmark in job.earmarks:
                if earmark.technician == technician:
                    pools[earmark.part, job.id].append(PartSource(earmark.part, earmark.quantity, None, None))
        for shift, route in routes:
            for index, stop in enumerate(route.stops):
                if stop.kind is StopKind.WAREHOUSE:
                    for load in stop.loads:
                        source = PartSource(load.part, load.quantity, stop.id, (shift.id, index))
                        pools[load.part, load.job].append(source)
                elif stop.kind is StopKind.JOB and stop.supplies and not itinerary.is_committed(stop.id):
                    needs = problem.job_by_id[stop.id].parts
                    found[shift.id, stop.id] = tuple(
                        source
                        for part, quantity in needs.items()
                        for source in _draw(pools[part, stop.id], pools[part, None], quantity)
                    )
    return found


def _draw(own: deque[PartSource], free: deque[PartSource], quantity: int) -> list[PartSource]:
    drawn = []
    for pool in (own, free):
        while quantity and pool:
            source = pool.popleft()
            taken = min(quantity, source.quantity)
            drawn.append(PartSource(source.part, taken, source.warehouse, source.pickup))
            quantity -= taken
            if taken < source.quantity:
                pool.appendleft(PartSource(source.part, source.quantity - taken, source.warehouse, source.pickup))
    return drawn
