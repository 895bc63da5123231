"""Jobs that the plan of a random day leaves out: each asks for a few things, many can be had, some can't."""

from collections.abc import Callable
from typing import Any

from bench.random_days.demands import SKILLS, TOOLS
from bench.random_days.drawing import TOWN
from bench.random_days.growing import Growing
from bench.random_days.supplies import PARTS
from bench.random_days.town import ISLAND, at, job
from solver.problem import Earmark, Job, Lock, Predecessor, Previous, Window
from solver.units import Seconds

_MOST = 8


def add_open_jobs(day: Growing) -> list[Job]:
    """Put up to eight more jobs into the day, and now and then a sequence over them and others."""
    added = []
    for number in range(day.random.randrange(_MOST + 1)):
        demands = dict[str, Any]()
        for demand in day.random.sample(_DEMANDS, day.random.randrange(4)):
            demands |= demand(day, demands)
        one = job(
            f"open {number}",
            ISLAND if day.chance(25) else day.random.choice(TOWN),
            0 if day.chance(8) else day.random.randrange(5_400),
            unplanned_penalty_cents=day.random.randrange(200_000),
            **demands,
        )
        day.jobs[one.id] = one
        added.append(one)
    if added and day.chance(4):
        planned = day.random.sample(sorted(day.stops), min(len(day.stops), day.random.randrange(2)))
        order = [*planned, *(one.id for one in day.some(added)[:3])]
        if len(order) > 1:
            day.sequences.append(tuple(order))
    return added


def _second(day: Growing) -> Seconds:
    return at(day.random.randrange(7, 17), day.random.randrange(60), day=day.random.randrange(2))


def _skills(day: Growing, _: dict[str, Any]) -> dict[str, Any]:
    """Levels that somebody has, or one above."""
    needed = {skill: day.random.randrange(1, 4) for skill in SKILLS if day.chance(2)}
    levels = ((2, day.random.randrange(3_600)), (4, day.random.randrange(1_800)))
    return {"skills": needed, "service_s_by_level": levels if day.chance(2) else ()}


def _tools(day: Growing, _: dict[str, Any]) -> dict[str, Any]:
    return {"tools": frozenset(day.some(TOOLS))}


def _territory(day: Growing, _: dict[str, Any]) -> dict[str, Any]:
    return {"territory": day.random.choice(("harbour", "harbour", "hills"))}


def _lists(day: Growing, _: dict[str, Any]) -> dict[str, Any]:
    """Some of the technicians on each list, which may well contradict each other."""
    names = sorted(day.technicians)
    lists = ("required_technicians", "preferred_technicians", "excluded_technicians", "declined_by")
    return {name: frozenset(day.some(names)) for name in lists if day.chance(2)}


def _windows(day: Growing, _: dict[str, Any]) -> dict[str, Any]:
    """One to three, which may overlap."""
    starts = [_second(day) for _ in range(day.random.randrange(1, 4))]
    return {"windows": tuple(Window(start, start + day.random.randrange(10_800)) for start in starts)}


def _due(day: Growing, _: dict[str, Any]) -> dict[str, Any]:
    return {"due_s": _second(day), "lateness_cents_per_minute": day.random.randrange(200)}


def _parts(day: Growing, _: dict[str, Any]) -> dict[str, Any]:
    """Parts, some of them held for the job on a van or at a warehouse, now and then more than it needs."""
    parts = {part: day.random.randrange(1, 4) for part in PARTS if day.chance(2)}
    earmarks = []
    for part, quantity in parts.items():
        held = day.random.randrange(quantity + 2)
        if held and day.chance(3):
            earmarks.append(Earmark(part, held, technician=day.random.choice(sorted(day.technicians))))
        elif held and day.chance(2):
            earmarks.append(Earmark(part, held, warehouse=day.random.choice(sorted(day.warehouses))))
    return {"parts": parts, "earmarks": tuple(earmarks)}


def _crew(day: Growing, others: dict[str, Any]) -> dict[str, Any]:
    """Two or three at once; a lock or a plan before that names its shifts comes after, and names as many."""
    return {} if "lock" in others or "previous" in others else {"crew_size": 3 if day.chance(3) else 2}


def _firsts(day: Growing, _: dict[str, Any]) -> dict[str, Any]:
    """Predecessors among the jobs there are, planned or not, so that no two wait for each other."""
    firsts = day.random.sample(list(day.jobs), min(len(day.jobs), day.random.randrange(1, 3)))
    return {"predecessors": tuple(Predecessor(first, day.random.choice((0, 600, 7_200))) for first in firsts)}


def _members(day: Growing, others: dict[str, Any]) -> tuple[str, ...]:
    """Shifts of as many technicians as the job needs; none where there are too few."""
    own: dict[str, list[str]] = {}
    for name, shift in day.shifts.items():
        own.setdefault(shift.technician, []).append(name)
    count = int(others.get("crew_size", 1))
    chosen = day.random.sample(sorted(own), count) if count <= len(own) else []
    return tuple(day.random.choice(own[technician]) for technician in chosen)


def _lock(day: Growing, others: dict[str, Any]) -> dict[str, Any]:
    """One to two kinds; not technician and second together, since two of these could not both hold."""
    start = _second(day)
    around = Window(start, start + day.random.randrange(7_200))
    if day.chance(3):
        return {"lock": Lock(start_s=start, start_range=around if day.chance(2) else None)}
    members = _members(day, others) if day.chance(2) else ()
    return {"lock": Lock(shifts=members, start_range=around if not members or day.chance(2) else None)}


def _previous(day: Growing, others: dict[str, Any]) -> dict[str, Any]:
    """Where it stood before today's plan; where that is before the freeze, it may only stand there."""
    members = _members(day, others)
    return {"previous": Previous(members, _second(day), day.chance(2))} if members else {}


_DEMANDS: list[Callable[[Growing, dict[str, Any]], dict[str, Any]]] = [
    _skills,
    _tools,
    _territory,
    _lists,
    _windows,
    _due,
    _parts,
    _crew,
    _firsts,
    _lock,
    _previous,
]
