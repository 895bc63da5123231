"""Large matrices are lent to the child, small problems travel whole; either way the child sees the same problem."""

from multiprocessing import get_context
from multiprocessing.connection import Connection

import numpy as np
import pytest

from solver.engines.lending import Borrowed, lent, problem_of
from solver.problem import Location, Problem, Profile
from tests.solver.builders import NORTH, job, problem, shift


def wide(places: int) -> Problem:
    cells = np.arange(places * places, dtype=np.int32).reshape(places, places) % 5_000
    locations = tuple(Location(f"place-{number}") for number in range(places))
    return Problem("wide", 86_400, locations, {"car": Profile(cells, cells * 2)})


def read_in_child(connection: Connection, loan: Borrowed) -> None:
    found = problem_of(loan)
    car = found.profiles["car"]
    connection.send((found.id, len(found.jobs), int(car.seconds.sum()), int(car.metres[-1, -1])))


@pytest.mark.parametrize("day", [wide(600), wide(3), problem((job("one", NORTH),), (shift("ann"),))])
def test_a_child_reads_what_it_was_lent(day: Problem) -> None:
    context = get_context("forkserver")
    ours, theirs = context.Pipe()
    with lent(day) as loan:
        child = context.Process(target=read_in_child, args=(theirs, loan))
        child.start()
    told = ours.recv()
    child.join()
    car = day.profiles["car"]
    assert told == (day.id, len(day.jobs), int(car.seconds.sum()), int(car.metres[-1, -1]))
    assert child.exitcode == 0


def test_only_large_matrices_are_lent() -> None:
    with lent(wide(600)) as loan:
        assert loan.lent_bytes == 2 * 600 * 600 * 4
    with lent(wide(3)) as loan:
        assert loan.lent_bytes == 0
