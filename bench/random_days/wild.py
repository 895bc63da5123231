"""Days with every rule of the problem at once, and with room in which a search can go wrong.

A feasible day is drawn first. Then come what it lacks (service by level, declined and excluded technicians who are
there, locks of several kinds together, crews that have begun, other vehicles and missing roads, shifts without a
route) and slack, so that its plan is one of many; then jobs that its plan leaves out. The plan keeps every rule.
"""

from dataclasses import replace
from random import Random

import numpy as np

from bench.random_days.demands import SKILLS, TOOLS
from bench.random_days.drawing import TOWN
from bench.random_days.feasible import feasible_day
from bench.random_days.growing import Growing
from bench.random_days.open_jobs import add_open_jobs
from bench.random_days.supplies import PARTS
from bench.random_days.town import at, left_out, shift
from solver.itinerary import Itinerary
from solver.plan import Plan, StopKind
from solver.problem import Break, CommittedStop, Lock, Problem, Profile, Receipt, Window
from solver.units import DAY_S

_FEW, _MANY = ("ann", "bob", "eve"), ("ann", "bob", "eve", "fay", "gus", "hal")
_DAYS = 3
"""One more than the routes begin on, for those that go on past midnight."""


def wild_day(random: Random) -> tuple[Problem, Plan]:
    """A problem and a plan for it without any violation, the same for the same random numbers."""
    is_large = random.randrange(4) == 0
    day = Growing(random, *feasible_day(random, _MANY if is_large else _FEW, 7 if is_large else 4))
    for change in (_vary_service, _refuse, _begin_crews, _hold, _free, _change_roads, _give_room, _stock_up, _spare):
        change(day)
    added = add_open_jobs(day)
    return day.problem(horizon_s=_DAYS * DAY_S), replace(day.plan, unplanned=(*day.plan.unplanned, *left_out(*added)))


