"""A day begun where no road leads on is refused, not searched."""

import pytest

from solver.problem import CommittedStop
from solver.validate import problem_object_faults
from tests.solver.builders import HOME, ISLAND, NORTH, at, job, problem, shift


@pytest.mark.parametrize(
    ("location", "start_s", "end_location", "pointers"),
    [
        (ISLAND, at(8, 10), HOME, ["/shifts/0/committed"]),
        (ISLAND, None, HOME, ["/shifts/0/committed/0", "/shifts/0/committed"]),
        (ISLAND, None, ISLAND, ["/shifts/0/committed/0"]),
        (ISLAND, at(8, 10), ISLAND, []),
        (NORTH, None, HOME, []),
    ],
)
def test_committed_jobs_need_a_road_home(
    location: int, start_s: int | None, end_location: int, pointers: list[str]
) -> None:
    ann = shift(committed=(CommittedStop("job", start_s),), end_location=end_location)
    faults = problem_object_faults(problem((job(location=location),), (ann,)))
    assert [(fault.code, fault.pointer) for fault in faults] == [("NO_ROAD_HOME", pointer) for pointer in pointers]
