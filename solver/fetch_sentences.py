"""What a dispatcher reads where a part or a tool is missing: how much there is, where, and why nobody has it."""

from collections.abc import Iterable, Sequence

from solver.problem import Job, Problem, VehicleShift, Warehouse
from solver.reasons import Reason
from solver.units import MAX_QUANTITY, clock
from solver.wording import names, window_list


def tool_sentence(problem: Problem, job: Job, shifts: Sequence[VehicleShift], _relaxed: frozenset[Reason]) -> str:
    """Nobody has a tool, or nobody can fetch it where it is lent."""
    who = names(problem, shifts)
    lent = frozenset[str]().union(*(warehouse.tools for warehouse in problem.warehouses))
    missing = sorted(job.tools - lent - frozenset[str]().union(*(shift.tools for shift in shifts)))
    if missing:
        return f"Needs {', '.join(missing)}; none of those who could take it ({who}) has it, and no warehouse lends it."
    wanted = job.tools - frozenset.intersection(*(shift.tools for shift in shifts))
    lenders = [house for house in problem.warehouses if house.tools & wanted]
    where = ", ".join(_lender(problem, shifts, house, ()) for house in lenders)
    if lenders:
        return (
            f"Needs {', '.join(sorted(wanted))}, lent by {where}; {who} can't fetch it{_in_time(problem, job, shifts)}."
        )
    return f"Needs {', '.join(sorted(wanted))}; nobody who could take it has all of that."


def _lender(problem: Problem, shifts: Sequence[VehicleShift], house: Warehouse, parts: Iterable[str]) -> str:
    """A warehouse with what may keep people from fetching there: hours, the next receipt, no road."""
    told = []
    if house.windows:
        told.append("open " + " and ".join(f"{clock(one.start)}–{clock(one.end)}" for one in house.windows))
    for part in parts:
        receipts = house.stock.get(part, ()) or ()
        told += [f"{one.quantity} × {part} arrive at {clock(one.from_s)}" for one in receipts if one.from_s > 0]
    roads = (problem.travel_s(shift, shift.start_location, house.location) for shift in shifts)
    if all(road < 0 for road in roads):
        told.append("no road leads there")
    return f"{house.id} ({'; '.join(told)})" if told else house.id


def _in_time(problem: Problem, job: Job, shifts: Sequence[VehicleShift]) -> str:
    """How far the search for a way to fetch went, as the end of a sentence."""
    people = {shift.technician for shift in shifts} if job.parts else set()
    other_days = [shift for shift in problem.shifts if shift.technician in people and shift not in shifts]
    most = max(shift.max_pickups for shift in (*shifts, *other_days))
    if most < 1:
        return ", as no warehouse stop is allowed"
    stops = ("one warehouse stop" if most == 1 else "at most two warehouse stops") + (" a day" if other_days else "")
    when = f" and still start {window_list(job)}" if job.windows else " in time"
    return f" with {stops}{when}"


def out_of_stock_sentence(
    problem: Problem, job: Job, _shifts: Sequence[VehicleShift], _relaxed: frozenset[Reason]
) -> str:
    """Too few units exist."""
    short = [
        f"{quantity} × {part} (one van, the warehouses and its earmarks have {most_at_hand(problem, job, part)})"
        for part, quantity in job.parts.items()
        if most_at_hand(problem, job, part) < quantity
    ]
    return f"Needs {', '.join(short)}."


def not_reachable_sentence(
    problem: Problem, job: Job, shifts: Sequence[VehicleShift], _relaxed: frozenset[Reason]
) -> str:
    """Enough units exist, but out of reach; names those places that could have them."""
    short = {
        part: quantity
        for part, quantity in job.parts.items()
        if any(_on_van(problem, job, part, shift.technician) < quantity for shift in shifts)
    }
    houses = [house for house in problem.warehouses if any(house.stock.get(part, ()) != () for part in short)]
    houses += [one for one in problem.warehouses if one not in houses and _earmarked(job, short, one)]
    where = ", ".join(_lender(problem, shifts, house, short) for house in houses)
    parts = ", ".join(f"{quantity} × {part}" for part, quantity in short.items())
    who = names(problem, shifts)
    if not houses:
        return f"Needs {parts}; other vans have it, but not that of {who}."
    return f"Needs {parts}, in stock at {where}; {who} can't fetch it{_in_time(problem, job, shifts)}."


def _earmarked(job: Job, parts: Iterable[str], house: Warehouse) -> bool:
    return any(earmark.warehouse == house.id and earmark.part in parts for earmark in job.earmarks)


def most_at_hand(problem: Problem, job: Job, part: str) -> int:
    """The most units of a part that one technician could bring together for a job, however long it takes."""
    vans = [_on_van(problem, job, part, technician.id) for technician in problem.technicians]
    houses = [
        MAX_QUANTITY if (receipts := house.stock.get(part, ())) is None else sum(one.quantity for one in receipts)
        for house in problem.warehouses
    ]
    kept = sum(one.quantity for one in job.earmarks if one.part == part and one.warehouse is not None)
    return max([0, *vans]) + sum(houses) + kept


def _on_van(problem: Problem, job: Job, part: str, technician: str) -> int:
    own = sum(one.quantity for one in job.earmarks if one.part == part and one.technician == technician)
    return own + problem.technician_by_id[technician].van_stock.get(part, 0)
