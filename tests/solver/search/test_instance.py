"""The array form of a problem says what the problem says."""

from random import Random

import numpy as np
import pytest

from bench.random_days.feasible import feasible_day
from solver.eligibility import barriers, start_windows
from solver.search.eligible import allowed_pairs
from solver.search.instance import FAR, UNLIMITED
from solver.search.reading import instance_of
from tests.solver.builders import DEPOT, ISLAND, NORTH, job, problem, shift, warehouse


@pytest.mark.parametrize("seed", range(30))
def test_pairs_are_allowed_that_no_rule_bars(seed: int) -> None:
    day, _ = feasible_day(Random(seed))
    expected = [
        [job.id not in day.committed_jobs and not barriers(day, job, shift) for shift in day.shifts] for job in day.jobs
    ]
    assert allowed_pairs(day).tolist() == expected


@pytest.mark.parametrize("seed", range(30))
def test_every_job_has_its_windows_durations_and_links(seed: int) -> None:
    day, _ = feasible_day(Random(seed))
    instance = instance_of(day)
    for index, one in enumerate(day.jobs):
        node = instance.nodes[index]
        if one.id not in day.committed_jobs:
            own = instance.windows[node["first_window"] : node["last_window"]].tolist()
            assert own == [[window.start, window.end] for window in start_windows(day, one)]
            numbers = {each.id: number for number, each in enumerate(day.jobs)}
            firsts = instance.predecessors[node["first_predecessor"] : node["last_predecessor"]].tolist()
            assert firsts == [[numbers[first.job], first.lag_s] for first in one.predecessors]
        assert instance.service_s[index].tolist() == [one.service_on(shift) for shift in day.shifts]


def test_no_road_is_far_and_staying_is_near() -> None:
    instance = instance_of(problem((job(location=ISLAND),), (shift(),)))
    assert instance.travel_s[0, NORTH, ISLAND] == FAR
    assert np.diagonal(instance.travel_s[0]).tolist() == [0] * 6


def test_stock_without_limit_is_known_as_such() -> None:
    depot = warehouse(location=DEPOT, stock={"seal": None})
    instance = instance_of(problem((job(parts={"seal": 1}),), (shift(),), warehouses=(depot,)))
    assert instance.stock_row.tolist() == [[UNLIMITED]]
