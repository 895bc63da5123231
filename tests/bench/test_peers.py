import argparse
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench import peers, rivals
from bench.city_days import PENALTIES, SHIFT, city_day
from bench.rivals import Entry, base, lanes
from bench.rivals.judge import plan_of
from solver.check import violations
from solver.problem import Problem
from solver.score import score
from solver.validate import problem_object_faults


@pytest.fixture(scope="module")
def day() -> Problem:
    return city_day(60, 8, seed=1)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser("peers")
    peers.add_command(parser)
    return parser.parse_args(["--engine", "routing", "--no-save", *arguments])


def test_a_day_is_made_from_its_arguments_alone(day: Problem) -> None:
    again, other = city_day(60, 8, seed=1), city_day(60, 8, seed=2)
    assert (again.jobs, again.shifts, again.locations) == (day.jobs, day.shifts, day.locations)
    assert np.array_equal(again.profiles["car"].seconds, day.profiles["car"].seconds)
    assert other.jobs != day.jobs
    assert other.id != day.id


def test_a_day_is_valid_and_every_job_has_somebody(day: Problem) -> None:
    assert problem_object_faults(day) == []
    assert all(2 <= len(shift.skills) <= 5 for shift in day.shifts)
    assert all(any(base.may_do(shift, job) for shift in day.shifts) for job in day.jobs)
    assert {job.unplanned_penalty_cents for job in day.jobs} == set(PENALTIES.values())


def test_half_of_the_jobs_have_a_window_of_two_to_four_hours_within_the_shift() -> None:
    windows = [job.windows[0] for job in city_day(1_000, 130, seed=3).jobs]
    narrow = [window for window in windows if window != SHIFT]
    assert 450 < len(narrow) < 550
    assert all(7_200 <= window.end - window.start <= 14_400 for window in narrow)
    assert all(SHIFT.start <= window.start and window.end <= SHIFT.end for window in narrow)


def test_no_detour_is_a_short_cut(day: Problem) -> None:
    seconds = day.profiles["car"].seconds
    over_a_third = seconds[:, :, None] + seconds[None, :, :]
    assert (seconds[:, None, :] <= over_a_third).all()
    assert (np.diag(seconds) == 0).all()
    assert not np.array_equal(seconds, seconds.T)


def test_tightness_multiplies_the_work_and_nothing_else(day: Problem) -> None:
    tight = city_day(60, 8, seed=1, tightness=1.5)
    assert [job.service_s for job in tight.jobs] == [job.service_s * 3 // 2 for job in day.jobs]
    assert [job.windows for job in tight.jobs] == [job.windows for job in day.jobs]
    assert tight.id != day.id


def feasible_pair(day: Problem) -> tuple[str, list[str]]:
    """A shift and two of its jobs that fit in this order."""
    for shift in day.shifts:
        own = [job.id for job in day.jobs if base.may_do(shift, job)]
        for first in own:
            for second in own:
                plan, dropped = plan_of(day, {shift.id: [first, second]})
                if first != second and not dropped and len(plan.routes[0].jobs) == 2:
                    return shift.id, [first, second]
    raise AssertionError


def test_orders_become_a_plan_whose_cost_is_travel_and_penalties(day: Problem) -> None:
    shift_id, jobs = feasible_pair(day)
    plan, dropped = plan_of(day, {shift_id: jobs})
    home = day.shift_by_id[shift_id].start_location
    places = [home, *(day.job_by_id[job].location for job in jobs), home]
    travel = sum(int(day.profiles["car"].seconds[leg]) for leg in pairwise(places))
    left_out = sum(job.unplanned_penalty_cents for job in day.jobs if job.id not in jobs)
    assert (plan.routes[0].jobs, dropped, violations(day, plan)) == (tuple(jobs), 0, ())
    assert score(day, plan).total_cents == travel + left_out


def test_a_job_named_twice_counts_once(day: Problem) -> None:
    shift_id, jobs = feasible_pair(day)
    other = next(shift.id for shift in day.shifts if shift.id != shift_id)
    plan, dropped = plan_of(day, {shift_id: [*jobs, jobs[0]], other: jobs})
    assert ([route.jobs for route in plan.routes], dropped) == ([tuple(jobs)], 3)


def test_a_job_beyond_the_skills_is_dropped(day: Problem) -> None:
    shift_id, jobs = feasible_pair(day)
    beyond = next(job.id for job in day.jobs if not base.may_do(day.shift_by_id[shift_id], job))
    plan, dropped = plan_of(day, {shift_id: [beyond, *jobs]})
    assert (plan.routes[0].jobs, dropped) == (tuple(jobs), 1)


def test_what_the_timing_refuses_is_dropped_and_the_rest_stays(day: Problem) -> None:
    orders = {
        shift.id: [job.id for job in day.jobs if base.may_do(shift, job)] for shift in day.shifts
    }  # far more than a day holds, many jobs on several shifts
    plan, dropped = plan_of(day, orders)
    planned = sum(len(route.jobs) for route in plan.routes)
    assert violations(day, plan) == ()
    assert planned + dropped == sum(map(len, orders.values()))
    assert planned >= len(day.shifts)


def test_ratios_are_over_the_best_peer_of_each_seed() -> None:
    costs = {1: {"ours": 90, "slow": 200, "good": 100}, 2: {"ours": 110, "slow": 100, "good": 300}}
    rows = [
        {"jobs": 100, "time_limit_s": 10, "seed": seed, "engine": engine, "cost_cents": cost}
        for seed, by_engine in costs.items()
        for engine, cost in by_engine.items()
    ]
    assert peers.ratios_of(rows, "ours") == {"100 jobs at 10 s": {"seed 1": 0.9, "seed 2": 1.1, "mean": 1.0}}
    assert peers.ratios_of(rows[:1], "ours") == {}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--peers", "or-gls,fastest"), "there is no peer fastest; there are vroom, pyvrp, vrp-cli, or-gls, or-ils"),
        (("--engine", "steam", "--peers", "or-gls"), "no engine is called 'steam'"),
    ],
)
def test_a_name_that_is_not_known_is_refused(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(*arguments)
    assert sentence in capsys.readouterr().err


def test_a_peer_that_is_not_installed_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rivals, "find_spec", lambda package: None if package == "pyvrp" else object())
    with pytest.raises(SystemExit, match="2"):
        parsed()
    told = " ".join(capsys.readouterr().err.split())
    assert "not installed: pyvrp. Install the extra (python -m pip install --editable '.[bench]')" in told


