"""Parts for the jobs of a random day: vans, loads, earmarks and receipts that hold exactly what its plan uses."""

from collections import defaultdict
from dataclasses import replace

from bench.random_days.drawing import Draft, Draw
from bench.random_days.town import DEPOT, EAST, warehouse
from solver.plan import Load, StopKind
from solver.problem import Earmark, Receipt, Warehouse, Window

PARTS = ("pump", "seal")
WAREHOUSES = (warehouse("depot", DEPOT), warehouse("branch", EAST, handling_s=120))


def supply(draw: Draw) -> tuple[dict[str, dict[str, int]], tuple[Warehouse, ...]]:
    """Parts for the jobs, and for each part a source: the van, a load on the way, or an earmark."""
    van_stock: dict[str, dict[str, int]] = {draft.technician: defaultdict(int) for draft in draw.drafts}
    for technician, van in van_stock.items():
        fetched: list[tuple[Draft, int]] = []
        days = sorted((one for one in draw.drafts if one.technician == technician), key=lambda one: one.day)
        for draft in days:
            for index, one in enumerate(draft.stops):
                if one.kind is StopKind.WAREHOUSE:
                    fetched.append((draft, index))
                elif one.kind is StopKind.JOB and one.supplies:
                    _supply_job(draw, technician, one.id, fetched, van)
    return {name: dict(parts) for name, parts in van_stock.items()}, _receive(draw)


def _supply_job(
    draw: Draw, technician: str, job_id: str, fetched: list[tuple[Draft, int]], van: dict[str, int]
) -> None:
    parts = {part: draw.random.randrange(1, 4) for part in PARTS if draw.chance(2)}
    earmarks: list[Earmark] = []
    for part, quantity in parts.items() if job_id not in draw.committed else ():
        held = draw.random.randrange(quantity + 1)
        draft, index = draw.random.choice(fetched) if fetched and not draw.chance(3) else (None, 0)
        if draft is None:
            van[part] += quantity - held
            if held:
                earmarks.append(Earmark(part, held, technician=technician))
            continue
        if held:
            earmarks.append(Earmark(part, held, warehouse=draft.stops[index].id))
            _load(draft, index, Load(part, held, job=job_id))
        if quantity > held:
            _load(draft, index, Load(part, quantity - held))
    draw.jobs[job_id] = replace(draw.jobs[job_id], parts=parts, earmarks=tuple(earmarks))


def _load(draft: Draft, index: int, load: Load) -> None:
    draft.stops[index] = replace(draft.stops[index], loads=(*draft.stops[index].loads, load))


def _receive(draw: Draw) -> tuple[Warehouse, ...]:
    """Warehouses that are open when somebody comes, and receive what is taken as late as it may come."""
    found = []
    for one in WAREHOUSES:
        stops = [visit for draft in draw.drafts for visit in draft.stops if visit.id == one.id]
        receipts: dict[str, list[Receipt]] = defaultdict(list)
        for visit in stops:
            for load in visit.loads:
                if load.job is None:
                    receipts[load.part].append(Receipt(draw.random.choice((0, visit.start_s)), load.quantity))
        unlimited = draw.chance(3)
        stock = {part: None if unlimited else tuple(units) for part, units in receipts.items()}
        windows = tuple(Window(visit.start_s, visit.start_s + 60) for visit in stops) if draw.chance(2) else ()
        lent = frozenset().union(*(visit.tools for visit in stops))
        found.append(replace(one, stock=stock, windows=windows, tools=lent))
    return tuple(found)
