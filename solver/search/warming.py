"""Compile every kernel once, by using each on a problem of one job: at install and when a worker starts."""

from typing import Any

import numpy as np

from solver.problem import Job, Location, Problem, Profile, Technician, VehicleShift
from solver.search.bench import Bench, Tours
from solver.search.cache import is_warm, mark_warm
from solver.search.part import Stretch, search_part
from solver.search.reading import instance_of
from solver.search.writing import Names


def warm() -> bool:
    """Make sure that no later solve waits for a compiler; whether there was anything to do (a minute or two)."""
    if is_warm():
        return False
    problem = _least_problem()
    instance = instance_of(problem)
    search_part(instance, Tours(), Stretch(1, 0.0, 1, 1.0, 1.0, 1))
    bench = Bench(instance, 1)
    bench.lay(Tours({0: (0,)}))
    Names(problem).plan(instance, bench.state, bench.work)
    mark_warm()
    return True


def _least_problem() -> Problem:
    cells: Any = np.array([[0, 60], [60, 0]], np.int32)
    shift = VehicleShift("s", "t", 0, 0, 3_600, 0, 0)
    return Problem(
        "warming",
        86_400,
        (Location("home"), Location("site")),
        {"car": Profile(cells, cells.copy())},
        (Technician("t"),),
        (shift,),
        (Job("j", 1, 60),),
    )
