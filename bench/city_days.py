"""City days made from a seed: plain enough that every peer can express them with one objective.

Cost = seconds driven + penalties of jobs left out, and nothing else: one cent is one second of travel. No parts, no
tools, no levels of skills, no breaks, no paid time; every shift starts and ends at the technician's home.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from solver.params import Weights
from solver.problem import Job, Location, Problem, Profile, Technician, VehicleShift, Window
from solver.units import DAY_S, Cents, Seconds

Site = tuple[float, float]
SIDE_M = 30_000
SHIFT = Window(8 * 3_600, 16 * 3_600)
PENALTIES: dict[str, Cents] = {"low": 3_600, "middle": 7_200, "high": 14_400}
"""One to four hours of driving."""

_M_PER_S = 30 / 3.6
_DETOUR = 1.3
_UPHILL = 0.05
"""The city rises to the north: that much longer per metre made good. A direction keeps the triangle inequality."""
_ORIGIN = (48.2, 16.3)
_SKILLS = tuple(f"skill-{letter}" for letter in "abcdefgh")
_MOST_TRADES = 20
"""A trade is a set of 2 to 5 skills. A large firm has more technicians than trades."""


def city_day(
    jobs: int, shifts: int, seed: int, tightness: float = 1.0, cities: int = 1, others: Sequence[Site] = ()
) -> Problem:
    """A day of jobs in a city of 30 by 30 km, the same for the same arguments.

    Half of the sites lie in clusters. Every job can be done by somebody alone; half of them must begin within 2 to
    4 hours, the others at any time of the shift. `tightness` multiplies service times, and so the work per shift.
    `cities`: a square as large as so many cities together, with as many centres. `others`: sites in metres east and
    north of the corner, which become the last locations.
    """
    dice = random.Random(f"{jobs}-{shifts}-{seed}")
    skills = _skill_sets(dice, shifts)
    land = _Land(dice, SIDE_M * math.sqrt(cities))
    homes = [land.anywhere() for _ in range(shifts)]
    sites = [*homes, *_job_sites(dice, land, jobs, cities), *others]
    return Problem(
        id=f"city-{jobs}-{shifts}-{seed}" + (f"-x{tightness:g}" if tightness != 1 else ""),
        horizon_s=DAY_S,
        locations=tuple(_location(index, site) for index, site in enumerate(sites)),
        profiles={"car": _profile(sites)},
        technicians=tuple(Technician(f"tech-{index}") for index in range(shifts)),
        shifts=tuple(_shift(index, own) for index, own in enumerate(skills)),
        jobs=tuple(_job(dice, index, shifts + index, dice.choice(skills), tightness) for index in range(jobs)),
        weights=Weights(
            travel_cents_per_hour=3_600,
            non_preferred_cents=0,
            over_qualification_cents=0,
            disruption_change_cents=0,
            disruption_cents_per_minute=0,
        ),
    )


def _skill_sets(dice: random.Random, shifts: int) -> list[tuple[str, ...]]:
    trades = [tuple(sorted(dice.sample(_SKILLS, dice.randint(2, 5)))) for _ in range(min(shifts, _MOST_TRADES))]
    return trades + [dice.choice(trades) for _ in range(shifts - len(trades))]


def _job_sites(dice: random.Random, land: "_Land", jobs: int, cities: int) -> list[Site]:
    centres = [land.anywhere() for _ in range(cities * max(3, round(math.sqrt(jobs / cities) / 2)))]
    return [land.near(dice.choice(centres)) if dice.random() < 0.5 else land.anywhere() for _ in range(jobs)]


@dataclass(frozen=True, slots=True)
class _Land:
    """A square in which sites are drawn."""

    dice: random.Random
    side_m: float

    def anywhere(self) -> Site:
        return self.dice.uniform(0, self.side_m), self.dice.uniform(0, self.side_m)

    def near(self, centre: Site) -> Site:
        x, y = (min(max(middle + self.dice.gauss(0, SIDE_M / 12), 0), self.side_m) for middle in centre)
        return x, y


def _location(index: int, site: Site) -> Location:
    """A place with degrees, for maps only; what counts is in the matrix."""
    latitude = _ORIGIN[0] + site[1] / 111_200
    longitude = _ORIGIN[1] + site[0] / (111_200 * math.cos(math.radians(_ORIGIN[0])))
    return Location(f"place-{index}", "", round(latitude, 6), round(longitude, 6))


def _profile(sites: list[Site]) -> Profile:
    """Travel on streets; rounded up, which keeps the triangle inequality too."""
    x, y = np.array(sites).T
    metres = np.empty((len(sites), len(sites)), np.int32)
    seconds = np.empty_like(metres)
    for row, (here_x, here_y) in enumerate(sites):
        exact = np.hypot(here_x - x, here_y - y) * _DETOUR + np.maximum(0, y - here_y) * _UPHILL
        metres[row] = np.ceil(exact.round(6))
        seconds[row] = np.ceil((exact / _M_PER_S).round(6))
    return Profile(seconds, metres)


def _shift(index: int, skills: tuple[str, ...]) -> VehicleShift:
    return VehicleShift(
        id=f"shift-{index}",
        technician=f"tech-{index}",
        day=0,
        earliest_start=SHIFT.start,
        latest_end=SHIFT.end,
        start_location=index,
        end_location=index,
        skills=dict.fromkeys(skills, 1),
    )


def _job(dice: random.Random, index: int, location: int, known: tuple[str, ...], tightness: float) -> Job:
    """A job for one who has the skills `known`: it needs one of them, one job in five needs two."""
    priority = dice.choices(tuple(PENALTIES), (5, 3, 2))[0]
    minutes = dice.randrange(30, 61, 5)
    return Job(
        id=f"job-{index}",
        location=location,
        service_s=round(minutes * 60 * tightness),
        windows=(_window(dice),),
        skills=dict.fromkeys(dice.sample(known, 2 if dice.random() < 0.2 else 1), 1),
        unplanned_penalty_cents=PENALTIES[priority],
        priority=priority,
    )


def _window(dice: random.Random) -> Window:
    """When service may begin; two hours before the end of the shift at the latest for those who were promised one."""
    if dice.random() < 0.5:
        return SHIFT
    width: Seconds = 1_800 * dice.randint(4, 8)
    start: Seconds = SHIFT.start + 1_800 * dice.randint(0, (SHIFT.end - SHIFT.start - width) // 1_800)
    return Window(start, start + width)
