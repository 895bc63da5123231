"""Random problems together with a plan that keeps every rule by construction.

Routes come first, with their times; windows, skills, stock and everything else is then put around them. Van stock
and limited receipts hold exactly what the plan uses, so that a unit more or less shows.
"""

from dataclasses import replace
from random import Random

from bench.random_days.demands import freeze_around, order, require, sequences_of
from bench.random_days.drawing import TOWN, Draft, Draw
from bench.random_days.supplies import WAREHOUSES, supply
from bench.random_days.town import at, drive_s, left_out, pickup, plan, problem, rest, shift, stop
from solver.params import Weights
from solver.plan import Plan, Route, Stop, StopKind
from solver.problem import Break, CommittedStop, Problem, VehicleShift, Window


def feasible_day(
    random: Random, technicians: tuple[str, ...] = ("ann", "bob", "eve"), most_stops: int = 4
) -> tuple[Problem, Plan]:
    """A problem and a plan for it without any violation: some of these technicians, so many stops a route at most."""
    draw = Draw(random)
    for technician in technicians[: random.randrange(1, len(technicians) + 1)]:
        for day in random.choice(((0,), (1,), (0, 1))):
            draw.drafts.append(_drive(draw, technician, day, most_stops))
    _meet_as_crew(draw)
    for draft in draw.drafts:
        _go_home(draw, draft)
    require(draw)
    order(draw)
    van_stock, warehouses = supply(draw)
    freeze = freeze_around(draw)
    undone = [draw.new_job(parts={"seal": 5}, skills={"gas": 9}) for _ in range(random.randrange(3))]
    shifts = [_shift(draw, draft) for draft in draw.drafts]
    judged = problem(
        tuple(draw.jobs.values()),
        tuple(shifts),
        van_stock={"dan": {}, **van_stock},
        warehouses=warehouses,
        weights=Weights(*(random.randrange(5_000) for _ in range(7))),
        freeze_until_s=freeze,
        sequences=tuple(sequences_of(draw)),
    )
    routes = [Route(draft.id, draft.departure, draft.returned, tuple(draft.stops)) for draft in draw.drafts]
    random.shuffle(routes)
    return judged, plan(*routes, unplanned=left_out(*undone))


def _drive(draw: Draw, technician: str, day: int, most_stops: int) -> Draft:
    random = draw.random
    start = random.choice(TOWN)
    departure = at(8, day=day) + random.randrange(3_600)
    draft = Draft(technician, day, start, departure, departure, fields={"start_location": start})
    if draw.chance(4):
        _take_break(draw, draft, off_duty=True)
    for _ in range(random.randrange(1, most_stops + 1)):
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
