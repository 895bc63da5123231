"""Random problems together with a plan that keeps every rule by construction.

Routes come first, with their times; windows, skills, stock and everything else is then put around them. Van stock
and limited receipts hold exactly what the plan uses, so that a unit more or less shows.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from solver.params import Weights
from solver.plan import Load, Plan, Route, Stop, StopKind
from solver.problem import (
    Break,
    CommittedStop,
    Earmark,
    Job,
    Lock,
    Predecessor,
    Previous,
    Problem,
    Receipt,
    VehicleShift,
    Warehouse,
    Window,
)
from tests.solver.builders import (
    DEPOT,
    EAST,
    HOME,
    NORTH,
    SOUTH,
    at,
    drive_s,
    job,
    left_out,
    pickup,
    plan,
    problem,
    rest,
    shift,
    stop,
    warehouse,
)

TOWN = (HOME, NORTH, EAST, SOUTH, DEPOT)
SKILLS, TOOLS, PARTS = ("gas", "roof"), ("hoist", "ladder"), ("pump", "seal")
WAREHOUSES = (warehouse("depot", DEPOT), warehouse("branch", EAST, handling_s=120))


@dataclass(slots=True)
class Draft:
    """A shift and its route while they grow."""

    technician: str
    day: int
    place: int
    now: int
    departure: int
    stops: list[Stop] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    returned: int = 0

    @property
    def id(self) -> str:
        return f"{self.technician}-{self.day}"


@dataclass(slots=True)
class Draw:
    """Everything that has been drawn so far."""

    random: Random
    drafts: list[Draft] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    committed: set[str] = field(default_factory=set)

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def new_job(self, **changes: Any) -> Job:
        one = job(
            f"job {len(self.jobs)}",
            self.random.choice(TOWN),
            self.random.randrange(0, 3_600),
            unplanned_penalty_cents=self.random.randrange(100_000),
            **changes,
        )
        self.jobs[one.id] = one
        return one

    def stops_of(self, job_id: str) -> list[tuple[Draft, Stop]]:
        return [(draft, one) for draft in self.drafts for one in draft.stops if one.id == job_id]


def feasible_day(random: Random) -> tuple[Problem, Plan]:
    """A problem and a plan for it without any violation."""
    draw = Draw(random)
    for technician in ("ann", "bob", "eve")[: random.randrange(1, 4)]:
        for day in random.choice(((0,), (1,), (0, 1))):
            draw.drafts.append(_drive(draw, technician, day))
    _meet_as_crew(draw)
    for draft in draw.drafts:
        _go_home(draw, draft)
    _require(draw)
    _order(draw)
    van_stock, warehouses = _supply(draw)
    freeze = _freeze(draw)
    undone = [draw.new_job(parts={"seal": 5}, skills={"gas": 9}) for _ in range(random.randrange(3))]
    shifts = [_shift(draw, draft) for draft in draw.drafts]
    judged = problem(
        tuple(draw.jobs.values()),
        tuple(shifts),
        van_stock={"dan": {}} | van_stock,
        warehouses=warehouses,
        weights=Weights(*(random.randrange(5_000) for _ in range(7))),
        freeze_until_s=freeze,
        sequences=tuple(_sequences(draw)),
    )
    routes = [Route(draft.id, draft.departure, draft.returned, tuple(draft.stops)) for draft in draw.drafts]
    random.shuffle(routes)
    return judged, plan(*routes, unplanned=left_out(*undone))


def _drive(draw: Draw, technician: str, day: int) -> Draft:
    random = draw.random
    start = random.choice(TOWN)
    departure = at(8, day=day) + random.randrange(3_600)
    draft = Draft(technician, day, start, departure, departure, fields={"start_location": start})
    if draw.chance(4):
        _take_break(draw, draft, off_duty=True)
    for _ in range(random.randrange(1, 5)):
        kind = random.choice((StopKind.JOB, StopKind.JOB, StopKind.WAREHOUSE, StopKind.BREAK))
        if kind is StopKind.JOB:
            one = draw.new_job()
            _add(draw, draft, stop(one, 0))
        elif kind is StopKind.WAREHOUSE:
            _add(draw, draft, pickup(random.choice(WAREHOUSES), 0))
        else:
            _take_break(draw, draft)
    return draft


def _add(draw: Draw, draft: Draft, one: Stop, start_s: int | None = None) -> None:
    """Drive to a stop, wait a little or not at all, and stay as long as it lasts."""
    arrival = draft.now + drive_s(draft.place, one.location)
    start = arrival + draw.random.choice((0, draw.random.randrange(1_800))) if start_s is None else start_s
    end = start + one.end_s - one.start_s
    draft.stops.append(replace(one, arrival_s=arrival, start_s=start, end_s=end))
    draft.now, draft.place = end, one.location


def _take_break(draw: Draw, draft: Draft, *, off_duty: bool = False) -> None:
    """A break where the technician is; its window is put around it."""
    length = draw.random.randrange(60, 2_400)
    begin = draft.now - length if off_duty else draft.now + draw.random.randrange(600)
    slack = draw.random.randrange(2) * 900
    one = Break(f"break {len(draft.breaks)}", length, Window(begin - slack, begin + slack), draw.chance(2))
    draft.breaks.append(one)
    draft.stops.append(rest(one, draft.place, begin))
    draft.now = max(draft.now, begin + length)


def _meet_as_crew(draw: Draw) -> None:
    """Two technicians of one day end it together, now and then."""
    pairs = [(a, b) for a in draw.drafts for b in draw.drafts if a.technician < b.technician and a.day == b.day]
    if not pairs or draw.chance(2):
        return
    pair = draw.random.choice(pairs)
    one = draw.new_job(crew_size=2)
    start = max(draft.now + drive_s(draft.place, one.location) for draft in pair)
    brings = draw.random.randrange(2)
    for index, draft in enumerate(pair):
        _add(draw, draft, stop(one, 0, supplies=index == brings), start)


def _go_home(draw: Draw, draft: Draft) -> None:
    end = draw.random.choice(TOWN)
    begun: list[CommittedStop] = []
    if draw.chance(3):
        for one in draft.stops[: draw.random.randrange(1, 3)]:
            if one.kind is not StopKind.JOB or draw.jobs[one.id].crew_size > 1:
                break
            begun.append(CommittedStop(one.id, one.start_s))
            draw.committed.add(one.id)
        if begun and draw.chance(2):
            begun[-1] = CommittedStop(begun[-1].job)  # still on the way to the last one
    draft.returned = draft.now + drive_s(draft.place, end) + draw.random.choice((0, 300))
    draft.fields |= {"end_location": end, "committed": tuple(begun)}
    if draw.chance(4):
        draft.now, draft.place = draft.returned, end
        _take_break(draw, draft)


def _require(draw: Draw) -> None:
    """What jobs ask of technicians, and gets them: skills, tools, territory, lists."""
    random = draw.random
    skills: dict[str, dict[str, int]] = {draft.id: {"gas": 1} for draft in draw.drafts}
    own_tools: dict[str, set[str]] = defaultdict(set)
    territories: dict[str, set[str]] = defaultdict(set)
    for one in list(draw.jobs.values()):
        placed = draw.stops_of(one.id)
        needed = {skill: random.randrange(1, 4) for skill in SKILLS if draw.chance(3)}
        for skill, level in needed.items():
            best = skills[random.choice(placed)[0].id]
            best[skill] = max(best.get(skill, 0), level + random.randrange(2))
        tools = frozenset(tool for tool in TOOLS if draw.chance(4))
        for tool in tools:
            draft, at_job = random.choice(placed)
            if not _borrow(draft, at_job, tool):
                own_tools[draft.id].add(tool)
        territory = random.choice((None, "harbour"))
        if territory:
            for draft, _ in placed:
                territories[draft.id].add(territory)
        names = frozenset(draft.technician for draft, _ in placed)
        draw.jobs[one.id] = replace(
            one,
            skills=needed,
            tools=tools,
            territory=territory,
            windows=_windows(draw, placed[0][1].start_s),
            required_technicians=names if draw.chance(3) else frozenset(),
            preferred_technicians=frozenset({"ann"}) if draw.chance(3) else frozenset(),
            excluded_technicians=frozenset({"dan"}) if draw.chance(3) else frozenset(),
            due_s=placed[0][1].start_s + random.randrange(-900, 900) if draw.chance(2) else None,
            lateness_cents_per_minute=random.randrange(100),
        )
    for draft in draw.drafts:
        draft.fields |= {
            "skills": skills[draft.id],
            "tools": frozenset(own_tools[draft.id]),
            "territories": random.choice((None, frozenset(territories[draft.id]))),
        }


def _borrow(draft: Draft, at_job: Stop, tool: str) -> bool:
    """Take the tool at a warehouse before the job, if the route has such a stop."""
    for index, one in enumerate(draft.stops[: draft.stops.index(at_job)]):
        if one.kind is StopKind.WAREHOUSE:
            draft.stops[index] = replace(one, tools=one.tools | {tool})
            return True
    return False


def _windows(draw: Draw, start: int) -> tuple[Window, ...]:
    before, after = draw.random.randrange(2) * 600, draw.random.randrange(2) * 600
    right = Window(start - before, start + after)
    return draw.random.choice(((), (right,), (Window(at(1), at(2)), right)))


def _order(draw: Draw) -> None:
    """Predecessors that the times allow, and locks."""
    for one in list(draw.jobs.values()):
        start = draw.stops_of(one.id)[0][1].start_s
        ends = {other: draw.stops_of(other)[0][1].end_s for other in draw.jobs if other != one.id}
        firsts = [
            Predecessor(other, draw.random.choice((0, start - end)))
            for other, end in ends.items()
            if end <= start and draw.chance(4)
        ]
        lock = draw.random.choice(
            (
                None,
                None,
                Lock(shifts=tuple(draft.id for draft, _ in draw.stops_of(one.id))),
                Lock(start_s=start),
                Lock(start_range=Window(start, start + 60)),
            )
        )
        draw.jobs[one.id] = replace(one, predecessors=tuple(firsts), lock=lock)


def _sequences(draw: Draw) -> list[tuple[str, ...]]:
    """The order of one route, now and then."""
    orders = [tuple(one.id for one in draft.stops if one.kind is StopKind.JOB) for draft in draw.drafts]
    return [order for order in orders if len(order) > 1 and draw.chance(3)]


def _supply(draw: Draw) -> tuple[dict[str, dict[str, int]], tuple[Warehouse, ...]]:
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


def _freeze(draw: Draw) -> int | None:
    """A freeze that the plan respects, and where the published plan has the jobs."""
    freeze = draw.random.choice((None, at(9), at(11, day=draw.random.randrange(2))))
    for one in list(draw.jobs.values()):
        placed = draw.stops_of(one.id)
        start, where = placed[0][1].start_s, tuple(draft.id for draft, _ in placed)
        previous = Previous(where, start, draw.chance(2))
        if freeze is None or start >= freeze:
            moved = max(freeze or 0, start + draw.random.randrange(-7_200, 7_200))
            elsewhere = (draw.random.choice(draw.drafts).id,) if len(where) == 1 else where
            previous = draw.random.choice((None, replace(previous, shifts=elsewhere, start_s=moved)))
        draw.jobs[one.id] = replace(one, previous=previous)
    return freeze


def _shift(draw: Draw, draft: Draft) -> VehicleShift:
    random = draw.random
    jobs = sum(one.kind is StopKind.JOB for one in draft.stops)
    pickups = sum(one.kind is StopKind.WAREHOUSE for one in draft.stops)
    latest_end = max(draft.departure, draft.returned - random.choice((0, random.randrange(1, 600))))
    last_break = max((one.window.end + one.duration_s for one in draft.breaks), default=0)
    return shift(
        draft.technician,
        draft.day,
        earliest_start=min([draft.departure, *(one.window.start for one in draft.breaks)]),
        latest_end=latest_end,
        overtime_limit_s=max(draft.returned, last_break) - latest_end,
        overtime_cents_per_hour=random.randrange(5_000),
        breaks=tuple(draft.breaks),
        cost_cents_per_hour=random.randrange(5_000),
        cost_cents_per_km=random.randrange(100),
        fixed_cost_cents=random.randrange(10_000),
        max_jobs=random.choice((None, jobs)),
        max_pickups=pickups,
        load_target_s=random.choice((None, random.randrange(14_400))),
        **draft.fields,
    )