def test_sizes_and_limits_belong_together(capsys: pytest.CaptureFixture[str]) -> None:
    options = parsed("--peers", "or-gls", "--sizes", "100,300", "--time-limits", "10")
    with pytest.raises(SystemExit, match="2"):
        options.run(options)
    assert "as many --time-limits as --sizes" in capsys.readouterr().err


@pytest.mark.engine
def test_the_last_line_holds_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    options = parsed(
        "--sizes", "20", "--time-limits", "1", "--seeds", "1", "--workers", "1", "--peers", "or-gls,or-ils"
    )
    assert options.run(options) == 0
    word, _, figures = capsys.readouterr().out.splitlines()[-1].partition(" ")
    result = json.loads(figures)
    assert word == "RESULT"
    assert [row["engine"] for row in result["rows"]] == ["routing", "or-gls", "or-ils"]
    assert all(row["unplanned"] < 20 and row["violations"] == row["dropped"] == 0 for row in result["rows"])
    assert result["ratios"]["20 jobs at 1 s"].keys() == {"seed 1", "mean"}


@pytest.fixture
def rival(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Entry]:
    """Makes a peer of the body of its `solve`."""

    def make(body: str) -> Entry:
        (tmp_path / "some_rival.py").write_text(f"import time\n\n\ndef solve(task, report):\n    {body}\n")
        monkeypatch.syspath_prepend(tmp_path)
        return Entry("some_rival", "some_rival", has_threads=False)

    return make


@pytest.mark.engine
def test_what_a_peer_said_before_it_overran_counts(day: Problem, rival: Callable[[str], Entry]) -> None:
    entry = rival("report({'shift-0': [f'job-{task.seed}']}), time.sleep(60)")
    answers = lanes.run(entry, day, -lanes._GRACE_S, seed=3, workers=2)
    assert [answer.orders for answer in answers] == [{"shift-0": ["job-6"]}, {"shift-0": ["job-7"]}]
    assert all("ended from outside" in answer.note for answer in answers)


@pytest.mark.engine
def test_a_peer_that_dies_is_told_of(
    day: Problem, rival: Callable[[str], Entry], capfd: pytest.CaptureFixture[str]
) -> None:
    (answer,) = lanes.run(rival("raise RuntimeError('no licence')"), day, 1, seed=1, workers=1)
    assert (answer.orders, answer.note) == ({}, "its process ended with 1 before it was done")
    assert "no licence" in capfd.readouterr().err