def _vary_service(day: Growing) -> None:
    """Those who know more are quicker, others slower; whoever does the job in the plan takes as long as before."""
    for job, placed in day.stops.items():
        one = day.jobs[job]
        if not one.skills or day.chance(2):
            continue
        least = min(min(day.shifts[name].skills.get(skill, 0) for skill in one.skills) for name, _ in placed)
        quicker = (least + 1, one.service_s // 2)
        if least == 0:  # of a crew, a member who lacks a skill stays for what the job lasts without levels
            day.change_job(job, service_s_by_level=(quicker,))
        else:
            slower = one.service_s + day.random.randrange(3_600)
            day.change_job(job, service_s=slower, service_s_by_level=((least, one.service_s), quicker))


def _refuse(day: Growing) -> None:
    """Technicians who declined a job, or may not come; not those who do it in the plan."""
    for job, placed in day.stops.items():
        here = {day.shifts[name].technician for name, _ in placed}
        others = sorted(set(day.technicians) - here)
        if day.chance(3):
            day.change_job(job, declined_by=frozenset(day.some(others)))
        if day.chance(3):
            day.change_job(job, excluded_technicians=frozenset(day.some(others)))


def _begin_crews(day: Growing) -> None:
    """A crew may have begun, with all that comes before it, where nobody has fetched anything.

    What has begun uses no stock, and what is loaded must be used.
    """
    owner = {name: one.technician for name, one in day.shifts.items()}
    stops = {route.shift: [one for one in route.stops if one.kind is not StopKind.BREAK] for route in day.plan.routes}
    fetchers = {owner[name] for name, own in stops.items() if any(one.kind is StopKind.WAREHOUSE for one in own)}
    for job, placed in day.stops.items():
        if len(placed) < 2 or fetchers.intersection(owner[name] for name, _ in placed) or day.chance(2):
            continue
        stated = day.chance(2)
        for name, _ in placed:
            until = [one.id for one in stops[name]].index(job)
            begun = [CommittedStop(one.id, one.start_s) for one in stops[name][: until + 1]]
            if not stated:
                begun[-1] = CommittedStop(job)
            day.change_shift(name, committed=tuple(begun))


def _hold(day: Growing) -> None:
    """Locks of two and three kinds at once."""
    for job, placed in day.open_stops.items():
        if day.chance(5):
            start, wide = placed[0][1].start_s, day.random.randrange(3_600)
            lock = Lock(
                shifts=tuple(name for name, _ in placed) if day.chance(2) else (),
                start_s=start if day.chance(2) else None,
                start_range=Window(start - wide, start + wide) if day.chance(2) else None,
            )
            day.change_job(job, lock=lock)


def _free(day: Growing) -> None:
    """Jobs that may start at other times, and stand elsewhere."""
    for job, placed in day.open_stops.items():
        if day.chance(2):
            day.change_job(job, lock=None)
        if day.chance(2):
            start, wide = placed[0][1].start_s, day.random.randrange(14_400)
            other = start + day.random.randrange(-36_000, 36_000)
            windows = (Window(start - wide, start + wide), Window(other, other + 1_800))
            day.change_job(job, windows=windows[: day.random.randrange(3)])


def _change_roads(day: Growing) -> None:
    """Another vehicle for some: quicker, slower, or without a road wherever their plan does not drive."""
    if day.chance(2):
        return
    movers = [name for name in day.shifts if day.chance(2)]
    seconds, metres = (np.array(cells) for cells in (day.profiles["car"].seconds, day.profiles["car"].metres))
    itinerary = Itinerary(day.problem(), day.plan)
    kept = {
        (leg.origin, leg.destination)
        for one, route in itinerary.routes
        if one.id in movers
        for leg in itinerary.legs(one, route)
    } | {
        (day.jobs[begun.job].location, day.shifts[name].end_location)
        for name in movers
        for begun in day.shifts[name].committed
    }
    for cell in np.ndindex(seconds.shape):
        if cell not in kept and cell[0] != cell[1] and day.chance(2):
            has_road = day.random.randrange(5) > 0
            seconds[cell] = day.random.randrange(1, 3_000) if has_road else -1
            metres[cell] = day.random.randrange(1, 20_000) if has_road else -1
    day.profiles["van"] = Profile(seconds, metres)
    for name in movers:
        day.change_shift(name, profile="van")


def _give_room(day: Growing) -> None:
    """Longer shifts with more jobs and stops at warehouses, wider breaks."""
    for name, one in list(day.shifts.items()):
        if day.chance(2):
            day.change_shift(
                name,
                earliest_start=one.earliest_start - day.random.randrange(1_800, 7_200),
                latest_end=one.latest_end + day.random.randrange(10_800),
                max_jobs=None if one.max_jobs is None else one.max_jobs + day.random.randrange(4),
                max_pickups=one.max_pickups + day.random.randrange(3),
                breaks=tuple(_wider(day, rest) for rest in one.breaks),
            )


def _wider(day: Growing, rest: Break) -> Break:
    """A break that may start earlier as well, in the time that the shift has been given; later, it need not fit."""
    return replace(rest, window=Window(rest.window.start - day.random.randrange(1_800), rest.window.end))


def _stock_up(day: Growing) -> None:
    """Units beyond what the plan needs: on vans, and in warehouses from some second on; more hours, more tools."""
    for name, one in list(day.technicians.items()):
        stock = {part: one.van_stock.get(part, 0) + day.random.randrange(3) for part in PARTS if day.chance(2)}
        day.technicians[name] = replace(one, van_stock={**one.van_stock, **stock})
    for name, house in list(day.warehouses.items()):
        more = dict(house.stock)
        for part in day.some(PARTS):
            known = more.get(part, ())
            if known is not None:
                receipt = Receipt(day.random.randrange(2) * at(day.random.randrange(48)), day.random.randrange(1, 4))
                more[part] = None if day.chance(6) else (*known, receipt)
        begin = at(day.random.randrange(6, 16), day=day.random.randrange(2))
        hours = (*house.windows, Window(begin, begin + 7_200)) if house.windows else ()
        tools = house.tools.union(day.some(TOOLS))
        day.warehouses[name] = replace(house, stock=more, windows=hours, tools=tools)


def _spare(day: Growing) -> None:
    """Shifts that the plan does not use, of somebody whom many jobs exclude."""
    random = day.random
    for number in range(random.randrange(3)):
        begin, end = at(random.randrange(6, 10), day=number), at(random.randrange(13, 19), day=number)
        rest = Window(begin + 7_200, begin + 7_200 + random.randrange(5_400))
        breaks = (Break("lunch", random.randrange(1_800), rest, day.chance(2)),)
        one = shift(
            "dan",
            number,
            earliest_start=begin,
            latest_end=end,
            overtime_limit_s=random.choice((0, 3_600)),
            overtime_cents_per_hour=random.randrange(5_000),
            start_location=random.choice(TOWN),
            end_location=random.choice(TOWN),
            breaks=random.choice(((), breaks)),
            skills={skill: random.randrange(1, 5) for skill in day.some(SKILLS)},
            tools=frozenset(day.some(TOOLS)),
            territories=random.choice((None, frozenset(), frozenset({"harbour"}))),
            cost_cents_per_hour=random.randrange(5_000),
            fixed_cost_cents=random.randrange(10_000),
            max_jobs=random.choice((None, random.randrange(4))),
            max_pickups=random.randrange(3),
            load_target_s=random.choice((None, random.randrange(14_400))),
            profile=random.choice(list(day.profiles)),
        )
        day.shifts[one.id] = one
