"""Warehouse stops: as many as the shift allows, starting in an opening window, lending what is there."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.plan import Stop, StopKind
from solver.problem import VehicleShift, Warehouse
from solver.reasons import Reason
from solver.units import clock
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Too many warehouse stops, stops while the warehouse is closed, tools that it does not lend."""
    for shift, route in itinerary.routes:
        stops = [stop for stop in route.stops if stop.kind is StopKind.WAREHOUSE]
        if len(stops) > shift.max_pickups:
            message = f"stops {len(stops)} times at a warehouse, {shift.max_pickups} at most"
            yield Violation("pickups", message, Reason.PART_NOT_REACHABLE, shift=shift.id)
        for stop in stops:
            yield from _judge_stop(shift, stop, itinerary.problem.warehouse_by_id[stop.id])
        for stop in route.stops:
            if stop.kind is not StopKind.WAREHOUSE and (stop.loads or stop.tools):
                yield Violation("pickups", f"loads at {stop.id}, which is no warehouse", shift=shift.id)


def _judge_stop(shift: VehicleShift, stop: Stop, warehouse: Warehouse) -> Iterator[Violation]:
    if warehouse.windows and not any(stop.start_s in window for window in warehouse.windows):
        message = f"is at {warehouse.id} at {clock(stop.start_s)}, when it is closed"
        yield Violation("pickups", message, Reason.PART_NOT_REACHABLE, shift=shift.id)
    if missing := stop.tools - warehouse.tools:
        message = f"{warehouse.id} does not lend {', '.join(sorted(missing))}"
        yield Violation("pickups", message, Reason.TOOL, shift=shift.id)
    for load in stop.loads:
        if load.quantity < 1:
            message = f"loads {load.quantity} of {load.part} at {warehouse.id}"
            yield Violation("pickups", message, shift=shift.id)


RULE = Rule("pickups", judge)
